package io.kvsqlite.kv;

import java.time.Duration;

import io.kvsqlite.reliability.Interleavings;
import org.junit.jupiter.api.Test;

/**
 * Checks of {@link OwnerLease} that a model checker runs with its threads interleaved in
 * many ways. What they check is checked without AssertJ, whose classes it would check,
 * too.
 */
class OwnerLeaseModelChecks {

	private static final int INTERLEAVINGS = 50;

	/**
	 * Longer than a check takes, so that no renewal comes by itself.
	 */
	private static final Duration DURATION = Duration.ofHours(1);

	@Test
	void closeWhileStartedShouldLeaveNoLease() {
		Interleavings.check(INTERLEAVINGS, () -> {
			Recording recording = new Recording();
			OwnerLease lease = new OwnerLease("a", DURATION, recording);
			Thread starter = new Thread(lease::start);
			starter.start();
			lease.close();
			join(starter);
			lease.close();
			recording.require("", "renew end ");
		});
	}

	@Test
	void startByTwoShouldRecordTheLeaseOnce() {
		Interleavings.check(INTERLEAVINGS, () -> {
			Recording recording = new Recording();
			OwnerLease lease = new OwnerLease("a", DURATION, recording);
			Thread starter = new Thread(lease::start);
			starter.start();
			lease.start();
			// whoever comes back from start() may take actors
			recording.require("renew ");
			join(starter);
			lease.close();
			recording.require("renew end ");
		});
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
	 * Notes what it is told.
	 */
	private static final class Recording implements OwnerLease.Renewal {

		private String calls = "";

		synchronized void require(String... allowed) {
			for (String one : allowed) {
				if (this.calls.equals(one)) {
					return;
				}
			}
			throw new IllegalStateException("The store was told: " + this.calls);
		}

		@Override
		public synchronized void renew(String id, String name, Duration duration) {
			this.calls += "renew ";
		}

		@Override
		public synchronized void end(String id) {
			this.calls += "end ";
		}

	}

}
