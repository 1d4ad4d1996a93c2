package io.kvsqlite.reliability;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.testing.ForwardingKvStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that go on for a while: many actors, many threads, a fault now and then, and
 * nothing that grows.
 */
@ExtendWith(QuietLog.class)
@Timeout(24 * 3600)
class EnduranceTests {

	private static final int THREADS = 4;

	private static final int OPEN_ACTORS = 50;

	/**
	 * Minutes that the long run takes, unless told otherwise.
	 */
	private static final int MINUTES = Integer.getInteger("kvsqlite.reliability.minutes", 10);

	private static final int CYCLES = 1_500;

	private static final int CYCLES_LONG = 100_000;

	@TempDir
	private Path directory;

	@Test
	void mixedLoadWithFaultsShouldLoseNothing() throws Exception {
		load(200, 8_000);
	}

	@Tag("long")
	@Test
	void mixedLoadForALongTimeShouldLoseNothing() throws Exception {
		load(1_000, MINUTES * 60_000L);
	}

	@Test
	void openAndCloseShouldLeaveNothingBehind() throws Exception {
		openAndClose(CYCLES);
	}

	@Tag("long")
	@Test
	void openAndCloseForALongTimeShouldLeaveNothingBehind() throws Exception {
		openAndClose(CYCLES_LONG);
	}

	/**
	 * Each actor counts in a table; what was acknowledged is known, and what failed may
	 * have happened.
	 */
	private void load(int actors, long millis) throws Exception {
		AtomicIntegerArray acknowledged = new AtomicIntegerArray(actors);
		AtomicIntegerArray failed = new AtomicIntegerArray(actors);
		AtomicLong transactions = new AtomicLong();
		Flaky store = new Flaky(new RocksDbKvStore(this.directory));
		ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).maxOpenActors(OPEN_ACTORS).build();
		int threads = threads();
		long end = System.currentTimeMillis() + millis;
		ExecutorService executor = Executors.newFixedThreadPool(THREADS);
		List<Future<?>> running = new ArrayList<>();
		for (int thread = 0; thread < THREADS; thread++) {
			int seed = thread;
			running.add(executor.submit(() -> {
				Random random = new Random(seed);
				while (System.currentTimeMillis() < end) {
					int actor = random.nextInt(actors);
					try (Connection connection = factory.dataSource("actor " + actor).getConnection()) {
						work(connection, random);
						acknowledged.incrementAndGet(actor);
					}
					catch (SQLException ex) {
						failed.incrementAndGet(actor);
					}
					transactions.incrementAndGet();
				}
			}));
		}
		for (Future<?> one : running) {
			one.get();
		}
		executor.shutdown();
		store.healed = true;
		assertThat(threads()).as("threads").isLessThanOrEqualTo(threads + THREADS + 2);
		long faults = store.faults.get();
		for (int actor = 0; actor < actors; actor++) {
			try (Connection connection = factory.dataSource("actor " + actor).getConnection();
					Statement statement = connection.createStatement()) {
				statement.execute("CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY, body TEXT)");
				Content.check(connection);
				try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
					rows.next();
					assertThat(rows.getInt(1)).as("rows of actor %d", actor)
						.isBetween(acknowledged.get(actor), acknowledged.get(actor) + failed.get(actor));
				}
			}
		}
		factory.close();
		store.close();
		assertThat(faults).as("faults").isPositive();
		System.out.printf("reliability: endurance: %,d actors, %,d transactions, %,d faults, 0 lost%n", actors,
				transactions.get(), faults);
	}

	private static void work(Connection connection, Random random) throws SQLException {
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY, body TEXT)");
			statement.execute("INSERT INTO t(body) VALUES(hex(zeroblob(" + random.nextInt(3000) + ")))");
			statement.execute("UPDATE t SET body = '' WHERE n = " + (1 + random.nextInt(20)));
			connection.commit();
		}
	}

	private void openAndClose(int cycles) throws Exception {
		try (KvStore store = new RocksDbKvStore(this.directory);
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
			cycle(factory, cycles / 5);
			long files = files();
			int threads = threads();
			long resident = resident();
			long heap = heap();
			cycle(factory, cycles);
			assertThat(files()).as("open files").isLessThanOrEqualTo(files + 10);
			assertThat(threads()).as("threads").isLessThanOrEqualTo(threads + 2);
			assertThat(heap()).as("heap in use").isLessThan(heap + (16 << 20));
			assertThat(resident()).as("resident memory in KiB").isLessThan(resident + 256 * 1024);
			System.out.printf(
					"reliability: open and close: %,d cycles, heap %,d to %,d KiB, resident %,d to %,d KiB, open files %d to %d%n",
					cycles, heap / 1024, heap() / 1024, resident, resident(), files, files());
		}
	}

	private static void cycle(ActorDataSourceFactory factory, int cycles) throws SQLException {
		for (int i = 0; i < cycles; i++) {
			String actor = "actor " + i % 20;
			try (Connection connection = factory.dataSource(actor).getConnection();
					Statement statement = connection.createStatement()) {
				statement.execute("CREATE TABLE IF NOT EXISTS t(x)");
				statement.execute((i % 3 == 0) ? "DELETE FROM t" : "INSERT INTO t VALUES(" + i + ")");
			}
			assertThat(factory.close(actor)).isTrue();
		}
	}

	private static int threads() {
		return ManagementFactory.getThreadMXBean().getThreadCount();
	}

	private static long heap() {
		System.gc();
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

	/**
	 * Return how many files this process has open, 0 where the system does not tell.
	 */
	private static long files() throws IOException {
		Path descriptors = Path.of("/proc/self/fd");
		if (!Files.isDirectory(descriptors)) {
			return 0;
		}
		try (Stream<Path> files = Files.list(descriptors)) {
			return files.count();
		}
	}

	/**
	 * Return this process's resident memory in KiB, 0 where the system does not tell.
	 */
	private static long resident() throws IOException {
		Path status = Path.of("/proc/self/status");
		if (!Files.exists(status)) {
			return 0;
		}
		return Files.readAllLines(status)
			.stream()
			.filter((line) -> line.startsWith("VmRSS:"))
			.mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")))
			.findFirst()
			.orElse(0);
	}

	/**
	 * A store of which one operation in a few hundred fails.
	 */
	private static final class Flaky extends ForwardingKvStore {

		private static final int ONE_IN = 200;

		private final AtomicLong faults = new AtomicLong();

		private volatile boolean healed;

		Flaky(KvStore delegate) {
			super(delegate);
		}

		private boolean fails() {
			if (this.healed || ThreadLocalRandom.current().nextInt(ONE_IN) != 0) {
				return false;
			}
			this.faults.incrementAndGet();
			return true;
		}

		@Override
		protected KvSession wrap(KvSession session) {
			return new ForwardingKvSession(session) {

				@Override
				public byte[] @Nullable [] read(byte[][] keys) {
					if (fails()) {
						throw new KvUnavailableException("Injected: not read");
					}
					return super.read(keys);
				}

				@Override
				public void write(KvWrite write) {
					if (fails()) {
						throw new KvUnavailableException("Injected: not written");
					}
					super.write(write);
					if (fails()) {
						throw new KvIndeterminateException("Injected: written, but the reply was lost");
					}
				}

			};
		}

	}

}
