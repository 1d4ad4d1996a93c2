package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

import com.sun.management.UnixOperatingSystemMXBean;
import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.benchmarks.Workload.Unit;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Durable autocommits by many threads, spread over many actors evenly and unevenly.
 */
final class ManyActors {

	/**
	 * How many actors the target is about. More are measured with a skewed choice only.
	 */
	private static final int TARGET_ACTORS = 1_000;

	private ManyActors() {
	}

	static List<Experiment> all(Scale scale) {
		List<Experiment> workloads = new ArrayList<>();
		for (int actors : scale.actors()) {
			for (int threads : scale.threads()) {
				if (actors <= TARGET_ACTORS) {
					workloads.add(workload(actors, threads, false));
				}
				workloads.add(workload(actors, threads, true));
			}
		}
		return workloads;
	}

	private static Workload workload(int actors, int threads, boolean skewed) {
		boolean target = actors == TARGET_ACTORS && threads == 32 && !skewed;
		Target[] targets = target ? new Target[] {
				Target.speed(
						"durable autocommits, 32 threads over 1,000 actors, RocksDB: at least 2 times"
								+ " one-WAL-file-an-actor with synchronous=FULL",
						Side.KVSQLITE_ROCKSDB, Side.FILE_WAL_FULL.label(), 2),
				Target.speed(
						"durable autocommits, 32 threads over 1,000 actors, RocksDB: at least 0.9 of the bare"
								+ " store's own group commit of the same bytes",
						Side.KVSQLITE_ROCKSDB, BareRocksDb.LABEL, 0.9) }
				: new Target[0];
		return new Workload("commits-%d-%d%s".formatted(actors, threads, skewed ? "-skewed" : ""),
				"Durable autocommits, %,d thread%s over %,d actors%s".formatted(threads, (threads == 1) ? "" : "s",
						actors, skewed ? ", skewed" : ""),
				"Each thread takes an actor at random%s, borrows its connection, inserts a row of 100 bytes and returns it."
					.formatted(skewed ? ", the n-th with a probability in proportion to 1/n^0.99," : "")
						+ " An actor has one writer at a time, on the bare store as well"
						+ (skewed ? ", so a favourite commits no faster than one after the other." : "."),
				Unit.PER_SECOND, (bench, contenders) -> {
					Choice choice = new Choice(actors, skewed ? new Skew(actors) : null);
					KvStore store = new RocksDbKvStore(bench.newDirectory());
					contenders.add(new OnStore(Side.KVSQLITE_ROCKSDB.label(), store, choice, threads));
					new SteadyLogs(bench.scale()).of(store);
					contenders.add(new Bare(bench, choice, threads));
					contenders.add(new Files(bench, choice, threads));
					if (target && bench.servers().available()) {
						contenders.add(new OnStore(Side.KVSQLITE_REDIS.label(),
								bench.servers().redisStore(bench.servers().newName()), choice, threads));
						contenders.add(new OnStore(Side.KVSQLITE_POSTGRESQL.label(),
								bench.servers().postgresStore(bench.servers().newName()), choice, threads));
					}
				}, targets);
	}

	/**
	 * Chooses the actor that is next.
	 *
	 * @param actors how many there are
	 * @param skew how unequal their chances are, {@code null} if they are equal
	 */
	private record Choice(int actors, @Nullable Skew skew) {

		int next(SplittableRandom random) {
			return (this.skew != null) ? this.skew.next(random) : random.nextInt(this.actors);
		}

	}

	/**
	 * A side that is used by many threads at once.
	 */
	private abstract static class Threads extends Contender {

		private final int threads;

		private final ExecutorService executor;

		private final Choice choice;

		Threads(String label, Choice choice, int threads) {
			super(label);
			this.threads = threads;
			this.executor = Executors.newFixedThreadPool(threads);
			this.choice = choice;
		}

		@Override
		int operate() {
			throw new UnsupportedOperationException("Done by many threads");
		}

		@Override
		Sample sample(long millis) throws Exception {
			AtomicLong operations = new AtomicLong();
			UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
			long cpu = system.getProcessCpuTime();
			long start = System.nanoTime();
			List<Future<?>> running = new ArrayList<>();
			for (int i = 0; i < this.threads; i++) {
				int thread = i;
				running.add(this.executor.submit((Callable<?>) () -> {
					SplittableRandom random = new SplittableRandom(start + thread);
					long count = 0;
					do {
						operate(this.choice.next(random), thread);
						count++;
					}
					while (System.nanoTime() - start < millis * 1_000_000);
					operations.addAndGet(count);
					return null;
				}));
			}
			for (Future<?> thread : running) {
				thread.get();
			}
			double cpuMicros = (system.getProcessCpuTime() - cpu) / 1_000.0;
			return new Sample((System.nanoTime() - start) / 1_000.0 / operations.get(), cpuMicros / operations.get(),
					Double.NaN);
		}

		@Override
		void warmUp(long cpuMillis) throws Exception {
			sample(10 * cpuMillis);
		}

		abstract void operate(int actor, int thread) throws Exception;

		@Override
		public void close() throws Exception {
			this.executor.shutdown();
		}

	}

	/**
	 * kvsqlite.
	 */
	private static final class OnStore extends Threads {

		private final KvStore store;

		private final ActorDataSourceFactory factory;

		OnStore(String label, KvStore store, Choice choice, int threads) throws SQLException {
			super(label, choice, threads);
			this.store = store;
			this.factory = ActorDataSourceFactory.builder(this.store).maxOpenActors(choice.actors()).build();
			for (int i = 0; i < choice.actors(); i++) {
				try (Connection connection = connection(i)) {
					Work.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
				}
			}
		}

		private Connection connection(int actor) throws SQLException {
			return this.factory.dataSource("actor" + actor).getConnection();
		}

		@Override
		void operate(int actor, int thread) throws SQLException {
			try (Connection connection = connection(actor)) {
				insert(connection);
			}
		}

		@Override
		public void close() throws Exception {
			super.close();
			this.factory.close();
			this.store.close();
		}

	}

	private static void insert(Connection connection) throws SQLException {
		try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
			insert.setString(1, TEXT);
			insert.executeUpdate();
		}
	}

	private static final String TEXT = "0123456789".repeat(10);

	/**
	 * The same writes to RocksDB with nothing above it.
	 */
	private static final class Bare extends Threads {

		private final BareRocksDb store;

		private final List<RecordedWrites> writes = new ArrayList<>();

		private final ReentrantLock[] writers;

		private final AtomicLong number = new AtomicLong();

		Bare(Bench bench, Choice choice, int threads) throws RocksDBException, SQLException {
			super(BareRocksDb.LABEL, choice, threads);
			this.store = new BareRocksDb(bench, true);
			new SteadyLogs(bench.scale()).of(this.store);
			this.writers = new ReentrantLock[choice.actors()];
			Arrays.setAll(this.writers, (actor) -> new ReentrantLock());
			RecordedWrites recorded = RecordedWrites.of(new WriteWorkloads.Inserts());
			for (int i = 0; i < threads; i++) {
				this.writes.add(recorded.copy());
			}
		}

		@Override
		void operate(int actor, int thread) throws RocksDBException {
			this.writers[actor].lock();
			try {
				this.store.write("actor" + actor, this.writes.get(thread).next(), this.number.incrementAndGet());
			}
			finally {
				this.writers[actor].unlock();
			}
		}

		@Override
		public void close() throws Exception {
			super.close();
			this.store.close();
		}

	}

	/**
	 * A file for each actor, with a connection that stays open, as many as the process
	 * may have files.
	 */
	private static final class Files extends Threads {

		/**
		 * The file, its log and the log's index.
		 */
		private static final int FILES_AN_ACTOR = 3;

		private static final int FILES_FOR_OTHERS = 1_000;

		private final Path directory;

		private final Slot[] slots;

		private final int mostOpen;

		private final AtomicInteger open = new AtomicInteger();

		private final AtomicInteger hand = new AtomicInteger();

		Files(Bench bench, Choice choice, int threads) throws SQLException {
			super(Side.FILE_WAL_FULL.label(), choice, threads);
			this.directory = bench.newDirectory();
			UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
			this.mostOpen = (int) Math.max(threads + 1, Math.min(Integer.MAX_VALUE,
					(system.getMaxFileDescriptorCount() - FILES_FOR_OTHERS) / FILES_AN_ACTOR));
			this.slots = new Slot[choice.actors()];
			SteadyLogs logs = new SteadyLogs(bench.scale());
			for (int i = 0; i < choice.actors(); i++) {
				this.slots[i] = new Slot();
				Connection connection = connect(i);
				Work.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
				if (i < this.mostOpen) {
					logs.ofOneWalOf(choice.actors(), connection);
					this.slots[i].connection = connection;
					this.open.incrementAndGet();
				}
				else {
					connection.close();
				}
			}
		}

		private Connection connect(int actor) throws SQLException {
			return Side.FILE_WAL_FULL.connect(this.directory, "actor" + actor);
		}

		@Override
		void operate(int actor, int thread) throws SQLException {
			Slot slot = this.slots[actor];
			slot.lock.lock();
			try {
				Connection connection = slot.connection;
				if (connection == null) {
					makeRoom();
					connection = connect(actor);
					slot.connection = connection;
				}
				insert(connection);
			}
			finally {
				slot.lock.unlock();
			}
		}

		private void makeRoom() throws SQLException {
			this.open.incrementAndGet();
			while (this.open.get() > this.mostOpen) {
				Slot victim = this.slots[Math.floorMod(this.hand.getAndIncrement(), this.slots.length)];
				if (victim.lock.tryLock()) {
					try {
						if (victim.connection != null) {
							victim.connection.close();
							victim.connection = null;
							this.open.decrementAndGet();
						}
					}
					finally {
						victim.lock.unlock();
					}
				}
			}
		}

		@Override
		public void close() throws Exception {
			super.close();
			for (Slot slot : this.slots) {
				if (slot != null && slot.connection != null) {
					slot.connection.close();
				}
			}
			Directories.delete(this.directory);
		}

	}

	/**
	 * The connection of one file.
	 */
	private static final class Slot {

		private final ReentrantLock lock = new ReentrantLock();

		private @Nullable Connection connection;

	}

}
