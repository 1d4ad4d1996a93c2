package io.kvsqlite;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open actor without a database, which notices what must not happen to it: two users,
 * use after its close, a second close. Its {@link World} notices two of one actor.
 */
final class FakeActor implements OpenActor {

	private final World world;

	private final AtomicInteger users = new AtomicInteger();

	private volatile boolean aborted;

	private volatile boolean closed;

	private FakeActor(World world) {
		this.world = world;
	}

	void use() {
		this.world.require(this.users.incrementAndGet() == 1, "two use one actor");
		this.world.require(!this.closed, "a closed actor is used");
		this.users.decrementAndGet();
	}

	@Override
	public boolean isUsable() {
		return !this.aborted;
	}

	@Override
	public void trim() {
		use();
	}

	@Override
	public void abort() {
		this.aborted = true;
	}

	@Override
	public void release() {
		this.world.require(this.aborted, "an actor is released that still works");
	}

	@Override
	public void abandon() {
		this.world.require(this.aborted, "an actor is abandoned that still works");
		close();
	}

	@Override
	public void close() {
		use();
		this.world.require(!this.closed, "an actor is closed twice");
		this.closed = true;
	}

	/**
	 * All that was opened.
	 */
	static final class World implements ActorSlots.Life<FakeActor> {

		private final int capacity;

		private final List<FakeActor> opened = new ArrayList<>();

		private volatile boolean failed;

		private volatile String failure = "";

		World(int capacity) {
			this.capacity = capacity;
		}

		@Override
		public FakeActor open(String actorId) {
			synchronized (this.opened) {
				FakeActor actor = new FakeActor(this);
				this.opened.add(actor);
				require(open() <= this.capacity, "more are open than may be");
				return actor;
			}
		}

		@Override
		public void close(String actorId, FakeActor open, CloseReason reason) {
			open.close();
		}

		@Override
		public void abandon(String actorId, FakeActor open) {
			open.abandon();
		}

		int opens() {
			synchronized (this.opened) {
				return this.opened.size();
			}
		}

		int open() {
			synchronized (this.opened) {
				int open = 0;
				for (FakeActor actor : this.opened) {
					open += actor.closed ? 0 : 1;
				}
				return open;
			}
		}

		/**
		 * Note what is wrong, also where nobody sees the exception.
		 */
		void require(boolean holds, String otherwise) {
			if (!holds) {
				this.failure = otherwise;
				this.failed = true;
				throw new IllegalStateException(otherwise);
			}
		}

		/**
		 * Check what holds whenever nobody has or waits for an actor.
		 */
		void requireRest(ActorSlots<FakeActor> slots) {
			if (this.failed) {
				throw new IllegalStateException(this.failure);
			}
			int listed = 0;
			for (ActorSlot<FakeActor> slot : slots.all()) {
				listed++;
				require(!slot.removed, "the map has a slot that left it");
				require(slot.open != null, "the map has a slot that is neither open nor waited for");
				require(slot.permit.availablePermits() == 1, "a permit was lost");
			}
			require(slots.open() == open(), "a place was lost");
			require(listed == open(), "an actor is open without a slot");
			require(slots.idle().oldestWhile((slot) -> true).size() == listed, "an open actor is not listed as idle");
			require(slots.waiting() == 0, "somebody waits");
		}

	}

}
