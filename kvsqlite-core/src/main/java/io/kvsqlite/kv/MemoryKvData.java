package io.kvsqlite.kv;

import java.util.Arrays;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * What the owners of an in-memory store share: the actors by the UTF-8 bytes of their
 * ids, and the counter that all epochs come from.
 */
final class MemoryKvData {

	private final AtomicLong epochs = new AtomicLong();

	private final ConcurrentSkipListMap<byte[], Actor> actors = new ConcurrentSkipListMap<>(Arrays::compareUnsigned);

	/**
	 * Return an epoch that no one had. One counter serves all actors, so that nothing has
	 * to be remembered of one that was closed or deleted.
	 */
	long nextEpoch() {
		return this.epochs.incrementAndGet();
	}

	@Nullable Actor find(byte[] id) {
		return this.actors.get(id);
	}

	/**
	 * Return an actor, locked; the caller unlocks it.
	 */
	Actor lock(byte[] id) {
		while (true) {
			Actor actor = this.actors.computeIfAbsent(id, (key) -> new Actor());
			actor.lock.lock();
			if (!actor.removed) {
				return actor;
			}
			actor.lock.unlock();
		}
	}

	/**
	 * Forget an actor whose lock the caller holds.
	 */
	void remove(byte[] id, Actor actor) {
		actor.removed = true;
		this.actors.remove(id, actor);
	}

	ConcurrentSkipListMap<byte[], Actor> actors() {
		return this.actors;
	}

	/**
	 * One actor: its namespace and its owner record. All fields are guarded by the lock.
	 * Once removed it never comes back: an actor of the same id is another object.
	 */
	static final class Actor {

		final ReentrantLock lock = new ReentrantLock();

		final TreeMap<byte[], byte[]> values = new TreeMap<>(Arrays::compareUnsigned);

		MemoryKvStore.@Nullable Session current;

		long epoch;

		KvCommit lastCommit = KvCommit.NONE;

		boolean removed;

		/**
		 * Return whether the actor exists in the contract's sense.
		 */
		boolean exists() {
			return !this.removed && this.lastCommit.number() > 0;
		}

	}

}
