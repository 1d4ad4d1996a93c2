package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvWrite;

/**
 * One opened RocksDB database and all its native objects.
 *
 * <p>
 * Beside the keys of the actors it has, for each actor that exists, an
 * {@link OwnerRecord} and an empty entry in the list of actors, which stands apart so
 * that listing reads nothing else; both come with the first commit and go with the actor.
 * And it has the store's own record, of {@link ReservedEpochs}. {@link RocksDbKeys} has
 * their keys.
 *
 * <p>
 * A native object used after it was closed takes the JVM down. So whoever calls a method
 * of this class is between {@link #enter} and {@link #exit}, and {@link #close} waits
 * until no one is. A thread enters once at a time: entering again could wait for a close
 * that waits for that thread.
 */
final class Database {

	/**
	 * Ranges of up to this many keys are deleted key by key. A range tombstone costs
	 * every later read of the memory table it is in, a handful of deleted keys do not.
	 */
	private static final int POINT_DELETES = 128;

	/**
	 * Writes of up to this many bytes are written together with others'.
	 */
	private static final int LONGEST_IN_A_GROUP = 128 * 1024;

	/**
	 * How often the directory is looked at, at most.
	 */
	private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

	private static final Logger logger = LoggerFactory.getLogger(RocksDbKvStore.class);

	private static final byte[] NO_BYTES = {};

	private static final String COMMIT_THREAD = "kvsqlite-rocksdb-commits";

	private final StampedLock guard = new StampedLock();

	private final Deque<AutoCloseable> natives;

	private final Set<OpenSnapshot> snapshots = ConcurrentHashMap.newKeySet();

	private final RocksDB db;

	private final WriteOptions writeOptions;

	private final ReadOptions readOptions;

	/**
	 * {@code null} where commits do not wait for the disk, so none gains by waiting for
	 * another.
	 */
	private final @Nullable GroupCommit groupCommit;

	private final ReservedEpochs epochs;

	private final Maintenance maintenance;

	private final DirectoryLock lock;

	private final List<String> warnings;

	/**
	 * {@code null} where it could not be written.
	 */
	private volatile @Nullable CommitMark mark;

	private volatile long looked = System.nanoTime() - LOOK_NANOS - 1;

	private volatile boolean failed;

	private boolean closed;

	private Database(Deque<AutoCloseable> natives, RocksDB db, boolean sync, DatabaseDirectory directory,
			DirectoryLock lock, long reservation, List<String> warnings) throws RocksDBException {
		this.natives = natives;
		this.db = db;
		this.lock = lock;
		this.warnings = new CopyOnWriteArrayList<>(warnings);
		this.mark = mark(new CommitMark.Position(db.getLatestSequenceNumber(), 0, 0, sync));
		this.writeOptions = push(natives, new WriteOptions().setSync(sync));
		this.readOptions = push(natives, new ReadOptions());
		this.groupCommit = sync ? push(natives, groupCommit(push(natives, new CommitBatch(db, this.writeOptions))))
				: null;
		this.epochs = new ReservedEpochs(db, directory, reservation);
		this.maintenance = new Maintenance(db, lock.path(), this::isSeen, Maintenance.DELAY_MILLIS);
		acknowledged();
		if (this.maintenance.isPending()) {
			this.maintenance.request();
		}
	}

	private GroupCommit groupCommit(CommitBatch batch) {
		return new GroupCommit((group) -> {
			batch.write(group);
			acknowledged();
		}, COMMIT_THREAD);
	}

	private @Nullable CommitMark mark(CommitMark.Position position) {
		try {
			return push(this.natives, CommitMark.set(this.lock.path(), position));
		}
		catch (IOException ex) {
			withoutMark(ex);
			return null;
		}
	}

	private void withoutMark(Throwable cause) {
		warn("'%s' in '%s' cannot be written (%s), so commits that are missing at the next start may not be noticed"
			.formatted(CommitMark.FILE, this.lock.path(), cause));
	}

	private void warn(String warning) {
		logger.warn(warning);
		this.warnings.add(warning);
	}

	/**
	 * Open the database of a directory, made if there is none.
	 */
	static Database open(RocksDbOptions options) {
		return open(options, ReservedEpochs.RESERVATION);
	}

	/**
	 * Open a database that sets some number of epochs aside at a time.
	 */
	static Database open(RocksDbOptions options, long reservation) {
		RocksDB.loadLibrary();
		DatabaseDirectory directory = new DatabaseDirectory(options.directory());
		directory.prepare();
		Deque<AutoCloseable> natives = new ArrayDeque<>();
		try {
			DirectoryLock lock = push(natives, directory.lock());
			return open(options, directory, lock, reservation, natives);
		}
		catch (RocksDBException ex) {
			closeAll(natives);
			throw directory.failure(ex);
		}
		catch (Throwable ex) {
			closeAll(natives);
			throw ex;
		}
	}

	private static Database open(RocksDbOptions options, DatabaseDirectory directory, DirectoryLock lock,
			long reservation, Deque<AutoCloseable> natives) throws RocksDBException {
		DBOptions dbOptions = push(natives, NativeSettings.dbOptions());
		ColumnFamilyOptions familyOptions = push(natives, new ColumnFamilyOptions());
		new NativeSettings(options).apply(dbOptions, familyOptions, natives::push);
		String path = lock.path().toString();
		List<ColumnFamilyDescriptor> families = List
			.of(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, familyOptions));
		List<ColumnFamilyHandle> handles = new ArrayList<>();
		DamageCheck check = directory.check(lock.path());
		if (check.isOpen()) {
			try (RocksDB unchanged = RocksDB.openReadOnly(dbOptions, path, families, handles)) {
				check.found(unchanged.getLatestSequenceNumber(),
						unchanged.getLongProperty("rocksdb.min-log-number-to-keep"));
				handles.forEach(ColumnFamilyHandle::close);
			}
			handles.clear();
		}
		boolean tolerated = options.openDamaged() || check.isAsynchronous(options.sync());
		if (!tolerated) {
			directory.requireWhole(check);
		}
		RocksDB db = RocksDB.open(dbOptions, path, families, handles);
		push(natives, db);
		handles.forEach(natives::push);
		check.found(db.getLatestSequenceNumber());
		if (!tolerated) {
			directory.requireWhole(check);
		}
		List<String> warnings = check.findings().stream().map(directory::lossOf).toList();
		warnings.forEach(logger::warn);
		return new Database(natives, db, options.sync(), directory, lock, reservation, warnings);
	}

	/**
	 * Remember that what was written is in the log, so that its loss is noticed when the
	 * database is opened again.
	 */
	private void acknowledged() {
		CommitMark current = this.mark;
		if (current == null) {
			return;
		}
		try {
			long now = System.nanoTime();
			boolean due = now - this.looked > LOOK_NANOS;
			// a store that does not wait for the disk does not wait for this either
			if (this.groupCommit != null || due) {
				current.advance(this.db.getLatestSequenceNumber());
			}
			if (due) {
				this.looked = now;
				look(current);
			}
		}
		catch (IOException ex) {
			// the write is where it belongs all the same
			this.mark = null;
			withoutMark(ex);
		}
	}

	/**
	 * Look at the directory, which costs a few calls of the operating system.
	 */
	private void look(CommitMark current) throws IOException {
		if (!this.lock.isInPlace()) {
			fail();
			this.mark = null;
			warn("The directory '%s' was moved or replaced while it was open; nothing more is written to it"
				.formatted(this.lock.path()));
			return;
		}
		long manifest = DamageCheck.manifest(this.lock.path());
		current.manifest(manifest, Files.size(DamageCheck.manifestFile(this.lock.path(), manifest)));
	}

	/**
	 * Throw if the directory is not where it was when it was opened: what is there now is
	 * another one, or none.
	 */
	void requireInPlace() {
		if (!this.lock.isInPlace()) {
			throw new RocksDbDirectoryException(this.lock.path(),
					"was moved or replaced while it was open; close the store and open it again", null);
		}
	}

	/**
	 * Return what may have cost data.
	 */
	List<String> warnings() {
		return List.copyOf(this.warnings);
	}

	/**
	 * Keep the database from being closed until {@link #exit}.
	 * @param whenClosed what to throw if it was closed
	 * @return what to pass to {@code exit}
	 */
	long enter(Supplier<? extends KvDefiniteException> whenClosed) {
		long stamp = this.guard.readLock();
		if (this.closed) {
			this.guard.unlockRead(stamp);
			throw whenClosed.get();
		}
		return stamp;
	}

	void exit(long stamp) {
		this.guard.unlockRead(stamp);
	}

	/**
	 * Remember that a write failed in such a way that the database has to be opened
	 * again: only a replay of the log settles what is in it.
	 */
	void fail() {
		this.failed = true;
	}

	boolean isFailed() {
		return this.failed;
	}

	/**
	 * Return the epochs of this database's sessions.
	 */
	ReservedEpochs epochs() {
		return this.epochs;
	}

	@Nullable OwnerRecord owner(String actorId, RocksDbKeys space) throws RocksDBException {
		return owner(actorId, space, this.readOptions);
	}

	private @Nullable OwnerRecord owner(String actorId, RocksDbKeys space, ReadOptions options)
			throws RocksDBException {
		byte[] record = this.db.get(options, space.ownerRecord());
		return (record != null) ? OwnerRecord.decode(record, actorId) : null;
	}

	/**
	 * Read an actor's owner record and some of its values.
	 */
	ActorRead.Found open(String actorId, RocksDbKeys space, byte[][] keys) throws RocksDBException {
		return new ActorRead(this.db, this.readOptions, space, keys).withOwnerRecord(actorId);
	}

	/**
	 * Read some of an actor's values, into arrays that are lent.
	 */
	byte[] @Nullable [] read(RocksDbKeys space, byte[][] keys, byte[] @Nullable [] arrays) throws RocksDBException {
		return new ActorRead(this.db, this.readOptions, space, keys, arrays).values();
	}

	/**
	 * Apply a write and the owner record that goes with it.
	 */
	void write(RocksDbKeys space, KvWrite write, OwnerRecord record) throws RocksDBException {
		Commit commit = new Commit(space, write, record);
		if (this.groupCommit != null && write.bytes() <= LONGEST_IN_A_GROUP && write.onlyPuts()) {
			this.groupCommit.write(commit);
		}
		else {
			writeAlone(commit);
		}
	}

	private void writeAlone(Commit commit) throws RocksDBException {
		RocksDbKeys space = commit.space();
		KvWrite write = commit.write();
		int bytes = (int) Math.min(Integer.MAX_VALUE / 2,
				write.bytes() + (long) write.keys() * (space.prefixLength() + 16) + 64);
		try (WriteBatch batch = new WriteBatch(bytes)) {
			commit.addOwnerTo(batch);
			write.forEach(new BatchFiller(space, batch));
			this.db.write(this.writeOptions, batch);
			acknowledged();
		}
	}

	/**
	 * Make an actor's keys, its owner record and its entry in the list absent.
	 */
	void delete(RocksDbKeys space) throws RocksDBException {
		try (WriteBatch batch = new WriteBatch()) {
			deleteRange(batch, space.from(), space.to());
			batch.delete(space.ownerRecord());
			batch.delete(space.listEntry());
			batch.put(RocksDbKeys.deletionOf(space.identity()), NO_BYTES);
			this.db.write(this.writeOptions, batch);
			acknowledged();
		}
		this.maintenance.request();
	}

	/**
	 * Leave no byte of what was deleted. Not to be called by one who is inside: the logs
	 * are emptied while no one is.
	 * @param space whose keys, {@code null} for everyone's
	 */
	void purge(@Nullable RocksDbKeys space) throws RocksDBException, IOException {
		this.maintenance.purge(space, this::emptyLogs);
	}

	private boolean isSeen(long sequence) {
		return this.snapshots.stream().anyMatch((snapshot) -> snapshot.sequence < sequence);
	}

	private void emptyLogs() throws RocksDBException, IOException {
		long stamp = this.guard.writeLock();
		try {
			if (this.closed) {
				throw new RocksDBException("the store was closed");
			}
			this.maintenance.emptyLogs(this.epochs::rewrite);
			acknowledged();
		}
		finally {
			this.guard.unlockWrite(stamp);
		}
	}

	private void deleteRange(WriteBatch batch, byte[] from, byte[] to) throws RocksDBException {
		if (Arrays.compareUnsigned(from, to) >= 0) {
			return;
		}
		List<byte[]> few = new ArrayList<>();
		try (Slice bound = new Slice(to);
				ReadOptions options = new ReadOptions().setIterateUpperBound(bound);
				RocksIterator iterator = this.db.newIterator(options)) {
			for (iterator.seek(from); iterator.isValid() && few.size() <= POINT_DELETES; iterator.next()) {
				few.add(iterator.key());
			}
			iterator.status();
		}
		if (few.size() > POINT_DELETES) {
			batch.deleteRange(from, to);
			return;
		}
		for (byte[] key : few) {
			batch.delete(key);
		}
	}

	/**
	 * Return the ids of the actors from one on, while they begin with a prefix.
	 * @param from the first
	 * @param prefix the prefix
	 * @param limit the most ids to return
	 */
	List<byte[]> actors(byte[] from, byte[] prefix, int limit) throws RocksDBException {
		List<byte[]> ids = new ArrayList<>();
		byte[] keyPrefix = RocksDbKeys.listEntry(prefix);
		try (Slice bound = new Slice(RocksDbKeys.endOfList());
				ReadOptions options = new ReadOptions().setIterateUpperBound(bound);
				RocksIterator iterator = this.db.newIterator(options)) {
			for (iterator.seek(RocksDbKeys.listEntry(from)); iterator.isValid() && ids.size() < limit; iterator
				.next()) {
				byte[] key = iterator.key();
				if (!startsWith(key, keyPrefix)) {
					break;
				}
				byte[] id = RocksDbKeys.actorId(key);
				// the store's own record stands where the entry of an actor without an id
				// would
				if (id.length > 0) {
					ids.add(id);
				}
			}
			iterator.status();
		}
		return ids;
	}

	KvSize size(RocksDbKeys space) throws RocksDBException {
		long keys = 0;
		long bytes = 0;
		byte[] nothing = new byte[1];
		try (Slice bound = new Slice(space.to());
				ReadOptions options = new ReadOptions().setIterateUpperBound(bound).setFillCache(false);
				RocksIterator iterator = this.db.newIterator(options)) {
			for (iterator.seek(space.from()); iterator.isValid(); iterator.next()) {
				keys++;
				// both return the whole length, however little room there is for a copy
				bytes += iterator.key(nothing) - space.prefixLength() + iterator.value(nothing);
			}
			iterator.status();
		}
		return new KvSize(keys, bytes);
	}

	void ping() throws RocksDBException {
		this.db.get(this.readOptions, RocksDbKeys.storeRecord());
	}

	/**
	 * Take a view of an actor as of now.
	 */
	OpenSnapshot snapshot(String actorId, RocksDbKeys space) throws RocksDBException {
		OpenSnapshot snapshot = new OpenSnapshot(this.db.getSnapshot());
		this.snapshots.add(snapshot);
		try {
			OwnerRecord record = owner(actorId, space, snapshot.options);
			snapshot.commit = (record != null) ? record.lastCommit().number() : 0;
			return snapshot;
		}
		catch (RocksDBException | RuntimeException ex) {
			release(snapshot);
			throw ex;
		}
	}

	/**
	 * Let go of a view. Idempotent.
	 */
	void release(OpenSnapshot snapshot) {
		// whoever takes it out of the set releases it: so it happens once
		if (this.snapshots.remove(snapshot)) {
			snapshot.options.close();
			this.db.releaseSnapshot(snapshot.snapshot);
			snapshot.snapshot.close();
		}
	}

	byte[] @Nullable [] read(RocksDbKeys space, byte[][] keys, OpenSnapshot snapshot) throws RocksDBException {
		return new ActorRead(this.db, snapshot.options, space, keys).values();
	}

	byte[][] keys(RocksDbKeys space, byte[] from, int limit, OpenSnapshot snapshot) throws RocksDBException {
		List<byte[]> keys = new ArrayList<>();
		try (Slice bound = new Slice(space.to());
				ReadOptions options = new ReadOptions(snapshot.options).setIterateUpperBound(bound);
				RocksIterator iterator = this.db.newIterator(options)) {
			for (iterator.seek(space.of(from)); iterator.isValid() && keys.size() < limit; iterator.next()) {
				keys.add(space.strip(iterator.key()));
			}
			iterator.status();
		}
		return keys.toArray(byte[][]::new);
	}

	/**
	 * Wait until no one is inside, then close everything. Idempotent.
	 */
	void close() {
		this.maintenance.close();
		long stamp = this.guard.writeLock();
		try {
			if (!this.closed) {
				this.closed = true;
				for (OpenSnapshot snapshot : this.snapshots) {
					release(snapshot);
				}
				lastMark();
				closeAll(this.natives);
			}
		}
		finally {
			this.guard.unlockWrite(stamp);
		}
	}

	/**
	 * Bring the mark to the disk, and with it what the manifest was last.
	 */
	private void lastMark() {
		CommitMark current = this.mark;
		if (current == null) {
			return;
		}
		try {
			if (!this.failed) {
				current.advance(this.db.getLatestSequenceNumber());
				look(current);
			}
			current.force();
		}
		catch (IOException ex) {
			withoutMark(ex);
		}
	}

	private static boolean startsWith(byte[] bytes, byte[] prefix) {
		return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
	}

	private static <T extends AutoCloseable> T push(Deque<AutoCloseable> natives, T object) {
		natives.push(object);
		return object;
	}

	/**
	 * Close native objects, the latest first, each once.
	 */
	private static void closeAll(Deque<AutoCloseable> natives) {
		while (!natives.isEmpty()) {
			AutoCloseable object = natives.pop();
			try {
				object.close();
			}
			catch (Exception ex) {
				throw new IllegalStateException("Closing " + object + " failed, which RocksDB does not do", ex);
			}
		}
	}

	/**
	 * A view of the database as of one moment.
	 */
	static final class OpenSnapshot {

		private final Snapshot snapshot;

		private final ReadOptions options;

		private final long sequence;

		private long commit;

		private OpenSnapshot(Snapshot snapshot) {
			this.snapshot = snapshot;
			this.sequence = snapshot.getSequenceNumber();
			this.options = new ReadOptions().setSnapshot(snapshot);
		}

		long commit() {
			return this.commit;
		}

	}

	private final class BatchFiller implements KvWrite.Visitor<RocksDBException> {

		private final RocksDbKeys space;

		private final WriteBatch batch;

		BatchFiller(RocksDbKeys space, WriteBatch batch) {
			this.space = space;
			this.batch = batch;
		}

		@Override
		public void put(byte[] key, byte[] value) throws RocksDBException {
			this.batch.put(this.space.of(key), value);
		}

		@Override
		public void delete(byte[] key) throws RocksDBException {
			this.batch.delete(this.space.of(key));
		}

		@Override
		public void deleteRange(byte[] from, byte[] to) throws RocksDBException {
			Database.this.deleteRange(this.batch, this.space.of(from), this.space.of(to));
		}

	}

}
