package io.kvsqlite.kv.redis;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvFoundOwner;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimitExceededException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvWrite;

/**
 * One ownership of one actor in Redis.
 */
final class RedisKvSession implements KvSession {

	private final RedisKvStore store;

	private final String actorId;

	private final RedisKeys.Actor actor;

	private final KvFence fence;

	private final long epoch;

	private volatile KvCommit lastCommit;

	private volatile boolean closed;

	private volatile boolean deleted;

	// Why this session serves nothing any more.
	private volatile @Nullable RuntimeException over;

	RedisKvSession(RedisKvStore store, String actorId, RedisKeys.Actor actor, KvFence fence, long epoch,
			KvCommit lastCommit) {
		this.store = store;
		this.actorId = actorId;
		this.actor = actor;
		this.fence = fence;
		this.epoch = epoch;
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
		requireUsable();
		RedisReply reply = this.store.calls().read(this.actorId, this.actor, this.fence, this.lastCommit, keys);
		if (!reply.is("ok")) {
			// A server that was demoted, and does not know it or we do not, may be
			// behind.
			// A write finds the master, or fails.
			this.store.calls().probe(this.actorId, this.actor, this.store.lease().id());
			reply = this.store.calls().read(this.actorId, this.actor, this.fence, this.lastCommit, keys);
		}
		requireCurrent(reply);
		return reply.values(1, keys.length);
	}

	@Override
	public void write(KvWrite write) {
		requireUsable();
		if (!write.fits(this.store.limits())) {
			throw new KvLimitExceededException("A write of %d keys and %d bytes to actor '%s' is over the limits, %s"
				.formatted(write.keys(), write.bytes(), this.actorId, this.store.limits()));
		}
		KvCommit next = this.lastCommit.next(this.fence);
		RedisReply reply;
		try {
			reply = this.store.calls().write(this.actorId, this.actor, this.fence, this.lastCommit, next, write);
		}
		catch (KvIndeterminateException ex) {
			this.over = ex;
			throw ex;
		}
		requireCurrent(reply);
		this.lastCommit = next;
	}

	@Override
	public void delete() {
		requireUsable();
		RedisReply reply;
		try {
			reply = this.store.calls().deleteOwned(this.actorId, this.actor, this.fence);
		}
		catch (KvIndeterminateException ex) {
			this.over = ex;
			throw ex;
		}
		requireCurrent(reply);
		this.over = new KvOwnershipLostException(this.actorId, this.epoch);
		this.deleted = true;
		this.store.forget(this, this.actorId);
	}

	@Override
	public void close() {
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.closed = true;
		}
		if (!this.deleted) {
			this.store.release(this, this.actorId, this.actor, this.fence);
		}
	}

	/**
	 * Be closed together with the store, which gives up all it owns itself.
	 */
	void closedWithStore() {
		this.closed = true;
	}

	RedisKeys.Actor actor() {
		return this.actor;
	}

	private void requireUsable() {
		this.store.requireOpen();
		requireNotClosed();
		RuntimeException reason = this.over;
		if (reason instanceof KvOwnershipLostException) {
			throw new KvOwnershipLostException(this.actorId, this.epoch);
		}
		if (reason != null) {
			throw new KvDefiniteException(
					"The session on actor '%s' serves nothing after: %s".formatted(this.actorId, reason.getMessage()),
					reason);
		}
	}

	private void requireNotClosed() {
		if (this.closed) {
			throw new KvClosedException("The session on actor '%s' was closed".formatted(this.actorId));
		}
	}

	private void requireCurrent(RedisReply reply) {
		reply.requireOurs(this.actorId);
		if (reply.is("ok")) {
			return;
		}
		KvFoundOwner found = reply.found(this.actorId, this.fence, this.epoch);
		if (found.hasForgotten(this)) {
			throw endWith(new KvCorruptionException(
					("Redis has lost acknowledged commits of actor '%s': the last was number %d, but Redis knows of %d."
							+ " A failover to a replica that was behind does that, and a restart without all data on"
							+ " disk. The actor goes on from there when it is opened again")
						.formatted(this.actorId, commit(), found.lastCommit().number())));
		}
		// what was released by close() is not lost to another
		this.store.requireOpen();
		requireNotClosed();
		throw endWith(new KvOwnershipLostException(this.actorId, this.epoch));
	}

	private KvDefiniteException endWith(KvDefiniteException reason) {
		this.over = reason;
		return reason;
	}

}
