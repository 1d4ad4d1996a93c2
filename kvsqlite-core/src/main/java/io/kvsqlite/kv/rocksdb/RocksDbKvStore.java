package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.kv.BoundedClose;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvUnavailableException;

/**
 * A store in a directory of this machine, kept by RocksDB. Safe for use by many threads.
 *
 * <p>
 * A write returns when it is in RocksDB's log and the log is on the disk (see
 * {@link RocksDbOptions#sync()}); writes of several threads share one synchronisation.
 *
 * <p>
 * RocksDB's lock on the directory keeps every other process out. So ownership is a matter
 * of this process: an open writes nothing, closing a session costs nothing, and the owner
 * record is written with each commit only to keep its number and its writer.
 */
public final class RocksDbKvStore implements KvStore {

	/*
	 * Locks, in the order in which they are taken:
	 *
	 * 1. HeldActor.lock: one actor's reads, writes, opens and deletes, one at a time.
	 * This is what makes the check of the ownership and the access it permits one step.
	 * It is held during a synchronous write; there is no lock of the whole store around
	 * one, so the writes of many actors meet in GroupCommit and share a synchronisation
	 * of RocksDB's log.
	 *
	 * 2. reopening: taken when the database is to be replaced or closed.
	 *
	 * 3. The database's guard (Database.enter): keeps native objects from being closed
	 * under those who use them.
	 *
	 * A write that failed with an input-output error may be in the log or not, and
	 * RocksDB refuses all later ones. The database is then marked as failed, and the next
	 * open of any actor closes it and opens it again: replaying the log settles which
	 * writes it holds. Sessions belong to the database they were opened on, and lose
	 * their ownership with it.
	 */

	private static final int PRELOAD_CHUNKS = 8;

	private static final byte[] NO_BYTES = {};

	private final RocksDbOptions options;

	private final String holder = "process " + ProcessHandle.current().pid();

	/**
	 * The actors that someone holds or is about to open; no others.
	 */
	private final ConcurrentHashMap<String, HeldActor> actors = new ConcurrentHashMap<>();

	private final ReentrantLock reopening = new ReentrantLock();

	private final BoundedClose end;

	private volatile Database database;

	private volatile boolean closed;

	/**
	 * Open a store with default options.
	 * @param directory where the data are; made if it is missing
	 * @throws RocksDbDirectoryException if the directory cannot be used
	 * @throws KvDefiniteException if the store cannot be opened for another reason
	 */
	public RocksDbKvStore(Path directory) {
		this(RocksDbOptions.of(directory));
	}

	/**
	 * Open a store.
	 * @param options where and how it keeps its data
	 * @throws RocksDbDirectoryException if the directory cannot be used
	 * @throws KvDefiniteException if the store cannot be opened for another reason
	 */
	public RocksDbKvStore(RocksDbOptions options) {
		this.options = options;
		this.end = new BoundedClose("The RocksDB store in '%s'".formatted(options.directory()),
				BoundedClose.DEFAULT_BOUND);
		this.database = Database.open(options);
	}

	@Override
	public String type() {
		return "rocksdb";
	}

	@Override
	public KvLimits limits() {
		return this.options.limits();
	}

	/**
	 * Few, because one more read costs microseconds here.
	 */
	@Override
	public int preloadChunks() {
		return PRELOAD_CHUNKS;
	}

	@Override
	public KvOpening open(String actorId, byte[][] keys) {
		RocksDbKeys space = new RocksDbKeys(ActorIds.utf8(actorId));
		HeldActor actor = lock(actorId);
		try {
			return call("Opening actor '" + actorId + "' failed", (current) -> {
				ActorRead.Found found = current.open(actorId, space, keys);
				OwnerRecord record = found.record();
				RocksDbSession session = new RocksDbSession(this, actorId, space, actor, current,
						(record != null) ? record.lastCommit() : KvCommit.NONE);
				actor.current = session;
				return new KvOpening(session, found.values());
			});
		}
		finally {
			unlock(actorId, actor);
		}
	}

	@Override
	public KvSnapshot snapshot(String actorId) {
		RocksDbKeys space = new RocksDbKeys(ActorIds.utf8(actorId));
		return call("Taking a snapshot of actor '" + actorId + "' failed",
				(current) -> new RocksDbSnapshot(this, actorId, space, current, current.snapshot(actorId, space)));
	}

	@Override
	public KvActorPage actors(String prefix, @Nullable String after, int limit) {
		requirePositive(limit);
		byte[] prefixBytes = prefix.isEmpty() ? NO_BYTES : ActorIds.utf8(prefix);
		byte[] from = from(prefixBytes, after);
		// one more than asked for tells whether this is the last page
		int most = (limit < Integer.MAX_VALUE) ? limit + 1 : limit;
		List<byte[]> found = call("Listing actors failed", (current) -> current.actors(from, prefixBytes, most));
		List<String> ids = new ArrayList<>();
		for (byte[] id : found.subList(0, Math.min(limit, found.size()))) {
			ids.add(new String(id, StandardCharsets.UTF_8));
		}
		return new KvActorPage(ids, (found.size() > limit) ? ids.get(limit - 1) : null);
	}

	private static byte[] from(byte[] prefix, @Nullable String after) {
		if (after == null) {
			return prefix;
		}
		// the first id behind another is that one with a zero byte appended
		byte[] afterBytes = ActorIds.utf8(after);
		byte[] behind = Arrays.copyOf(afterBytes, afterBytes.length + 1);
		return (Arrays.compareUnsigned(behind, prefix) > 0) ? behind : prefix;
	}

	@Override
	public @Nullable KvOwner owner(String actorId) {
		RocksDbKeys space = new RocksDbKeys(ActorIds.utf8(actorId));
		OwnerRecord record = call("Reading the owner record of actor '" + actorId + "' failed",
				(current) -> current.owner(actorId, space));
		if (record == null) {
			return null;
		}
		// without the actor's lock, which is held while a write waits for the disk
		HeldActor actor = this.actors.get(actorId);
		RocksDbSession session = (actor != null) ? actor.current : null;
		return (session != null) ? new KvOwner(this.holder, true, session.epoch(), record.lastCommit().number())
				: new KvOwner(null, false, record.epoch(), record.lastCommit().number());
	}

	@Override
	public KvSize size(String actorId) {
		RocksDbKeys space = new RocksDbKeys(ActorIds.utf8(actorId));
		return call("Counting the keys of actor '" + actorId + "' failed", (current) -> current.size(space));
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		RocksDbKeys space = new RocksDbKeys(ActorIds.utf8(actorId));
		HeldActor actor = lock(actorId);
		try {
			Database current = usableDatabase();
			if (actor.current != null && !force) {
				throw new KvActorOwnedException(actorId, this.holder);
			}
			actor.current = null;
			long stamp = current.enter(this::gone);
			try {
				return delete(actorId, space, current);
			}
			finally {
				current.exit(stamp);
			}
		}
		finally {
			unlock(actorId, actor);
		}
	}

	/**
	 * Delete an actor that this thread has locked, in a database that it has entered.
	 */
	boolean delete(String actorId, RocksDbKeys space, Database current) {
		try {
			if (current.owner(actorId, space) == null) {
				return false;
			}
		}
		catch (RocksDBException ex) {
			throw RocksDbFailures.definite("Reading the owner record of actor '%s' failed".formatted(actorId), ex);
		}
		try {
			current.delete(space);
			return true;
		}
		catch (RocksDBException ex) {
			throw writeFailed(current, "Deleting actor '%s'".formatted(actorId), ex);
		}
	}

	/**
	 * {@inheritDoc} Merges the tables that the actor's keys may be in, and empties the
	 * logs; other actors' writes wait for the latter, for the time of a synchronisation
	 * or two.
	 */
	@Override
	public boolean purge(String actorId, boolean force) {
		boolean existed = delete(actorId, force);
		purge("Actor '%s' was deleted, but purging it".formatted(actorId), new RocksDbKeys(ActorIds.utf8(actorId)));
		return existed;
	}

	/**
	 * {@inheritDoc} Rewrites all tables.
	 */
	@Override
	public void purge() {
		purge("Purging what was deleted", null);
	}

	private void purge(String what, @Nullable RocksDbKeys space) {
		Database current = usableDatabase();
		try {
			current.purge(space);
		}
		catch (RocksDBException ex) {
			if (RocksDbFailures.isNoSpace(ex)) {
				// which RocksDB remembers: only a database opened anew can purge
				current.fail();
			}
			throw new KvIndeterminateException(
					"%s failed: RocksDB says %s; purge once more".formatted(what, RocksDbFailures.describe(ex)), ex);
		}
		catch (IOException ex) {
			throw new KvIndeterminateException("%s failed: %s; purge once more".formatted(what, ex), ex);
		}
	}

	@Override
	public List<String> warnings() {
		return this.database.warnings();
	}

	@Override
	public void ping() {
		call("A small read failed", (current) -> {
			current.ping();
			return true;
		});
	}

	/**
	 * {@inheritDoc} Where a disk hangs, the directory stays locked until it answers: its
	 * native objects must not be closed while somebody uses them.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.end.close(this::close);
	}

	private void close(long deadline) {
		this.reopening.lock();
		try {
			this.database.close();
		}
		finally {
			this.reopening.unlock();
		}
	}

	/**
	 * Do something in a database that stays open meanwhile.
	 */
	private <T extends @Nullable Object> T call(String whenFailed, Call<T> call) {
		Database current = usableDatabase();
		long stamp = current.enter(this::gone);
		try {
			return call.on(current);
		}
		catch (RocksDBException ex) {
			throw RocksDbFailures.definite(whenFailed, ex);
		}
		finally {
			current.exit(stamp);
		}
	}

	/**
	 * Return a database that takes writes: the one there is, or a new one in the place of
	 * one that failed.
	 */
	private Database usableDatabase() {
		requireOpen();
		Database current = this.database;
		return current.isFailed() ? reopen() : current;
	}

	private Database reopen() {
		this.reopening.lock();
		try {
			requireOpen();
			if (this.database.isFailed()) {
				this.database.requireInPlace();
				this.database.close();
				this.database = Database.open(this.options);
			}
			return this.database;
		}
		finally {
			this.reopening.unlock();
		}
	}

	/**
	 * Return what to throw for a write that failed. If it is in doubt, mark the database
	 * as failed: the next open of any actor opens it again.
	 */
	KvException writeFailed(Database current, String what, RocksDBException cause) {
		KvException failure = RocksDbFailures.ofWrite(what, cause);
		if (failure instanceof KvIndeterminateException) {
			current.fail();
		}
		return failure;
	}

	/**
	 * Return an actor, locked, and in the map for as long as it is.
	 */
	private HeldActor lock(String actorId) {
		while (true) {
			HeldActor actor = this.actors.computeIfAbsent(actorId, (id) -> new HeldActor());
			actor.lock.lock();
			if (!actor.removed) {
				return actor;
			}
			actor.lock.unlock();
		}
	}

	/**
	 * Unlock an actor, and forget it if no one holds it.
	 */
	void unlock(String actorId, HeldActor actor) {
		if (actor.current == null && !actor.removed) {
			actor.removed = true;
			this.actors.remove(actorId, actor);
		}
		actor.lock.unlock();
	}

	private void requireOpen() {
		if (this.closed) {
			throw closedException();
		}
	}

	boolean isClosed() {
		return this.closed;
	}

	Path directory() {
		return this.options.directory();
	}

	KvClosedException closedException() {
		return new KvClosedException("The RocksDB store in '%s' was closed".formatted(this.options.directory()));
	}

	/**
	 * Return why a database that was there a moment ago is not: the store was closed, or
	 * another thread opens the database again.
	 */
	private KvDefiniteException gone() {
		return this.closed ? closedException() : new KvUnavailableException(
				"The RocksDB database in '%s' was opened again; try once more".formatted(this.options.directory()));
	}

	static void requirePositive(int limit) {
		if (limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, but is %d".formatted(limit));
		}
	}

	/**
	 * What is done in a database.
	 */
	@FunctionalInterface
	private interface Call<T extends @Nullable Object> {

		T on(Database database) throws RocksDBException;

	}

}
