package io.kvsqlite;

import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.reliability.Interleavings;
import org.junit.jupiter.api.Test;

/**
 * Checks of {@link IdleActors} and {@link ActorSlot} that a model checker runs with their
 * threads interleaved in many ways. What they check is checked without AssertJ, whose
 * classes it would check, too.
 */
class IdleActorsModelChecks {

	/**
	 * One thread evicts, as who needs a place does; the other uses the actor, as who asks
	 * for its connection does.
	 */
	@Test
	void takeWhileTheActorIsUsedShouldGiveItToOneAtATime() {
		Interleavings.check(() -> {
			IdleActors<FakeActor> idle = new IdleActors<>();
			Guarded slot = new Guarded();
			idle.add(slot.slot);
			Thread evictor = new Thread(() -> evict(idle, slot));
			evictor.start();
			boolean kept = use(idle, slot);
			join(evictor);
			slot.require(slot.slot.permit.availablePermits() == 1, "a permit was lost");
			slot.require(!kept || slot.evictions.get() > 0 || idle.take() == slot.slot, "an idle actor is not listed");
			slot.require(slot.evictions.get() == 0 || slot.slot.removed, "an evicted slot is not marked");
		});
	}

	@Test
	void takeByTwoShouldGiveTheActorToOne() {
		Interleavings.check(() -> {
			IdleActors<FakeActor> idle = new IdleActors<>();
			Guarded slot = new Guarded();
			idle.add(slot.slot);
			Thread evictor = new Thread(() -> evict(idle, slot));
			evictor.start();
			evict(idle, slot);
			join(evictor);
			slot.require(slot.evictions.get() == 1, "it was not evicted once");
			slot.require(idle.take() == null, "an evicted actor is listed");
		});
	}

	private static void evict(IdleActors<FakeActor> idle, Guarded slot) {
		ActorSlot<FakeActor> taken = idle.take();
		if (taken != null) {
			slot.enter();
			taken.removed = true;
			slot.evictions.incrementAndGet();
			slot.exit();
			taken.permit.release();
		}
	}

	/**
	 * Use an actor and list it as idle again, unless it was evicted meanwhile.
	 */
	private static boolean use(IdleActors<FakeActor> idle, Guarded slot) {
		if (!slot.slot.permit.tryAcquire()) {
			return false;
		}
		slot.enter();
		boolean there = !slot.slot.removed;
		if (there) {
			idle.remove(slot.slot);
			idle.add(slot.slot);
		}
		slot.exit();
		slot.slot.permit.release();
		return there;
	}

	private static void join(Thread thread) {
		try {
			thread.join();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * A slot that notices two users.
	 */
	private static final class Guarded {

		private final ActorSlot<FakeActor> slot = new ActorSlot<>("a");

		private final AtomicInteger users = new AtomicInteger();

		private final AtomicInteger evictions = new AtomicInteger();

		void enter() {
			require(this.users.incrementAndGet() == 1, "two have one permit");
		}

		void exit() {
			this.users.decrementAndGet();
		}

		void require(boolean holds, String otherwise) {
			if (!holds) {
				throw new IllegalStateException(otherwise);
			}
		}

	}

}
