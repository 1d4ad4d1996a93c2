package io.kvsqlite.kv.rocksdb;

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
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimitExceededException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.rocksdb.Database.OpenSnapshot;

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
 * record is written with each commit only to keep its number.
 */
public final class RocksDbKvStore implements KvStore {

	/*
	 * Locks, in the order in which they are taken:
	 *
	 * 1. Actor.lock: one actor's reads, writes, opens and deletes, one at a time. This is
	 * what makes the check of the epoch and the access it permits one step. It is held
	 * during a synchronous write; there is no lock of the whole store around one, so the
	 * writes of many actors meet in RocksDB's write queue and share a synchronisation of
	 * its log.
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
	private final ConcurrentHashMap<String, Actor> actors = new ConcurrentHashMap<>();

	private final ReentrantLock reopening = new ReentrantLock();

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
		Actor actor = lock(actorId);
		try {
			Database current = usableDatabase();
			long stamp = current.enter(this::gone);
			try {
				ActorRead.Found found = current.open(actorId, space, keys);
				OwnerRecord record = found.record();
				Session session = new Session(actorId, space, actor, current, (record != null) ? record.commit() : 0);
				actor.current = session;
				return new KvOpening(session, found.values());
			}
			catch (RocksDBException ex) {
				throw RocksDbFailures.definite("Opening actor '%s' failed".formatted(actorId), ex);
			}
			finally {
				current.exit(stamp);
			}
		}
		finally {
			unlock(actorId, actor);
		}
	}

	@Override
	public KvSnapshot snapshot(String actorId) {
		RocksDbKeys space = new RocksDbKeys(ActorIds.utf8(actorId));
		Database current = usableDatabase();
		long stamp = current.enter(this::gone);
		try {
			return new View(actorId, space, current, current.snapshot(actorId, space));
		}
		catch (RocksDBException ex) {
			throw RocksDbFailures.definite("Taking a snapshot of actor '%s' failed".formatted(actorId), ex);
		}
		finally {
			current.exit(stamp);
		}
	}

	@Override
	public KvActorPage actors(String prefix, @Nullable String after, int limit) {
		requirePositive(limit);
		byte[] prefixBytes = prefix.isEmpty() ? NO_BYTES : ActorIds.utf8(prefix);
		byte[] from = prefixBytes;
		if (after != null) {
			// the first id behind another is that one with a zero byte appended
			byte[] afterBytes = ActorIds.utf8(after);
			byte[] behind = Arrays.copyOf(afterBytes, afterBytes.length + 1);
			from = (Arrays.compareUnsigned(behind, prefixBytes) > 0) ? behind : prefixBytes;
		}
		Database current = usableDatabase();
		long stamp = current.enter(this::gone);
		try {
			// one more than asked for tells whether this is the last page
			List<byte[]> found = current.actors(from, prefixBytes, (limit < Integer.MAX_VALUE) ? limit + 1 : limit);
			List<String> ids = new ArrayList<>();
			for (byte[] id : found.subList(0, Math.min(limit, found.size()))) {
				ids.add(new String(id, StandardCharsets.UTF_8));
			}
			return new KvActorPage(ids, (found.size() > limit) ? ids.get(limit - 1) : null);
		}
		catch (RocksDBException ex) {
			throw RocksDbFailures.definite("Listing actors failed", ex);
		}
		finally {
			current.exit(stamp);
		}
	}

	@Override
	public @Nullable KvOwner owner(String actorId) {
		RocksDbKeys space = new RocksDbKeys(ActorIds.utf8(actorId));
		Database current = usableDatabase();
		long stamp = current.enter(this::gone);
		try {
			OwnerRecord record = current.owner(actorId, space);
			if (record == null) {
				return null;
			}
			// without the actor's lock, which is held while a write waits for the disk
			Actor actor = this.actors.get(actorId);
			Session session = (actor != null) ? actor.current : null;
			return (session != null) ? new KvOwner(this.holder, true, session.epoch, record.commit())
					: new KvOwner(null, false, record.epoch(), record.commit());
		}
		catch (RocksDBException ex) {
			throw RocksDbFailures.definite("Reading the owner record of actor '%s' failed".formatted(actorId), ex);
		}
		finally {
			current.exit(stamp);
		}
	}

	@Override
	public KvSize size(String actorId) {
		RocksDbKeys space = new RocksDbKeys(ActorIds.utf8(actorId));
		Database current = usableDatabase();
		long stamp = current.enter(this::gone);
		try {
			return current.size(space);
		}
		catch (RocksDBException ex) {
			throw RocksDbFailures.definite("Counting the keys of actor '%s' failed".formatted(actorId), ex);
		}
		finally {
			current.exit(stamp);
		}
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		RocksDbKeys space = new RocksDbKeys(ActorIds.utf8(actorId));
		Actor actor = lock(actorId);
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

	private boolean delete(String actorId, RocksDbKeys space, Database current) {
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

	@Override
	public void ping() {
		Database current = usableDatabase();
		long stamp = current.enter(this::gone);
		try {
			current.ping();
		}
		catch (RocksDBException ex) {
			throw RocksDbFailures.definite("A small read failed", ex);
		}
		finally {
			current.exit(stamp);
		}
	}

	@Override
	public void close() {
		this.closed = true;
		this.reopening.lock();
		try {
			this.database.close();
		}
		finally {
			this.reopening.unlock();
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
				this.database.close();
				this.database = Database.open(this.options);
			}
			return this.database;
		}
		finally {
			this.reopening.unlock();
		}
	}

	private KvException writeFailed(Database current, String what, RocksDBException cause) {
		KvException failure = RocksDbFailures.ofWrite(what, cause);
		if (failure instanceof KvIndeterminateException) {
			current.fail();
		}
		return failure;
	}

	/**
	 * Return an actor, locked, and in the map for as long as it is.
	 */
	private Actor lock(String actorId) {
		while (true) {
			Actor actor = this.actors.computeIfAbsent(actorId, (id) -> new Actor());
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
	private void unlock(String actorId, Actor actor) {
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

	private KvClosedException closedException() {
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

	private static void requirePositive(int limit) {
		if (limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, but is %d".formatted(limit));
		}
	}

	/**
	 * An actor that someone holds. Once removed from the map it never comes back: an
	 * actor of the same id is another object. Changed under its lock.
	 */
	private static final class Actor {

		private final ReentrantLock lock = new ReentrantLock();

		private volatile @Nullable Session current;

		private boolean removed;

	}

	/**
	 * One ownership. It is current for as long as its actor says so and its database is
	 * open.
	 */
	private final class Session implements KvSession {

		private final String actorId;

		private final RocksDbKeys space;

		private final Actor actor;

		private final Database sessionDatabase;

		private final long epoch;

		private volatile long commit;

		private volatile boolean sessionClosed;

		private boolean inDoubt;

		Session(String actorId, RocksDbKeys space, Actor actor, Database database, long commit)
				throws RocksDBException {
			this.actorId = actorId;
			this.space = space;
			this.actor = actor;
			this.sessionDatabase = database;
			Session previous = actor.current;
			this.epoch = (previous != null) ? database.nextEpoch(previous.epoch, previous.sessionDatabase)
					: database.nextEpoch();
			this.commit = commit;
		}

		@Override
		public String actorId() {
			return this.actorId;
		}

		@Override
		public long epoch() {
			return this.epoch;
		}

		@Override
		public long commit() {
			return this.commit;
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			return read(keys, new byte[keys.length][]);
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys, byte[] @Nullable [] arrays) {
			this.actor.lock.lock();
			try {
				requireCurrent();
				long stamp = this.sessionDatabase.enter(this::gone);
				try {
					return this.sessionDatabase.read(this.space, keys, arrays);
				}
				finally {
					this.sessionDatabase.exit(stamp);
				}
			}
			catch (RocksDBException ex) {
				throw RocksDbFailures.definite("Reading actor '%s' failed".formatted(this.actorId), ex);
			}
			finally {
				this.actor.lock.unlock();
			}
		}

		@Override
		public void write(KvWrite write) {
			if (!write.fits(limits())) {
				throw new KvLimitExceededException(
						"A write of %d keys and %d bytes to actor '%s' is over the limits, %s".formatted(write.keys(),
								write.bytes(), this.actorId, limits()));
			}
			this.actor.lock.lock();
			try {
				requireCurrent();
				long stamp = this.sessionDatabase.enter(this::gone);
				try {
					requireUsable();
					long next = this.commit + 1;
					this.sessionDatabase.write(this.space, write, new OwnerRecord(this.epoch, next));
					this.commit = next;
				}
				finally {
					this.sessionDatabase.exit(stamp);
				}
			}
			catch (RocksDBException ex) {
				KvException failure = writeFailed(this.sessionDatabase,
						"Commit %d of actor '%s'".formatted(this.commit + 1, this.actorId), ex);
				this.inDoubt = failure instanceof KvIndeterminateException;
				throw failure;
			}
			finally {
				this.actor.lock.unlock();
			}
		}

		@Override
		public void delete() {
			this.actor.lock.lock();
			try {
				requireCurrent();
				long stamp = this.sessionDatabase.enter(this::gone);
				try {
					requireUsable();
					RocksDbKvStore.this.delete(this.actorId, this.space, this.sessionDatabase);
					this.actor.current = null;
				}
				finally {
					this.sessionDatabase.exit(stamp);
				}
			}
			catch (KvIndeterminateException ex) {
				this.inDoubt = true;
				throw ex;
			}
			finally {
				unlock(this.actorId, this.actor);
			}
		}

		@Override
		public void close() {
			this.actor.lock.lock();
			try {
				this.sessionClosed = true;
				if (this.actor.current == this) {
					this.actor.current = null;
				}
			}
			finally {
				unlock(this.actorId, this.actor);
			}
		}

		private void requireCurrent() {
			if (this.actor.current != this) {
				throw gone();
			}
			if (this.inDoubt) {
				throw new KvUnavailableException(
						"A change to actor '%s' failed in an unknown state; open the actor again"
							.formatted(this.actorId));
			}
		}

		/**
		 * RocksDB would refuse the write as well, but in a way that leaves it in doubt.
		 */
		private void requireUsable() {
			if (this.sessionDatabase.isFailed()) {
				throw new KvUnavailableException("A write to the RocksDB store in '%s' failed; open actor '%s' again"
					.formatted(RocksDbKvStore.this.options.directory(), this.actorId));
			}
		}

		private KvDefiniteException gone() {
			if (RocksDbKvStore.this.closed) {
				return closedException();
			}
			if (this.sessionClosed) {
				return new KvClosedException("The session on actor '%s' was closed".formatted(this.actorId));
			}
			return new KvOwnershipLostException(this.actorId, this.epoch);
		}

	}

	/**
	 * A snapshot of the whole database, of which one actor is shown.
	 */
	private final class View implements KvSnapshot {

		private final String actorId;

		private final RocksDbKeys space;

		private final Database viewDatabase;

		private final OpenSnapshot snapshot;

		private volatile boolean viewClosed;

		View(String actorId, RocksDbKeys space, Database database, OpenSnapshot snapshot) {
			this.actorId = actorId;
			this.space = space;
			this.viewDatabase = database;
			this.snapshot = snapshot;
		}

		@Override
		public long commit() {
			return this.snapshot.commit();
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			long stamp = enter();
			try {
				return this.viewDatabase.read(this.space, keys, this.snapshot);
			}
			catch (RocksDBException ex) {
				throw failure(ex);
			}
			finally {
				this.viewDatabase.exit(stamp);
			}
		}

		@Override
		public byte[][] keys(byte[] from, int limit) {
			requirePositive(limit);
			long stamp = enter();
			try {
				return this.viewDatabase.keys(this.space, from, limit, this.snapshot);
			}
			catch (RocksDBException ex) {
				throw failure(ex);
			}
			finally {
				this.viewDatabase.exit(stamp);
			}
		}

		@Override
		public void close() {
			if (this.viewClosed) {
				return;
			}
			this.viewClosed = true;
			long stamp;
			try {
				stamp = this.viewDatabase.enter(this::gone);
			}
			catch (KvDefiniteException ex) {
				// the database was closed, and its snapshots with it
				return;
			}
			try {
				this.viewDatabase.release(this.snapshot);
			}
			finally {
				this.viewDatabase.exit(stamp);
			}
		}

		private long enter() {
			if (this.viewClosed) {
				throw new KvClosedException("The snapshot of actor '%s' was closed".formatted(this.actorId));
			}
			return this.viewDatabase.enter(this::gone);
		}

		private KvDefiniteException gone() {
			return RocksDbKvStore.this.closed ? closedException() : new KvSnapshotLostException(
					"The snapshot of actor '%s' was lost when the database was opened again".formatted(this.actorId));
		}

		private KvDefiniteException failure(RocksDBException cause) {
			return RocksDbFailures.definite("Reading a snapshot of actor '%s' failed".formatted(this.actorId), cause);
		}

	}

}
