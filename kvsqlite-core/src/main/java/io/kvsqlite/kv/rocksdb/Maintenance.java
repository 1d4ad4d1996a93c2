package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.FlushOptions;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.Range;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.SizeApproximationFlag;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets rid of what was deleted.
 *
 * <p>
 * RocksDB deletes by writing that something is deleted; the bytes stay in tables until
 * these are merged for another reason, and in logs until those are used again and written
 * over. So with each deletion the database keeps a record of whose it was. A thread
 * merges the tables of such actors a while later, when there is enough to gain: that
 * gives the room back. A purge does so at once, and also empties the logs.
 *
 * <p>
 * A merge takes seconds, so it is not done inside the database's guard, which a close or
 * the emptying of the logs waits for while everyone else waits for them. It is done under
 * a lock of this object, which {@link #close} takes last, after it has told merges to
 * stop.
 */
final class Maintenance implements AutoCloseable {

	/**
	 * How long after a deletion its room is given back, at the earliest.
	 */
	static final long DELAY_MILLIS = 10_000;

	/**
	 * How many times that delay pass before a merge that failed again and again is tried
	 * once more, at most.
	 */
	private static final int LONGEST_DELAY = 6;

	/**
	 * What is worth a merge, and how much may be merged in vain between two actors.
	 */
	private static final long WORTH_BYTES = 8L << 20;

	private static final int WORTH_ACTORS = 10_000;

	/**
	 * How long a purge waits for readers of what it purges.
	 */
	private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

	private static final Logger logger = LoggerFactory.getLogger(RocksDbKvStore.class);

	private final RocksDB db;

	private final Path directory;

	private final LongPredicate seen;

	private final ReentrantLock lock = new ReentrantLock();

	private final long delayMillis;

	private @Nullable Thread thread;

	/**
	 * Whether something was deleted that the thread has not looked at.
	 */
	private boolean requested;

	private @Nullable CompactRangeOptions merging;

	private volatile boolean closed;

	/**
	 * Begin.
	 * @param db the database
	 * @param directory its directory
	 * @param seen whether someone reads as of a moment before a sequence number
	 * @param delayMillis how long after a deletion its room is given back, at the
	 * earliest
	 */
	Maintenance(RocksDB db, Path directory, LongPredicate seen, long delayMillis) {
		this.db = db;
		this.directory = directory;
		this.seen = seen;
		this.delayMillis = delayMillis;
	}

	/**
	 * Notice that something was deleted, now or before the database was opened.
	 */
	synchronized void request() {
		this.requested = true;
		if (this.closed || this.thread != null) {
			return;
		}
		Thread started = new Thread(this::run, "kvsqlite-rocksdb-room");
		started.setDaemon(true);
		// it waits for this method; one that cannot be started is not taken for one that
		// runs
		started.start();
		this.thread = started;
	}

	/**
	 * Return whether there are records of deletions.
	 */
	boolean isPending() throws RocksDBException {
		return !pending(1).isEmpty();
	}

	private void run() {
		try {
			boolean waiting = false;
			long delay = this.delayMillis;
			while (goesOn(waiting)) {
				pause(delay);
				try {
					waiting = !giveBack();
					delay = this.delayMillis;
				}
				catch (RocksDBException | RuntimeException ex) {
					failed(ex, delay);
					waiting = true;
					delay = Math.min(2 * delay, LONGEST_DELAY * this.delayMillis);
				}
			}
		}
		finally {
			end();
		}
	}

	/**
	 * Return whether there is more to do, or else end the thread: a request comes before
	 * this and is looked at, or after it and has a thread of its own.
	 */
	private synchronized boolean goesOn(boolean waiting) {
		boolean goesOn = !this.closed && (this.requested || waiting);
		this.requested = false;
		if (!goesOn) {
			end();
		}
		return goesOn;
	}

	private synchronized void end() {
		if (this.thread == Thread.currentThread()) {
			this.thread = null;
		}
	}

	private void failed(Exception ex, long delay) {
		// the first of several in a row
		if (!this.closed && delay == this.delayMillis) {
			logger.warn("The room of deleted actors in '{}' is given back later, for RocksDB says {}", this.directory,
					ex.getMessage());
		}
	}

	private synchronized void pause(long millis) {
		long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
		boolean interrupted = false;
		for (long left = millis; left > 0 && !this.closed; left = (end - System.nanoTime()) / 1_000_000) {
			try {
				wait(left);
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Give back the room of what was deleted, if it is worth it.
	 * @return whether that is done, and not to be tried again soon
	 */
	private boolean giveBack() throws RocksDBException {
		this.lock.lock();
		try {
			if (this.closed) {
				return true;
			}
			List<byte[]> deleted = pending(WORTH_ACTORS);
			long bytes = 0;
			for (byte[] identity : deleted) {
				bytes += sizeOf(RocksDbKeys.firstOf(identity), RocksDbKeys.endOf(identity));
			}
			if (bytes < WORTH_BYTES && deleted.size() < WORTH_ACTORS) {
				return true;
			}
			if (this.seen.test(this.db.getLatestSequenceNumber())) {
				// what a reader may still see is kept by a merge
				return false;
			}
			flush();
			mergeAll(deleted);
			return deleted.size() < WORTH_ACTORS;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Merge the tables of some actors, neighbours together.
	 */
	private void mergeAll(List<byte[]> deleted) throws RocksDBException {
		int first = 0;
		for (int i = 1; i <= deleted.size(); i++) {
			if (i < deleted.size() && sizeOf(RocksDbKeys.endOf(deleted.get(i - 1)),
					RocksDbKeys.firstOf(deleted.get(i))) < WORTH_BYTES) {
				continue;
			}
			merge(RocksDbKeys.firstOf(deleted.get(first)), RocksDbKeys.endOf(deleted.get(i - 1)));
			// what is merged is not merged again when a later one fails
			for (byte[] identity : deleted.subList(first, i)) {
				this.db.delete(RocksDbKeys.deletionOf(identity));
			}
			first = i;
		}
	}

	/**
	 * Return how much of the tables is between two keys, roughly.
	 */
	private long sizeOf(byte[] from, byte[] to) {
		try (Slice start = new Slice(from); Slice limit = new Slice(to)) {
			return this.db.getApproximateSizes(List.of(new Range(start, limit)),
					SizeApproximationFlag.INCLUDE_FILES)[0];
		}
	}

	private List<byte[]> pending(int limit) throws RocksDBException {
		List<byte[]> identities = new ArrayList<>();
		try (Slice bound = new Slice(RocksDbKeys.endOfDeletions());
				ReadOptions options = new ReadOptions().setIterateUpperBound(bound);
				RocksIterator iterator = this.db.newIterator(options)) {
			for (iterator.seek(RocksDbKeys.firstDeletion()); iterator.isValid() && identities.size() < limit; iterator
				.next()) {
				identities.add(RocksDbKeys.identityOf(iterator.key()));
			}
			iterator.status();
		}
		return identities;
	}

	/**
	 * Leave no byte of what was deleted.
	 * @param space whose keys, {@code null} for everyone's
	 * @param logs empties the logs
	 */
	void purge(@Nullable RocksDbKeys space, Step logs) throws RocksDBException, IOException {
		this.lock.lock();
		try {
			requireOpen();
			long now = this.db.getLatestSequenceNumber();
			await("a reader still uses what was deleted", () -> !this.seen.test(now));
			flush();
			if (space != null) {
				byte[] entry = space.listEntry();
				merge(space.ownerRecord(), space.to());
				merge(entry, Arrays.copyOf(entry, entry.length + 1));
				this.db.delete(RocksDbKeys.deletionOf(space.identity()));
			}
			else {
				List<byte[]> deleted = pending(Integer.MAX_VALUE);
				merge(null, null);
				for (byte[] identity : deleted) {
					this.db.delete(RocksDbKeys.deletionOf(identity));
				}
			}
			Set<String> obsolete = tables();
			obsolete.removeAll(liveTables());
			await("RocksDB still has tables open that it needs no more", () -> isGone(obsolete));
			logs.run();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void merge(byte @Nullable [] from, byte @Nullable [] to) throws RocksDBException {
		try (CompactRangeOptions options = new CompactRangeOptions().setExclusiveManualCompaction(false)
			.setBottommostLevelCompaction(BottommostLevelCompaction.kForce)) {
			synchronized (this) {
				requireOpen();
				this.merging = options;
			}
			try {
				this.db.compactRange(null, from, to, options);
			}
			finally {
				synchronized (this) {
					this.merging = null;
				}
			}
		}
	}

	private void flush() throws RocksDBException {
		try (FlushOptions options = new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true)) {
			this.db.flush(options);
		}
	}

	private void await(String otherwise, BooleanSupplier condition) throws RocksDBException {
		long end = System.nanoTime() + PATIENCE_NANOS;
		while (!condition.getAsBoolean()) {
			requireOpen();
			if (System.nanoTime() - end > 0) {
				throw new RocksDBException(otherwise);
			}
			pause(10);
		}
	}

	private Set<String> tables() throws IOException {
		Set<String> tables = new HashSet<>();
		try (Stream<Path> files = Files.list(this.directory)) {
			files.map((file) -> file.getFileName().toString())
				.filter((name) -> name.endsWith(".sst"))
				.forEach(tables::add);
		}
		return tables;
	}

	private Set<String> liveTables() {
		Set<String> tables = new HashSet<>();
		for (LiveFileMetaData file : this.db.getLiveFilesMetaData()) {
			tables.add(file.fileName().replace("/", ""));
		}
		return tables;
	}

	private boolean isGone(Set<String> obsolete) {
		// one that was being written when they were listed is live by now, or will be
		obsolete.removeAll(liveTables());
		obsolete.removeIf((name) -> !Files.exists(this.directory.resolve(name)));
		return obsolete.isEmpty();
	}

	/**
	 * Empty all logs: those that wait to be used again still have what was written to
	 * them, and so has the one in use, behind its end. Nobody else may write meanwhile: a
	 * log that RocksDB took up behind our back would be empty still.
	 * @param write writes something, so that there is something to flush
	 */
	void emptyLogs(Step write) throws RocksDBException, IOException {
		flush();
		emptyUnusedLogs();
		// the next log to be used is an empty one, and the one before is not in use
		write.run();
		flush();
		emptyUnusedLogs();
	}

	private void emptyUnusedLogs() throws RocksDBException, IOException {
		long oldest = this.db.getLongProperty("rocksdb.min-log-number-to-keep");
		List<Path> logs = new ArrayList<>();
		try (Stream<Path> files = Files.list(this.directory)) {
			files.filter((file) -> file.toString().endsWith(".log")).forEach(logs::add);
		}
		// an interrupted thread would have its channel closed
		boolean interrupted = Thread.interrupted();
		try {
			for (Path log : logs) {
				if (Long.parseLong(log.getFileName().toString().replace(".log", "")) < oldest) {
					empty(log);
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private static void empty(Path log) throws IOException {
		try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
			channel.truncate(0);
			channel.force(true);
		}
		catch (NoSuchFileException ex) {
			// RocksDB has deleted it, which is as good
			return;
		}
	}

	private void requireOpen() throws RocksDBException {
		if (this.closed) {
			throw new RocksDBException("the store was closed");
		}
	}

	/**
	 * Tell merges to stop, and wait until they have. Idempotent.
	 */
	@Override
	public void close() {
		synchronized (this) {
			this.closed = true;
			if (this.merging != null) {
				this.merging.setCanceled(true);
			}
			notifyAll();
		}
		// nobody begins anything from here on
		this.lock.lock();
		this.lock.unlock();
	}

	/**
	 * A part of a purge.
	 */
	@FunctionalInterface
	interface Step {

		void run() throws RocksDBException, IOException;

	}

}
