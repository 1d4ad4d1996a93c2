package io.kvsqlite;

import java.sql.SQLException;
import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.kvsqlite.FakeActor.World;
import io.kvsqlite.reliability.Interleavings;

/**
 * Checks of {@link ActorSlots} that a model checker runs with their threads interleaved
 * in many ways. The model checker knows no time: who waits does so until it gets what it
 * waits for, and whoever never gets it is reported.
 */
class ActorSlotsModelChecks {

	private static final Duration WAIT = Duration.ofHours(1);

	@Test
	void takeByTwoShouldOpenTheActorOnce() {
		Interleavings.check(ActorSlotsModelChecks::takeByTwo);
	}

	@Test
	void takeOfAnotherActorShouldEvictTheIdleOne() {
		Interleavings.check(() -> takeOfAnother(new Slots(1)));
	}

	@Test
	void takeOfAnotherActorShouldWaitForAPlaceWithoutMissingIt() {
		Interleavings.check(() -> placeComesFree(new Slots(1)));
	}

	@Test
	void takeOfAnotherActorWhenNobodyMakesRoomShouldBeRed() {
		Interleavings.requireRed(() -> placeComesFree(new Slots(1) {

			@Override
			void makeRoom() {
			}

		}));
	}

	@Test
	void closeWhileTheActorIsTakenShouldLeaveNothing() {
		Interleavings.check(ActorSlotsModelChecks::closeWhileTaken);
	}

	@Test
	void forcedCloseWhileTheActorComesBackShouldLeaveNothing() {
		Interleavings.check(() -> forcedCloseWhileTaken(new Slots(1)));
	}

	@Test
	void forcedCloseWhenNobodyLooksAfterTheReturnShouldBeRed() {
		Interleavings.requireRed(() -> forcedCloseWhileTaken(new Slots(1) {

			@Override
			boolean isLeftBehind(ActorSlot<FakeActor> slot) {
				return false;
			}

		}));
	}

	@Test
	void stopWhileAnActorIsTakenShouldCloseIt() {
		Interleavings.check(() -> stopWhileTaken(new Slots(1)));
	}

	@Test
	void workWhileAnActorIsClosedShouldExcludeItsUse() {
		Interleavings.check(() -> workWhileClosed(new Slots(1)));
	}

	@Test
	void workWhileAnActorIsClosedWhenTheMarkIsIgnoredShouldBeRed() {
		Interleavings.requireRed(() -> workWhileClosed(new Slots(1) {

			@Override
			boolean isGone(ActorSlot<FakeActor> slot) {
				return false;
			}

		}));
	}

	private static void takeByTwo() {
		Slots slots = new Slots(1);
		Thread other = Interleavings.start(() -> slots.use("a"));
		slots.use("a");
		Interleavings.join(other);
		slots.world.requireRest(slots);
		slots.world.require(slots.world.opens() == 1, "it was opened twice");
	}

	private static void takeOfAnother(Slots slots) {
		slots.use("a");
		Thread other = Interleavings.start(() -> slots.use("b"));
		slots.use("a");
		Interleavings.join(other);
		slots.world.requireRest(slots);
	}

	/**
	 * The other actor's opener comes while the first is in use.
	 */
	private static void placeComesFree(Slots slots) {
		ActorSlot<FakeActor> taken = slots.take("a");
		Thread other = Interleavings.start(() -> slots.use("b"));
		slots.giveBack(taken, null);
		Interleavings.join(other);
		slots.world.requireRest(slots);
	}

	private static void closeWhileTaken() {
		Slots slots = new Slots(1);
		Thread other = Interleavings.start(() -> slots.use("a"));
		slots.close("a");
		Interleavings.join(other);
		slots.world.requireRest(slots);
	}

	private static void forcedCloseWhileTaken(Slots slots) {
		Thread other = Interleavings.start(() -> slots.use("a"));
		slots.closeForcibly("a");
		Interleavings.join(other);
		slots.world.requireRest(slots);
		slots.stop();
		slots.world.require(slots.world.open() == 0, "an actor outlived the stop");
	}

	private static void stopWhileTaken(Slots slots) {
		Thread other = Interleavings.start(() -> slots.useIfRunning("a"));
		slots.stop();
		Interleavings.join(other);
		slots.world.requireRest(slots);
		slots.world.require(slots.world.open() == 0, "an actor outlived the stop");
	}

	private static void workWhileClosed(Slots slots) {
		slots.use("a");
		Thread other = Interleavings.start(() -> slots.use("a"));
		Thread closer = Interleavings.start(() -> slots.close("a"));
		slots.workOn("a");
		Interleavings.join(other);
		Interleavings.join(closer);
		slots.world.requireRest(slots);
	}

	/**
	 * Slots of fake actors, without time-outs and checked exceptions.
	 */
	private static class Slots extends ActorSlots<FakeActor> {

		private final World world;

		private volatile boolean working;

		Slots(int capacity) {
			this(capacity, new World(capacity));
		}

		private Slots(int capacity, World world) {
			super(capacity, world);
			this.world = world;
		}

		ActorSlot<FakeActor> take(String actorId) {
			try {
				return take(actorId, WAIT);
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}

		/**
		 * The steps of {@link ActorShutdown}, when its time is up at once.
		 */
		void stop() {
			refuse(false);
			for (ActorSlot<FakeActor> slot : all()) {
				closeUnused(slot);
				if (!slot.removed) {
					takeAway(slot, true);
				}
			}
		}

		void use(String actorId) {
			use(take(actorId));
		}

		void useIfRunning(String actorId) {
			ActorSlot<FakeActor> slot;
			try {
				slot = take(actorId, WAIT);
			}
			catch (SQLException ex) {
				// stopped
				return;
			}
			use(slot);
		}

		private void use(ActorSlot<FakeActor> slot) {
			FakeActor actor = slot.open;
			this.world.require(actor != null, "what was taken is not open");
			this.world.require(!this.working, "an actor is used while it has to be closed");
			actor.use();
			giveBack(slot, null);
		}

		void close(String actorId) {
			try {
				close(actorId, WAIT);
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}

		void workOn(String actorId) {
			try {
				this.<Boolean, RuntimeException>whileClosed(actorId, WAIT, () -> {
					this.working = true;
					this.world.require(this.world.open() == 0, "an actor is open while it has to be closed");
					this.working = false;
					return true;
				});
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
