package io.kvsqlite;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ActorInitializer}: what holds of each, whatever it does.
 */
class ActorInitializerTests {

	private final MemoryKvStore store = new MemoryKvStore();

	private void application(String... sql) throws SQLException {
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.store).build();
				Connection connection = factory.dataSource("a").getConnection()) {
			execute(connection, sql);
		}
	}

	private static void execute(Connection connection, String... sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			for (String text : sql) {
				statement.execute(text);
			}
		}
	}

	private List<String> tables() throws SQLException {
		return query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1");
	}

	private List<String> query(String sql) throws SQLException {
		List<String> rows = new ArrayList<>();
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.store).build();
				Connection connection = factory.dataSource("a").getConnection();
				Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery(sql)) {
			while (result.next()) {
				rows.add(result.getString(1));
			}
		}
		return rows;
	}

	private void open(ActorInitializer... initializers) throws SQLException {
		open("PRAGMA foreign_keys", "1", initializers);
	}

	private void open(String question, String answer, ActorInitializer... initializers) throws SQLException {
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.store)
			.pragma("foreign_keys", "on")
			.initializers(List.of(initializers))
			.build();
				Connection connection = factory.dataSource("a").getConnection();
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(question)) {
			rows.next();
			assertThat(rows.getString(1)).isEqualTo(answer);
		}
	}

	private void openShouldFail(String message, ActorInitializer... initializers) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> open(initializers))
			.withMessageContaining("'a'")
			.withStackTraceContaining(message);
	}

	@Test
	void failureHalfWayShouldLeaveNothingAndTheNextOpenShouldTryAgain() throws SQLException {
		ActorInitializer first = (actorId, connection) -> execute(connection, "CREATE TABLE IF NOT EXISTS first (x)");
		openShouldFail("nowhere", first, (actorId, connection) -> execute(connection, "CREATE TABLE half (x)",
				"INSERT INTO half VALUES (1)", "INSERT INTO nowhere VALUES (1)"));
		assertThat(tables()).containsExactly("first");
		open(first, (actorId, connection) -> execute(connection, "CREATE TABLE half (x)"));
		assertThat(tables()).containsExactly("first", "half");
	}

	@Test
	void failureAfterACommitOfItsOwnShouldLeaveNothing() throws SQLException {
		openShouldFail("not today", (actorId, connection) -> {
			connection.setAutoCommit(false);
			execute(connection, "CREATE TABLE half (x)");
			connection.commit();
			connection.setAutoCommit(true);
			execute(connection, "CREATE TABLE other (x)");
			throw new IllegalStateException("not today");
		});
		assertThat(tables()).isEmpty();
	}

	@Test
	void errorShouldLeaveNothing() throws SQLException {
		assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> open((actorId, connection) -> {
			execute(connection, "CREATE TABLE half (x)");
			throw new StackOverflowError("simulated");
		}));
		assertThat(tables()).isEmpty();
	}

	@Test
	void rollbackShouldUndoWhatFollowsTheLastCommitAndNoMore() throws SQLException {
		open((actorId, connection) -> {
			assertThat(connection.getAutoCommit()).isTrue();
			connection.setAutoCommit(false);
			assertThat(connection.getAutoCommit()).isFalse();
			execute(connection, "CREATE TABLE kept (x)");
			connection.commit();
			execute(connection, "CREATE TABLE undone (x)");
			connection.rollback();
			execute(connection, "CREATE TABLE later (x)");
			connection.close();
		});
		assertThat(tables()).containsExactly("kept", "later");
	}

	@ParameterizedTest
	@ValueSource(strings = { "COMMIT", "ROLLBACK", "END" })
	void endOfTheTransactionBySqlShouldFailTheInitializer(String end) throws SQLException {
		openShouldFail("isTransactional() returns false",
				(actorId, connection) -> execute(connection, "CREATE TABLE IF NOT EXISTS t (x)", end));
		openShouldFail("isTransactional() returns false",
				(actorId, connection) -> execute(connection, "CREATE TABLE IF NOT EXISTS t (x)", end, "BEGIN"));
	}

	@Test
	void rollbackByAStatementThatFailedShouldFailTheInitializer() throws SQLException {
		openShouldFail("isTransactional() returns false", (actorId, connection) -> {
			execute(connection, "CREATE TABLE t (x UNIQUE)", "INSERT INTO t VALUES (1)");
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> execute(connection, "INSERT OR ROLLBACK INTO t VALUES (1)"));
		});
		assertThat(tables()).isEmpty();
	}

	@Test
	void foreignKeysShouldNotBeSwitchedWhereThatHasNoEffect() throws SQLException {
		application("CREATE TABLE item (id INTEGER PRIMARY KEY)",
				"CREATE TABLE part (item REFERENCES item ON DELETE CASCADE)", "INSERT INTO item VALUES (1)",
				"INSERT INTO part VALUES (1)");
		String[] rebuild = { "PRAGMA foreign_keys=OFF", "CREATE TABLE item2 (id INTEGER PRIMARY KEY, name)",
				"INSERT INTO item2 SELECT id, 'x' FROM item", "DROP TABLE item", "ALTER TABLE item2 RENAME TO item" };
		openShouldFail("PRAGMA foreign_keys is refused", (actorId, connection) -> execute(connection, rebuild));
		assertThat(query("SELECT count(*) FROM part")).containsExactly("1");
		open("PRAGMA foreign_keys", "1", new NonTransactional(rebuild));
		assertThat(query("SELECT name FROM item")).containsExactly("x");
		assertThat(query("SELECT count(*) FROM part")).containsExactly("1");
	}

	@Test
	void foreignKeyThatFailsAtTheEndShouldLeaveNothing() throws SQLException {
		openShouldFail("FOREIGN KEY",
				(actorId, connection) -> execute(connection, "CREATE TABLE item (id INTEGER PRIMARY KEY)",
						"CREATE TABLE part (item REFERENCES item DEFERRABLE INITIALLY DEFERRED)",
						"INSERT INTO part VALUES (1)"));
		assertThat(tables()).isEmpty();
	}

	@Test
	void initializerOutsideOfATransactionShouldKeepWhatItCommitted() throws SQLException {
		openShouldFail("nowhere",
				new NonTransactional("CREATE TABLE done (x)", "VACUUM", "INSERT INTO nowhere VALUES (1)"));
		assertThat(tables()).containsExactly("done");
	}

	@Test
	void whatAnInitializerLeavesOnItsConnectionShouldNotReachTheApplication() throws SQLException {
		ActorInitializer leaving = new NonTransactional("PRAGMA foreign_keys=OFF", "CREATE TEMP TABLE left_over (x)",
				"CREATE TABLE IF NOT EXISTS t (x)", "INSERT INTO t VALUES (1)", "ATTACH ':memory:' AS other");
		open("PRAGMA foreign_keys", "1", leaving);
		open("SELECT count(*) FROM sqlite_temp_schema", "0", leaving);
		open("SELECT count(*) FROM pragma_database_list WHERE name = 'other'", "0", leaving);
	}

	/**
	 * Runs SQL outside of a transaction.
	 */
	private static final class NonTransactional implements ActorInitializer {

		private final String[] sql;

		NonTransactional(String... sql) {
			this.sql = sql;
		}

		@Override
		public void initialize(String actorId, Connection connection) throws SQLException {
			execute(connection, this.sql);
		}

		@Override
		public boolean isTransactional() {
			return false;
		}

	}

}
