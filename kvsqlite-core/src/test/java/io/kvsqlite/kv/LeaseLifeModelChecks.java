package io.kvsqlite.kv;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.kvsqlite.reliability.Interleavings;

/**
 * Checks of {@link LeaseLife} that a model checker runs with their threads interleaved in
 * many ways: the store is told first of the lease and last of its end.
 */
class LeaseLifeModelChecks {

	@Test
	void endWhileTheLeaseIsRecordedAndRenewedShouldComeLast() {
		Interleavings.check(() -> endWhileRenewed(new Store(), false));
	}

	@Test
	void endWhenARenewalDoesNotLockShouldBeRed() {
		Interleavings.requireRed(() -> endWhileRenewed(new Store(), true));
	}

	private static void endWhileRenewed(Store store, boolean broken) {
		LeaseLife life = new LeaseLife("id", "me", OwnerLease.DEFAULT_DURATION, store) {

			@Override
			boolean renew() {
				if (!broken) {
					return super.renew();
				}
				boolean recorded = isRecorded();
				if (recorded) {
					tell();
				}
				return recorded;
			}

		};
		Thread first = Interleavings.start(() -> recordAndRenew(life));
		Thread second = Interleavings.start(() -> recordAndRenew(life));
		life.end();
		Interleavings.join(first);
		Interleavings.join(second);
		store.require(!store.failed, "something was wrong");
		store.require(store.kept == 0, "the store keeps the lease of an owner that is gone");
		store.require(!life.isRecorded(), "it goes on");
	}

	/**
	 * As who takes an actor does, with the next renewal coming at once.
	 */
	private static void recordAndRenew(LeaseLife life) {
		life.record();
		life.renew();
	}

	/**
	 * A store that keeps one lease, and notices what it is told at a wrong time.
	 */
	private static final class Store implements OwnerLease.Renewal {

		private volatile int kept;

		private volatile boolean ended;

		private volatile boolean failed;

		@Override
		public void renew(String id, String name, Duration duration) {
			require(!this.ended, "a lease is renewed after its end");
			this.kept = 1;
		}

		@Override
		public void end(String id) {
			require(!this.ended, "a lease is ended twice");
			require(this.kept == 1, "a lease is ended that was not recorded");
			this.ended = true;
			this.kept = 0;
		}

		void require(boolean holds, String otherwise) {
			if (!holds) {
				this.failed = true;
				throw new IllegalStateException(otherwise);
			}
		}

	}

}
