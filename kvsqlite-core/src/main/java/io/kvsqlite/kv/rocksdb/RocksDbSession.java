package io.kvsqlite.kv.rocksdb;

import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimitExceededException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;

/**
 * One ownership. It is current for as long as its actor says so and its database is open:
 * within the process the object itself is its fence. The other one is what its commits
 * are known by.
 */
final class RocksDbSession implements KvSession {

	private final RocksDbKvStore store;

	private final String actorId;

	private final RocksDbKeys space;

	private final HeldActor actor;

	private final Database database;

	private final long epoch;

	private final KvFence fence = KvFence.draw();

	private volatile KvCommit lastCommit;

	private volatile boolean closed;

	private boolean inDoubt;

	/**
	 * Create a session under the next epoch.
	 * @param store the store
	 * @param actorId the actor's id
	 * @param space its keys
	 * @param actor the actor, locked by this thread
	 * @param database the database, entered by this thread
	 * @param lastCommit the actor's last commit
	 */
	RocksDbSession(RocksDbKvStore store, String actorId, RocksDbKeys space, HeldActor actor, Database database,
			KvCommit lastCommit) throws RocksDBException {
		this.store = store;
		this.actorId = actorId;
		this.space = space;
		this.actor = actor;
		this.database = database;
		this.epoch = database.epochs().next();
		this.lastCommit = lastCommit;
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
	public KvFence fence() {
		return this.fence;
	}

	@Override
	public KvCommit lastCommit() {
		return this.lastCommit;
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
			long stamp = this.database.enter(this::gone);
			try {
				return this.database.read(this.space, keys, arrays);
			}
			finally {
				this.database.exit(stamp);
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
		if (!write.fits(this.store.limits())) {
			throw new KvLimitExceededException("A write of %d keys and %d bytes to actor '%s' is over the limits, %s"
				.formatted(write.keys(), write.bytes(), this.actorId, this.store.limits()));
		}
		this.actor.lock.lock();
		try {
			requireCurrent();
			long stamp = this.database.enter(this::gone);
			try {
				requireUsable();
				KvCommit next = this.lastCommit.next(this.fence);
				this.database.write(this.space, write, new OwnerRecord(this.epoch, next));
				this.lastCommit = next;
			}
			finally {
				this.database.exit(stamp);
			}
		}
		catch (RocksDBException ex) {
			KvException failure = this.store.writeFailed(this.database,
					"Commit %d of actor '%s'".formatted(commit() + 1, this.actorId), ex);
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
			long stamp = this.database.enter(this::gone);
			try {
				requireUsable();
				this.store.delete(this.actorId, this.space, this.database);
				this.actor.current = null;
			}
			finally {
				this.database.exit(stamp);
			}
		}
		catch (KvIndeterminateException ex) {
			this.inDoubt = true;
			throw ex;
		}
		finally {
			this.store.unlock(this.actorId, this.actor);
		}
	}

	@Override
	public void close() {
		this.actor.lock.lock();
		try {
			this.closed = true;
			if (this.actor.current == this) {
				this.actor.current = null;
			}
		}
		finally {
			this.store.unlock(this.actorId, this.actor);
		}
	}

	private void requireCurrent() {
		if (this.actor.current != this) {
			throw gone();
		}
		if (this.inDoubt) {
			throw new KvUnavailableException(
					"A change to actor '%s' failed in an unknown state; open the actor again".formatted(this.actorId));
		}
	}

	/**
	 * RocksDB would refuse the write as well, but in a way that leaves it in doubt.
	 */
	private void requireUsable() {
		if (this.database.isFailed()) {
			throw new KvUnavailableException("A write to the RocksDB store in '%s' failed; open actor '%s' again"
				.formatted(this.store.directory(), this.actorId));
		}
	}

	private KvDefiniteException gone() {
		if (this.store.isClosed()) {
			return this.store.closedException();
		}
		if (this.closed) {
			return new KvClosedException("The session on actor '%s' was closed".formatted(this.actorId));
		}
		return new KvOwnershipLostException(this.actorId, this.epoch);
	}

}
