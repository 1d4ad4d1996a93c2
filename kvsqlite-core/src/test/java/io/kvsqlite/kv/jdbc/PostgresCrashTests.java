package io.kvsqlite.kv.jdbc;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.TestPools;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link PostgresKvStore} over a server that is killed under load and started again.
 */
@RequiresDocker
@Tag("once")
class PostgresCrashTests {

	private static final int KILLS = 4;

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final byte[][] KEYS = { key("n"), key("copy") };

	@Test
	void serverThatIsKilledUnderLoadShouldLoseNothingAcknowledged() throws Exception {
		try (ServerContainer server = ServerContainer.postgresql("-c", "fsync=on", "-c", "synchronous_commit=on")) {
			server.start();
			try (HikariDataSource pool = TestPools.pool(server, 8);
					PostgresKvStore store = PostgresKvStore.builder(pool).timeout(Duration.ofSeconds(5)).build()) {
				// not used yet; an absent server is to be noticed soon
				pool.setConnectionTimeout(1000);
				Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> {
					store.ping();
					return true;
				});
				AtomicBoolean stop = new AtomicBoolean();
				ExecutorService executor = Executors.newFixedThreadPool(4);
				List<Writer> writers = new ArrayList<>();
				List<Future<?>> futures = new ArrayList<>();
				for (int i = 0; i < 4; i++) {
					Writer writer = new Writer(store, "actor-" + i, stop);
					writers.add(writer);
					futures.add(executor.submit(writer));
				}
				for (int kill = 0; kill < KILLS; kill++) {
					awaitProgress(writers);
					server.killServer();
					awaitFailures(writers);
					server.restartServer();
				}
				awaitProgress(writers);
				stop.set(true);
				for (Future<?> future : futures) {
					future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
				}
				executor.shutdown();
				assertThat(writers)
					.allSatisfy((writer) -> assertThat(writer.failures).hasValueGreaterThanOrEqualTo(KILLS));
				for (Writer writer : writers) {
					// the pool may still hold connections that a kill has broken
					KvOpening opening = Awaitility.await()
						.atMost(PATIENCE)
						.ignoreExceptionsInstanceOf(KvUnavailableException.class)
						.until(() -> store.open(writer.actorId, KEYS), Objects::nonNull);
					assertThat(opening.session().commit()).isEqualTo(writer.acknowledged.get());
					byte[] expected = key(Integer.toString(writer.acknowledged.get()));
					assertThat(opening.values()[0]).isEqualTo(expected);
					assertThat(opening.values()[1]).isEqualTo(expected);
				}
			}
		}
	}

	private static void awaitProgress(List<Writer> writers) {
		int[] before = writers.stream().mapToInt((writer) -> writer.acknowledged.get()).toArray();
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
			for (int i = 0; i < before.length; i++) {
				assertThat(writers.get(i).acknowledged.get()).isGreaterThan(before[i] + 20);
			}
		});
	}

	// The server stays down until every writer has met that.
	private static void awaitFailures(List<Writer> writers) {
		int[] before = writers.stream().mapToInt((writer) -> writer.failures.get()).toArray();
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
			for (int i = 0; i < before.length; i++) {
				assertThat(writers.get(i).failures.get()).isGreaterThan(before[i]);
			}
		});
	}

	private static byte[] key(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Counts up in one actor, as the engine would: resolves what is not known by opening
	 * again, and tries definite failures again.
	 */
	private static final class Writer implements Runnable {

		private final PostgresKvStore store;

		private final String actorId;

		private final AtomicBoolean stop;

		private final AtomicInteger acknowledged = new AtomicInteger();

		private final AtomicInteger failures = new AtomicInteger();

		Writer(PostgresKvStore store, String actorId, AtomicBoolean stop) {
			this.store = store;
			this.actorId = actorId;
			this.stop = stop;
		}

		@Override
		public void run() {
			KvSession session = reopen();
			while (!this.stop.get()) {
				int next = this.acknowledged.get() + 1;
				byte[] value = key(Integer.toString(next));
				try {
					session.write(new KvWrite().put(KEYS[0], value).put(KEYS[1], value));
					this.acknowledged.set(next);
				}
				catch (KvIndeterminateException ex) {
					this.failures.incrementAndGet();
					session = reopen();
					assertThat(session.commit()).isBetween((long) next - 1, (long) next);
					this.acknowledged.set((int) session.commit());
				}
				catch (KvDefiniteException ex) {
					this.failures.incrementAndGet();
					assertThat(session.commit()).isEqualTo(next - 1);
				}
			}
		}

		private KvSession reopen() {
			while (true) {
				try {
					return this.store.open(this.actorId, KEYS).session();
				}
				catch (KvException ex) {
					this.failures.incrementAndGet();
				}
			}
		}

	}

}
