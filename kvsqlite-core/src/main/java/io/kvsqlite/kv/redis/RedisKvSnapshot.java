package io.kvsqlite.kv.redis;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;

/**
 * A view of an actor in Redis, which lasts until the actor's next commit: Redis keeps no
 * earlier values, so a read finds either this commit or that it is gone.
 */
final class RedisKvSnapshot implements KvSnapshot {

	private static final int LARGEST_PAGE = 8192;

	private final RedisKvStore store;

	private final String actorId;

	private final RedisKeys.Actor actor;

	private final KvCommit commit;

	private volatile boolean closed;

	RedisKvSnapshot(RedisKvStore store, String actorId, RedisKeys.Actor actor, KvCommit commit) {
		this.store = store;
		this.actorId = actorId;
		this.actor = actor;
		this.commit = commit;
	}

	@Override
	public long commit() {
		return this.commit.number();
	}

	@Override
	public byte[] @Nullable [] read(byte[][] keys) {
		requireReadable();
		RedisReply reply = this.store.calls().read(this.actorId, this.actor, KvFence.NONE, this.commit, keys);
		requireSame(reply);
		return reply.values(1, keys.length);
	}

	@Override
	public byte[][] keys(byte[] from, int limit) {
		RedisKvStore.requirePositive(limit);
		requireReadable();
		List<byte[]> keys = new ArrayList<>();
		byte[] begin = RedisKvStore.bound('[', from);
		while (keys.size() < limit) {
			int page = Math.min(limit - keys.size(), LARGEST_PAGE);
			RedisReply reply = this.store.calls().keys(this.actorId, this.actor, this.commit, begin, page);
			requireSame(reply);
			List<?> found = reply.list(1);
			found.forEach((key) -> keys.add((byte[]) key));
			if (found.size() < page) {
				break;
			}
			begin = RedisKvStore.bound('(', keys.get(keys.size() - 1));
		}
		return keys.toArray(byte[][]::new);
	}

	@Override
	public void close() {
		this.closed = true;
	}

	private void requireReadable() {
		this.store.requireOpen();
		if (this.closed) {
			throw new KvClosedException("The snapshot of actor '%s' was closed".formatted(this.actorId));
		}
	}

	private void requireSame(RedisReply reply) {
		if (reply.is("moved")) {
			throw new KvSnapshotLostException("The snapshot of actor '%s' at commit %d is gone: the actor has moved on"
				.formatted(this.actorId, commit()));
		}
	}

}
