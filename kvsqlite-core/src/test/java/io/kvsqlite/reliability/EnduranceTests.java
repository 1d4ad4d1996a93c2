package io.kvsqlite.reliability;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;
import io.kvsqlite.testing.ForwardingKvStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that go on for a while: many actors, many threads, a fault now and then, and
 * nothing that grows. How long is set by {@code -Dkvsqlite.endurance.seconds}.
 */
@ExtendWith(QuietLog.class)
@Timeout(24 * 3600)
class EnduranceTests {

	private static final int ACTORS = 1_000;

	private static final int OPEN_ACTORS = 100;

	private static final int THREADS = 4;

	private static final int SECONDS = Integer.getInteger("kvsqlite.endurance.seconds", 20);

	private static final int LEAST_FAULTS = 20;

	/**
	 * How many rows an actor keeps, so that it does not grow.
	 */
	private static final int ROWS = 40;

	private static final long BUFFER_BYTES = 4 << 20;

	private static final int CYCLES = 3_000;

	private static final int CYCLES_LONG = 100_000;

	@TempDir
	private Path directory;

	@Test
	void mixedLoadWithFaultsShouldLoseNothing() throws Exception {
		AtomicIntegerArray acknowledged = new AtomicIntegerArray(ACTORS);
		AtomicIntegerArray failed = new AtomicIntegerArray(ACTORS);
		AtomicLong done = new AtomicLong();
		Flaky store = new Flaky(open(this.directory));
		ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store)
			.maxOpenActors(OPEN_ACTORS)
			.idleTimeout(Duration.ofSeconds(1))
			.build();
		long start = System.nanoTime();
		// by then everything is loaded, compiled and cached that will be
		load(factory, store, start + SECONDS * 400_000_000L, acknowledged, failed, done);
		Footprint before = Footprint.of(this.directory);
		load(factory, store, start + SECONDS * 1_000_000_000L, acknowledged, failed, done);
		Footprint after = Footprint.of(this.directory);
		after.requireNoMoreThan(before);
		store.healed = true;
		for (int actor = 0; actor < ACTORS; actor++) {
			int number = check(factory, actor);
			assertThat(number).as("transactions of actor %d", actor)
				.isBetween(acknowledged.get(actor), acknowledged.get(actor) + failed.get(actor));
		}
		factory.close();
		store.close();
		System.out.printf(
				"reliability: endurance: %,d actors, %d s, %,d operations, %,d faults, 0 lost; %s; at the end %s%n",
				ACTORS, SECONDS, done.get(), store.faults.get(), before, after);
	}

	/**
	 * Open a store whose own buffers are soon full, so that they do not look like
	 * something that grows.
	 */
	private static KvStore open(Path directory) {
		return new RocksDbKvStore(RocksDbOptions.of(directory)
			.withSync(false)
			.withWriteBufferBytes(BUFFER_BYTES)
			.withBlockCacheBytes(BUFFER_BYTES));
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
	 * Let threads work until a time has come and enough has gone wrong.
	 */
	private static void load(ActorDataSourceFactory factory, Flaky store, long end, AtomicIntegerArray acknowledged,
			AtomicIntegerArray failed, AtomicLong done) throws Exception {
		long faults = store.faults.get();
		ExecutorService executor = Executors.newFixedThreadPool(THREADS);
		try {
			List<Future<?>> running = new ArrayList<>();
			for (int thread = 0; thread < THREADS; thread++) {
				Random random = new Random(thread + done.get());
				running.add(executor.submit(() -> {
					while (System.nanoTime() - end < 0 || store.faults.get() < faults + LEAST_FAULTS) {
						int actor = random.nextInt(ACTORS);
						try {
							if (operate(factory, "actor " + actor, random)) {
								acknowledged.incrementAndGet(actor);
							}
						}
						catch (SQLException ex) {
							failed.incrementAndGet(actor);
						}
						done.incrementAndGet();
					}
				}));
			}
			for (Future<?> one : running) {
				one.get();
			}
		}
		finally {
			executor.shutdownNow();
			// threads that are about to end would be counted among those at the end
			assertThat(executor.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
		}
	}

	/**
	 * Do one of the things that applications do.
	 * @return whether it was one more transaction
	 */
	private static boolean operate(ActorDataSourceFactory factory, String actor, Random random) throws SQLException {
		int choice = random.nextInt(100);
		if (choice < 4) {
			factory.close(actor);
			return false;
		}
		if (choice < 5) {
			factory.closeForcibly(actor);
			return false;
		}
		try (Connection connection = factory.dataSource(actor).getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE IF NOT EXISTS t(slot INTEGER PRIMARY KEY, n INTEGER, body TEXT)");
			if (choice < 20) {
				number(statement);
				return false;
			}
			if (choice < 22) {
				statement.execute("VACUUM");
				return false;
			}
			connection.setAutoCommit(false);
			int n = number(statement) + 1;
			int bytes = (choice < 25) ? 60_000 : random.nextInt(1_000);
			statement
				.execute("INSERT OR REPLACE INTO t VALUES(" + n % ROWS + ", " + n + ", hex(zeroblob(" + bytes + ")))");
			statement.execute("UPDATE t SET body = 'x' WHERE n = " + (n - 2));
			if (choice < 30) {
				connection.rollback();
				return false;
			}
			connection.commit();
			return true;
		}
	}

	private static int number(Statement statement) throws SQLException {
		try (ResultSet rows = statement.executeQuery("SELECT coalesce(max(n), 0) FROM t")) {
			rows.next();
			return rows.getInt(1);
		}
	}

	/**
	 * Check an actor.
	 * @return how many transactions it has seen
	 */
	private static int check(ActorDataSourceFactory factory, int actor) throws SQLException {
		try (Connection connection = factory.dataSource("actor " + actor).getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE IF NOT EXISTS t(slot INTEGER PRIMARY KEY, n INTEGER, body TEXT)");
			Content.check(connection);
			int number = number(statement);
			try (ResultSet rows = statement
				.executeQuery("SELECT count(*), coalesce(min(n), 1) FROM t WHERE slot = n % " + ROWS)) {
				rows.next();
				assertThat(rows.getInt(1)).as("rows of actor %d", actor).isEqualTo(Math.min(number, ROWS));
				assertThat(rows.getInt(2)).as("oldest row of actor %d", actor)
					.isEqualTo(Math.max(1, number - ROWS + 1));
			}
			return number;
		}
	}

	private void openAndClose(int cycles) throws Exception {
		try (KvStore store = open(this.directory);
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
			cycle(factory, cycles / 5);
			Footprint before = Footprint.of(this.directory);
			cycle(factory, cycles);
			Footprint after = Footprint.of(this.directory);
			after.requireNoMoreThan(before);
			System.out.printf("reliability: open and close: %,d cycles; %s; at the end %s%n", cycles, before, after);
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

	/**
	 * A store of which one operation in a few hundred fails, in one way after the other.
	 */
	private static final class Flaky extends ForwardingKvStore {

		private static final int ONE_IN = 199;

		private final AtomicLong operations = new AtomicLong();

		private final AtomicLong faults = new AtomicLong();

		private volatile boolean healed;

		Flaky(KvStore delegate) {
			super(delegate);
		}

		private boolean fails() {
			if (this.healed || this.operations.incrementAndGet() % ONE_IN != 0) {
				return false;
			}
			this.faults.incrementAndGet();
			return true;
		}

		@Override
		public KvOpening open(String actorId, byte[][] keys) {
			if (fails()) {
				throw new KvUnavailableException("Injected: not opened");
			}
			return super.open(actorId, keys);
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
						if (Flaky.this.faults.get() % 2 == 0) {
							throw new KvUnavailableException("Injected: not written");
						}
						throw new KvIndeterminateException("Injected: not written, but nobody knows");
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
