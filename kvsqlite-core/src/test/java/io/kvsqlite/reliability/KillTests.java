package io.kvsqlite.reliability;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.rocksdb.RocksDbDirectoryDamagedException;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;
import io.kvsqlite.sqlite.ActorDatabase;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that kill processes which write to RocksDB, and that cut RocksDB's log: whatever
 * was acknowledged is there after a kill, and after a cut as well or the directory is
 * refused; opened all the same, it has some earlier commit of each actor, whole.
 */
@ExtendWith(QuietLog.class)
@Timeout(6 * 3600)
class KillTests {

	private static final int KILLS_LONG = 1000;

	private static final int CUTS_LONG = 500;

	/**
	 * How many processes are let run and killed at a time: they wait more than they work.
	 */
	private static final int AT_A_TIME = 4;

	@TempDir
	private static Path directory;

	private static Victims victims;

	@BeforeAll
	static void prepare() throws Exception {
		victims = new Victims(Files.createDirectory(directory.resolve("shared")));
	}

	@Test
	void killShouldLoseNothing() throws Exception {
		kill(50);
	}

	@Tag("long")
	@Test
	void thousandKillsShouldLoseNothing() throws Exception {
		kill(KILLS_LONG);
	}

	@Test
	void cutLogShouldLeaveWholeTransactions() throws Exception {
		cut(15);
	}

	@Tag("long")
	@Test
	void manyCutLogsShouldLeaveWholeTransactions() throws Exception {
		cut(CUTS_LONG);
	}

	private static void kill(int kills) throws Exception {
		AtomicInteger left = new AtomicInteger(kills);
		List<Home> homes = atOnce("kill-" + kills, (home) -> {
			for (int number = left.getAndDecrement(); number > 0; number = left.getAndDecrement()) {
				home.runAndKill(number);
				home.verify(true);
			}
		});
		long acknowledgements = homes.stream().mapToLong((home) -> home.acknowledgements).sum();
		assertThat(acknowledgements).isGreaterThan(kills);
		System.out.printf("reliability: kills: %,d, acknowledged transactions: %,d, 0 lost%n", kills, acknowledgements);
	}

	private static void cut(int cuts) throws Exception {
		AtomicInteger left = new AtomicInteger(cuts);
		List<Home> homes = atOnce("cut-" + cuts, (home) -> {
			for (int number = left.getAndDecrement(); number > 0; number = left.getAndDecrement()) {
				home.clear();
				home.runAndKill(number);
				home.cutLog();
				home.verifyCut();
			}
		});
		int shortened = homes.stream().mapToInt((home) -> home.shortened).sum();
		assertThat(shortened).as("logs that were cut").isGreaterThan(cuts / 2);
		int refused = homes.stream().mapToInt((home) -> home.refused).sum();
		assertThat(refused).as("directories that were refused").isPositive();
		System.out.printf("reliability: logs of RocksDB cut: %,d, refused: %,d, 0 torn%n", shortened, refused);
	}

	/**
	 * Do something in a few directories at a time.
	 */
	private static List<Home> atOnce(String name, Work work) throws Exception {
		List<Home> homes = new ArrayList<>();
		ExecutorService executor = Executors.newFixedThreadPool(AT_A_TIME);
		try {
			List<Future<?>> running = new ArrayList<>();
			for (int i = 0; i < AT_A_TIME; i++) {
				Home home = new Home(directory.resolve(name + "-" + i), i);
				homes.add(home);
				running.add(executor.submit(() -> {
					work.perform(home);
					return null;
				}));
			}
			for (Future<?> one : running) {
				one.get();
			}
		}
		finally {
			executor.shutdownNow();
		}
		return homes;
	}

	private static boolean tables(Statement statement) throws SQLException {
		try (ResultSet rows = statement.executeQuery("SELECT 1 FROM sqlite_schema")) {
			return rows.next();
		}
	}

	/**
	 * Check that every transaction up to the last is there, and that the last large one
	 * did all it does.
	 */
	private static void requireWhole(Statement statement, int last) throws SQLException {
		if (last == 0) {
			return;
		}
		try (ResultSet rows = statement.executeQuery("SELECT count(DISTINCT n), max(n) FROM t")) {
			rows.next();
			assertThat(rows.getInt(1)).as("transactions").isEqualTo(last);
		}
		int large = last / 7 * 7;
		if (large > 0) {
			try (ResultSet rows = statement.executeQuery("SELECT (SELECT count(*) FROM t WHERE n = " + large
					+ "), (SELECT count(*) FROM t WHERE i > 1 AND n < " + large + ")")) {
				rows.next();
				assertThat(rows.getInt(1)).as("rows of transaction %d", large).isEqualTo(150);
				assertThat(rows.getInt(2)).as("rows that transaction %d deletes", large).isZero();
			}
		}
	}

	private static Path newestLog(Path home) throws IOException {
		try (Stream<Path> files = Files.walk(home)) {
			List<Path> logs = files.filter((file) -> file.getFileName().toString().matches("\\d+\\.log"))
				.sorted(Comparator.comparing((file) -> file.getFileName().toString()))
				.toList();
			return logs.get(logs.size() - 1);
		}
	}

	private static void delete(Path home) throws IOException {
		try (Stream<Path> files = Files.walk(home)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(file);
			}
		}
	}

	/**
	 * What is done in a directory.
	 */
	private interface Work {

		void perform(Home home) throws Exception;

	}

	/**
	 * A directory in which one process after the other writes and is killed, and what
	 * they acknowledged. Used by one thread.
	 */
	private static final class Home {

		private final Path path;

		private final Random random;

		private final int[] acknowledged = new int[Victim.ACTORS];

		private long acknowledgements;

		private int shortened;

		private int refused;

		Home(Path path, int seed) {
			this.path = path;
			this.random = new Random(seed);
		}

		/**
		 * Begin anew.
		 */
		void clear() throws IOException {
			if (Files.exists(this.path)) {
				delete(this.path);
			}
			Arrays.fill(this.acknowledged, 0);
		}

		/**
		 * Let a process write for a while, and kill it.
		 */
		void runAndKill(int number) throws Exception {
			int moment = this.random.nextInt(400);
			Process victim = victims.start(this.path, number);
			try (BufferedReader reader = victim.inputReader()) {
				assertThat(reader.readLine()).as("the process started").isEqualTo("ready");
				Thread killer = new Thread(() -> {
					try {
						Thread.sleep(moment);
					}
					catch (InterruptedException ex) {
						Thread.currentThread().interrupt();
					}
					// through the handle: the process itself would throw away what it has
					// said
					victim.toHandle().destroyForcibly();
				});
				// the kill is to hit a process at work, however slow it starts
				note(reader.readLine());
				killer.start();
				for (String line = reader.readLine(); line != null; line = reader.readLine()) {
					note(line);
				}
				killer.join();
			}
			finally {
				victim.destroyForcibly();
			}
			victim.waitFor();
		}

		/**
		 * Note an acknowledgement, unless the kill has cut the line.
		 */
		private void note(@Nullable String line) {
			assertThat(line).as("an acknowledgement").isNotNull();
			String[] parts = line.split(" ");
			if (parts.length == 3) {
				int actor = Integer.parseInt(parts[0]);
				this.acknowledged[actor] = Math.max(this.acknowledged[actor], Integer.parseInt(parts[1]));
				this.acknowledgements++;
			}
		}

		/**
		 * Cut RocksDB's log somewhere.
		 */
		void cutLog() throws IOException {
			Path log = newestLog(this.path);
			long size = Files.size(log);
			if (size > 0) {
				this.shortened++;
				try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
					channel.truncate(this.random.nextLong(size));
				}
			}
		}

		void verify(boolean complete) throws SQLException {
			verify(Victim.options(this.path), complete);
		}

		/**
		 * Check that everything acknowledged is there, or that its lack is noticed and an
		 * earlier state is whole.
		 */
		void verifyCut() throws SQLException {
			RocksDbOptions options = Victim.options(this.path);
			try {
				verify(options, true);
			}
			catch (RocksDbDirectoryDamagedException ex) {
				this.refused++;
				verify(options.withOpenDamaged(true), false);
			}
		}

		private void verify(RocksDbOptions options, boolean complete) throws SQLException {
			try (KvStore store = new RocksDbKvStore(options)) {
				for (int actor = 0; actor < Victim.ACTORS; actor++) {
					if (store.owner("actor " + actor) == null) {
						assertThat(complete ? this.acknowledged[actor] : 0).as("transactions of actor %d", actor)
							.isZero();
						continue;
					}
					verify(store, actor, complete);
				}
			}
		}

		private void verify(KvStore store, int actor, boolean complete) throws SQLException {
			try (ActorDatabase database = Victim.open(store, actor);
					Statement statement = database.connection().createStatement()) {
				Content.check(database.connection());
				int last = tables(statement) ? Victim.number(statement) : 0;
				if (complete) {
					assertThat(last).as("the last transaction of actor %d", actor)
						.isBetween(this.acknowledged[actor], this.acknowledged[actor] + 1);
					this.acknowledged[actor] = last;
				}
				else {
					assertThat(last).as("the last transaction of actor %d", actor)
						.isLessThanOrEqualTo(this.acknowledged[actor] + 1);
				}
				requireWhole(statement, last);
			}
		}

	}

}
