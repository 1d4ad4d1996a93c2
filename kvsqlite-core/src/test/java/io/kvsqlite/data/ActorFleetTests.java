package io.kvsqlite.data;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for {@link ActorFleet}.
 */
class ActorFleetTests {

	private final MemoryKvStore store = new MemoryKvStore();

	private final Set<String> seen = new ConcurrentSkipListSet<>();

	private void actors(String prefix, int count) {
		for (int i = 0; i < count; i++) {
			this.store.open("%s%04d".formatted(prefix, i), new byte[0][])
				.session()
				.write(new KvWrite().put(new byte[] { 1 }, new byte[0]));
		}
	}

	@Test
	void forEachShouldReachEveryActorOnce() throws Exception {
		actors("a", 2500);
		actors("b", 3);
		AtomicInteger calls = new AtomicInteger();
		ActorFleet.Report report = new ActorFleet(this.store, "").parallelism(4).forEach((actorId) -> {
			calls.incrementAndGet();
			this.seen.add(actorId);
			return actorId.startsWith("a");
		});
		assertThat(calls).hasValue(2503);
		assertThat(this.seen).hasSize(2503);
		assertThat(report.changed()).isEqualTo(2500);
		assertThat(report.unchanged()).isEqualTo(3);
		assertThat(report.isSuccess()).isTrue();
		assertThat(report.stopped()).isFalse();
	}

	@Test
	void forEachShouldKeepToThePrefix() throws Exception {
		actors("a", 3);
		actors("b", 3);
		new ActorFleet(this.store, "b").forEach(this.seen::add);
		assertThat(this.seen).containsExactly("b0000", "b0001", "b0002");
	}

	@Test
	void forEachShouldWorkOnAsManyAtATimeAsAskedFor() throws Exception {
		actors("a", 20);
		CountDownLatch together = new CountDownLatch(5);
		AtomicInteger now = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		ActorFleet.Report report = new ActorFleet(this.store, "").parallelism(5).forEach((actorId) -> {
			most.accumulateAndGet(now.incrementAndGet(), Math::max);
			together.countDown();
			boolean met = together.await(2, TimeUnit.MINUTES);
			now.decrementAndGet();
			return met;
		});
		assertThat(report.changed()).isEqualTo(20);
		assertThat(most).hasValue(5);
	}

	@Test
	void forEachShouldStopAfterTheSetNumberOfFailures() throws Exception {
		actors("a", 100);
		ActorFleet.Report report = new ActorFleet(this.store, "").maxFailures(3).forEach((actorId) -> {
			this.seen.add(actorId);
			if (actorId.endsWith("5")) {
				throw new IllegalStateException("no " + actorId);
			}
			return true;
		});
		assertThat(report.failures()).extracting(ActorFleet.Failure::actorId)
			.containsExactly("a0005", "a0015", "a0025");
		assertThat(report.failures().get(0).cause()).hasMessage("no a0005");
		assertThat(report.stopped()).isTrue();
		assertThat(this.seen).hasSize(26);
	}

	@Test
	void listenerShouldHearOfEachActor() throws Exception {
		actors("a", 3);
		List<String> heard = new CopyOnWriteArrayList<>();
		new ActorFleet(this.store, "").maxFailures(9)
			.listener((actorId, failure, finished) -> heard
				.add(actorId + " " + finished + ((failure != null) ? " " + failure.getMessage() : "")))
			.forEach((actorId) -> {
				if (actorId.equals("a0001")) {
					throw new IllegalStateException("no");
				}
				return true;
			});
		assertThat(heard).containsExactly("a0000 1", "a0001 2 no", "a0002 3");
	}

	@Test
	void interruptShouldEndTheRun() throws Exception {
		actors("a", 10);
		Thread.currentThread().interrupt();
		assertThatThrownBy(() -> new ActorFleet(this.store, "").forEach(this.seen::add))
			.isInstanceOf(InterruptedException.class);
		assertThat(this.seen).isEmpty();
	}

	@Test
	void interruptShouldEndItWithTheFlagSetAndNobodyAtWork() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		for (int i = 0; i < 20; i++) {
			Sql.onActor(store, "a" + i, "CREATE TABLE t (x)");
		}
		AtomicInteger atWork = new AtomicInteger();
		Thread caller = Thread.currentThread();
		assertThatThrownBy(() -> new ActorFleet(store, "").parallelism(3).forEach((actorId) -> {
			atWork.incrementAndGet();
			try {
				caller.interrupt();
				Thread.sleep(Duration.ofMinutes(1).toMillis());
				return true;
			}
			finally {
				atWork.decrementAndGet();
			}
		})).isInstanceOf(InterruptedException.class);
		assertThat(Thread.interrupted()).as("the thread is still interrupted").isTrue();
		assertThat(atWork).hasValue(0);
	}

	@Test
	void errorShouldCountAsAFailure() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		Sql.onActor(store, "a", "CREATE TABLE t (x)");
		ActorFleet.Report report = new ActorFleet(store, "").forEach((actorId) -> {
			throw new StackOverflowError("deep");
		});
		assertThat(report.isSuccess()).isFalse();
		assertThat(report.failures()).singleElement()
			.satisfies((failure) -> assertThat(failure.cause()).hasMessageContaining("deep"));
	}

}
