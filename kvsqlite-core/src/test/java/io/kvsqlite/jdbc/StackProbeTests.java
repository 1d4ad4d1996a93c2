package io.kvsqlite.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.MemoryKvStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link StackProbe}, on threads whose stacks are known.
 */
class StackProbeTests {

	/**
	 * More than twice what any other thread has, so that the C library has no larger
	 * stack of another at hand: what is measured is a share of it.
	 */
	private static final int STACK = 20 << 20;

	@Test
	void executionShouldFailWhereLessIsLeftThanItAsksFor() throws InterruptedException {
		Recursion recursion = new Recursion(StackProbe::execution);
		recursion.run();
		assertThat(recursion.left()).isGreaterThan(StackProbe.EXECUTION / 2);
		assertThat(recursion.left()).isLessThan(8 * StackProbe.EXECUTION);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 100 })
	void preparationOfOrdinarySqlShouldAskForTheMedium(int length) throws InterruptedException {
		Recursion recursion = new Recursion(() -> StackProbe.preparation(length));
		recursion.run();
		assertThat(recursion.left()).isBetween(StackProbe.MEDIUM / 2, 4 * StackProbe.MEDIUM);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1_000, 100_000_000 })
	void preparationOfLongSqlShouldAskForTheMost(int length) throws InterruptedException {
		Recursion recursion = new Recursion(() -> StackProbe.preparation(length));
		recursion.run();
		assertThat(recursion.left()).isGreaterThan(StackProbe.LARGEST / 2);
	}

	/**
	 * Where the stack ends within SQLite's code, the process does. How large a thread's
	 * stack is cannot be said exactly: the C library may give it a larger one of a thread
	 * that has ended. So this goes down until the statement does not fit any more.
	 */
	@Test
	void statementThatIsTooDeepForTheStackShouldLeaveTheConnectionAsItIs() throws Exception {
		try (MemoryKvStore store = new MemoryKvStore();
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
				Connection connection = factory.dataSource("a").getConnection()) {
			boolean[] tried = new boolean[1];
			assertThat(onStackOf(1 << 20, () -> prepareDeeperAndDeeper(connection, 0, tried))).isNull();
			assertThat(tried).containsExactly(true);
			try (PreparedStatement statement = connection.prepareStatement(deep(-1));
					ResultSet rows = statement.executeQuery()) {
				assertThat(rows.next()).isTrue();
				assertThat(rows.getInt(1)).isEqualTo(1);
			}
		}
	}

	/**
	 * Return an expression that is like no other, as deep as fits in what is made sure of
	 * with every SQLite that is tried: the next version takes more for each level.
	 */
	private static String deep(int number) {
		return "SELECT " + "-(".repeat(700) + "1" + ")".repeat(700) + " AS \"%d\"".formatted(number);
	}

	private static void prepareDeeperAndDeeper(Connection connection, int depth, boolean[] tried) throws Exception {
		if (depth % 64 == 0) {
			try {
				connection.prepareStatement(deep(depth)).close();
			}
			catch (StackOverflowError ex) {
				tried[0] = true;
			}
		}
		if (!tried[0]) {
			prepareDeeperAndDeeper(connection, depth + 1, tried);
			return;
		}
		String deep = deep(depth);
		assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> connection.prepareStatement(deep));
		try (Statement statement = connection.createStatement()) {
			assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> statement.execute(deep));
			assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> statement.addBatch(deep));
			assertThat(statement.execute("CREATE TABLE t(a)")).isFalse();
		}
	}

	@Test
	void recursionThatEndsInTheStackShouldLeaveAConnectionThatServes() throws Exception {
		try (MemoryKvStore store = new MemoryKvStore();
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
				Connection connection = factory.dataSource("a").getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE t(id INTEGER PRIMARY KEY)");
			int[] acknowledged = new int[1];
			for (int i = 0; i < 8; i++) {
				Throwable thrown = onStackOf((400 << 10) + i * 1_711, () -> insert(connection, acknowledged));
				assertThat(thrown).isInstanceOf(StackOverflowError.class);
				try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
					assertThat(rows.next()).isTrue();
					assertThat(rows.getInt(1)).isEqualTo(acknowledged[0]);
				}
			}
		}
	}

	private static void insert(Connection connection, int[] acknowledged) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement("INSERT INTO t DEFAULT VALUES")) {
			statement.executeUpdate();
			acknowledged[0]++;
		}
		if (acknowledged[0] < Integer.MAX_VALUE) {
			insert(connection, acknowledged);
		}
	}

	@Test
	void patternThatTakesMoreStackThanThereIsShouldBeRefused() throws Exception {
		try (MemoryKvStore store = new MemoryKvStore();
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
				Connection connection = factory.dataSource("a").getConnection();
				Statement statement = connection.createStatement()) {
			String most = "%a".repeat(2_500);
			try (ResultSet rows = statement.executeQuery("SELECT '%s' LIKE '%s'".formatted("a".repeat(2_500), most))) {
				assertThat(rows.next()).isTrue();
				assertThat(rows.getBoolean(1)).isTrue();
			}
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.executeQuery("SELECT 'a' LIKE '%sa'".formatted(most)).next())
				.withMessageContaining("LIKE or GLOB pattern too complex");
		}
	}

	private static @Nullable Throwable onStackOf(int bytes, Work work) throws InterruptedException {
		Throwable[] thrown = new Throwable[1];
		Thread thread = new Thread(null, () -> {
			try {
				work.run();
			}
			catch (Throwable ex) {
				thrown[0] = ex;
			}
		}, "small stack", bytes);
		thread.start();
		thread.join();
		return thrown[0];
	}

	/**
	 * Goes down to the end of the stack, and looks where the probe fails first.
	 */
	private static final class Recursion {

		private final Runnable probe;

		private int depth;

		private int failed;

		Recursion(Runnable probe) {
			this.probe = probe;
		}

		void run() throws InterruptedException {
			// the classes and methods of the probe are there before the stack is short
			this.probe.run();
			assertThat(onStackOf(STACK, this::down)).isInstanceOf(StackOverflowError.class);
			assertThat(this.failed).isPositive();
		}

		private void down() {
			this.depth++;
			if (this.failed == 0) {
				try {
					this.probe.run();
				}
				catch (StackOverflowError ex) {
					this.failed = this.depth;
				}
			}
			if (this.depth < Integer.MAX_VALUE) {
				down();
			}
		}

		/**
		 * Return how much was left where the probe failed, by the number of levels.
		 */
		int left() {
			return (int) ((long) STACK * (this.depth - this.failed) / this.depth);
		}

	}

	@FunctionalInterface
	private interface Work {

		void run() throws Exception;

	}

}
