package io.kvsqlite.kv;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link OwnerLease}.
 */
class OwnerLeaseTests {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private final RecordedRenewals renewals = new RecordedRenewals();

	private final OwnerLease lease = new OwnerLease("me", OwnerLease.LEAST_DURATION, this.renewals);

	@AfterEach
	void close() {
		this.lease.close();
	}

	@Test
	void startShouldRecordTheLeaseBeforeItReturnsAndOnlyOnce() {
		assertThat(this.renewals.times).isEmpty();
		this.lease.start();
		assertThat(this.renewals.times).isNotEmpty();
		assertThat(this.renewals.names).containsOnly("me " + this.lease.id() + " " + this.lease.duration());
	}

	@Test
	void startWhenTheStoreFailsShouldFailAndBeTriedAgainByTheNext() {
		this.renewals.failures.set(1);
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(this.lease::start);
		assertThat(this.renewals.times).isEmpty();
		this.lease.start();
		assertThat(this.renewals.times).isNotEmpty();
	}

	@Test
	void leaseShouldBeRenewedThreeTimesAsOftenAsItLasts() {
		this.lease.start();
		awaitRenewals(5);
		List<Long> times = List.copyOf(this.renewals.times);
		long third = this.lease.duration().toNanos() / 3;
		for (int i = 1; i < times.size(); i++) {
			assertThat(times.get(i) - times.get(i - 1)).isGreaterThanOrEqualTo(third - 1_000_000);
		}
	}

	@Test
	void leaseThatCouldNotBeRenewedShouldBeRenewedLater() {
		this.lease.start();
		this.renewals.failures.set(3);
		awaitRenewals(3);
		assertThat(this.renewals.failures).hasValue(0);
	}

	@Test
	void releaseThatFailedShouldBeRepeatedUntilItSucceeds() {
		AtomicInteger attempts = new AtomicInteger();
		this.lease.start();
		this.lease.repeat(() -> {
			if (attempts.incrementAndGet() < 3) {
				throw new KvUnavailableException("not yet");
			}
		});
		Awaitility.await().atMost(PATIENCE).until(() -> attempts.get() == 3);
		awaitRenewals(this.renewals.times.size() + 3);
		assertThat(attempts).hasValue(3);
	}

	@Test
	void closeShouldEndTheLeaseAndRenewItNoMore() {
		// close() waits as long as a lease lasts for a renewal that is under way
		OwnerLease lease = new OwnerLease("me", Duration.ofSeconds(6), this.renewals);
		lease.start();
		awaitRenewals(2);
		lease.close();
		int renewed = this.renewals.times.size();
		assertThat(this.renewals.ended).containsExactly(lease.id());
		lease.close();
		lease.start();
		assertThat(this.renewals.times).hasSize(renewed);
		assertThat(this.renewals.ended).hasSize(1);
	}

	@Test
	void closeOfALeaseThatWasNeverKeptShouldAskNobody() {
		this.lease.close();
		assertThat(this.renewals.ended).isEmpty();
	}

	@Test
	void abandonShouldLeaveTheLeaseToRunOut() {
		this.lease.start();
		this.lease.abandon();
		assertThat(this.renewals.ended).isEmpty();
	}

	@Test
	void durationBelowTheLeastShouldBeRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new OwnerLease("me", OwnerLease.LEAST_DURATION.minusMillis(1), this.renewals))
			.withMessageContaining("PT0.3S")
			.withMessageContaining("PT0.299S");
	}

	@Test
	void idsShouldDifferWhereNamesDoNot() {
		assertThat(new OwnerLease("me", OwnerLease.DEFAULT_DURATION, this.renewals).id()).isNotEqualTo(this.lease.id());
	}

	private void awaitRenewals(int count) {
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.renewals.times).hasSizeGreaterThanOrEqualTo(count));
	}

	/**
	 * A store that writes down what it is told, or fails a few times first.
	 */
	private static final class RecordedRenewals implements OwnerLease.Renewal {

		private final List<Long> times = new CopyOnWriteArrayList<>();

		private final List<String> names = new CopyOnWriteArrayList<>();

		private final List<String> ended = new CopyOnWriteArrayList<>();

		private final AtomicInteger failures = new AtomicInteger();

		@Override
		public void renew(String id, String name, Duration duration) {
			if (this.failures.getAndUpdate((left) -> Math.max(0, left - 1)) > 0) {
				throw new KvUnavailableException("no answer");
			}
			this.names.add(name + " " + id + " " + duration);
			this.times.add(System.nanoTime());
		}

		@Override
		public void end(String id) {
			this.ended.add(id);
		}

	}

}
