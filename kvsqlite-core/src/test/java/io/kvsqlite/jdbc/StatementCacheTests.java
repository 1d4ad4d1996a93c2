package io.kvsqlite.jdbc;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteConnection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link StatementCache}, as the users of connections see it.
 */
class StatementCacheTests {

	private static final String SELECT = "SELECT * FROM note WHERE id = ?";

	private final RecordingOwner owner = new RecordingOwner();

	private SQLiteConnection physical;

	private ActorConnections connections;

	@BeforeEach
	void open() throws SQLException {
		this.physical = (SQLiteConnection) DriverManager.getConnection("jdbc:sqlite::memory:");
		this.connections = ActorConnections.of(this.physical, 3);
		try (Statement statement = this.physical.createStatement()) {
			statement.executeUpdate("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)");
			statement.executeUpdate("INSERT INTO note VALUES (1, 'one'), (2, 'two')");
		}
	}

	@AfterEach
	void close() throws SQLException {
		this.physical.close();
	}

	/**
	 * Use a connection, and give it back.
	 */
	private void use(Use use) throws SQLException {
		try (Connection connection = this.connections.handOut(this.owner)) {
			use.on(connection);
		}
	}

	private static void run(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static void select(Connection connection) throws SQLException {
		try (PreparedStatement select = connection.prepareStatement(SELECT)) {
			select.setInt(1, 1);
			try (ResultSet note = select.executeQuery()) {
				assertThat(note.next()).isTrue();
				assertThat(note.getString("body")).isEqualTo("one");
			}
		}
	}

	@Test
	void statementThatWasUsedAndClosedShouldBeKeptForTheNext() throws SQLException {
		use(StatementCacheTests::select);
		assertThat(this.connections.keptStatements()).isEqualTo(1);
		use((connection) -> {
			try (PreparedStatement select = connection.prepareStatement(SELECT)) {
				assertThat(this.connections.keptStatements()).isZero();
				try (PreparedStatement another = connection.prepareStatement(SELECT)) {
					another.setInt(1, 1);
					select.setInt(1, 2);
					try (ResultSet one = another.executeQuery(); ResultSet two = select.executeQuery()) {
						assertThat(one.getString(2)).isEqualTo("one");
						assertThat(two.getString(2)).isEqualTo("two");
					}
				}
			}
		});
		assertThat(this.connections.keptStatements()).isEqualTo(1);
		use(StatementCacheTests::select);
	}

	@Test
	void keptStatementShouldHaveNoParameters() throws SQLException {
		use(StatementCacheTests::select);
		use((connection) -> {
			try (PreparedStatement select = connection.prepareStatement(SELECT);
					ResultSet notes = select.executeQuery()) {
				assertThat(notes.next()).isFalse();
			}
		});
	}

	@Test
	void keptStatementShouldHaveNoTraceOfItsLastUse() throws SQLException {
		use((connection) -> {
			try (PreparedStatement update = connection.prepareStatement("UPDATE note SET body = ?")) {
				update.setString(1, "new");
				assertThat(update.executeUpdate()).isEqualTo(2);
			}
		});
		assertThat(this.connections.keptStatements()).isEqualTo(1);
		use((connection) -> {
			try (PreparedStatement update = connection.prepareStatement("UPDATE note SET body = ?")) {
				assertThat(update.getUpdateCount()).isZero();
				assertThat(update.getMaxRows()).isZero();
				assertThat(update.getResultSet()).isNull();
				assertThat(update.isClosed()).isFalse();
				assertThat(update.isCloseOnCompletion()).isFalse();
			}
		});
	}

	@Test
	void keptStatementShouldKnowItsColumns() throws SQLException {
		use(StatementCacheTests::select);
		assertThat(this.connections.keptStatements()).isEqualTo(1);
		use((connection) -> {
			try (PreparedStatement select = connection.prepareStatement(SELECT)) {
				assertThat(select.getMetaData().getColumnCount()).isEqualTo(2);
				assertThat(select.getMetaData().getColumnName(2)).isEqualTo("body");
				assertThat(select.getMetaData().getTableName(2)).isEqualTo("note");
				select.setInt(1, 1);
				try (ResultSet note = select.executeQuery()) {
					assertThat(note.getMetaData().getColumnLabel(2)).isEqualTo("body");
				}
				assertThat(select.getMetaData().getColumnLabel(1)).isEqualTo("id");
			}
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "ALTER TABLE note ADD author TEXT DEFAULT 'me'",
			"SELECT 1; ALTER TABLE note ADD author TEXT DEFAULT 'me'",
			"BEGIN; ALTER TABLE note ADD author TEXT DEFAULT 'me'; COMMIT" })
	void statementPreparedBeforeAChangeOfTheSchemaShouldSeeIt(String sql) throws SQLException {
		use(StatementCacheTests::select);
		use((connection) -> {
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate(sql);
			}
		});
		assertThat(this.connections.keptStatements()).isZero();
		use((connection) -> {
			try (PreparedStatement select = connection.prepareStatement(SELECT)) {
				assertThat(select.getMetaData().getColumnCount()).isEqualTo(3);
				select.setInt(1, 1);
				try (ResultSet note = select.executeQuery()) {
					assertThat(note.getString("author")).isEqualTo("me");
				}
			}
		});
	}

	@Test
	void statementPreparedAfterAChangeOfTheSchemaShouldNotOutliveItsRollback() throws SQLException {
		use((connection) -> {
			connection.setAutoCommit(false);
			run(connection, "ALTER TABLE note ADD author TEXT DEFAULT 'me'");
			select(connection);
			connection.rollback();
			select(connection);
		});
		assertThat(this.connections.keptStatements()).isZero();
		use((connection) -> {
			try (PreparedStatement select = connection.prepareStatement(SELECT)) {
				assertThat(select.getMetaData().getColumnCount()).isEqualTo(2);
			}
		});
	}

	@Test
	void statementsShouldNotBeKeptOnceTheDriversObjectsAreKnown() throws SQLException {
		use(StatementCacheTests::select);
		use((connection) -> {
			assertThat(connection.unwrap(SQLiteConnection.class)).isSameAs(this.physical);
			select(connection);
		});
		assertThat(this.connections.keptStatements()).isZero();
	}

	@Test
	void statementThatFailedShouldNotBeKept() throws SQLException {
		use((connection) -> {
			try (PreparedStatement insert = connection.prepareStatement("INSERT INTO note VALUES (1, 'again')")) {
				assertThatExceptionOfType(SQLException.class).isThrownBy(insert::executeUpdate);
			}
		});
		assertThat(this.connections.keptStatements()).isZero();
	}

	@Test
	void statementThatWasUsedInAnUncommonWayShouldNotBeKept() throws SQLException {
		for (Uncommon uncommon : new Uncommon[] { (select) -> select.setMaxRows(1),
				(select) -> select.setQueryTimeout(1), (select) -> select.setFetchSize(1), PreparedStatement::execute,
				PreparedStatement::executeQuery, PreparedStatement::addBatch, Statement::getMoreResults,
				Statement::getGeneratedKeys }) {
			use((connection) -> {
				try (PreparedStatement select = connection.prepareStatement(SELECT)) {
					uncommon.on(select);
				}
			});
			assertThat(this.connections.keptStatements()).isZero();
		}
		use((connection) -> {
			try (PreparedStatement insert = connection.prepareStatement("INSERT INTO note (body) VALUES ('x')",
					Statement.RETURN_GENERATED_KEYS)) {
				insert.executeUpdate();
			}
		});
		assertThat(this.connections.keptStatements()).isZero();
	}

	@Test
	void statementLeftOpenShouldBeKeptWithoutItsUser() throws SQLException {
		PreparedStatement[] left = new PreparedStatement[1];
		use((connection) -> {
			left[0] = connection.prepareStatement(SELECT);
			left[0].setInt(1, 1);
		});
		assertThat(this.connections.keptStatements()).isEqualTo(1);
		use((connection) -> {
			try (PreparedStatement select = connection.prepareStatement(SELECT)) {
				select.setInt(1, 2);
				assertThatExceptionOfType(SQLException.class).isThrownBy(() -> left[0].setInt(1, 1));
				assertThatExceptionOfType(SQLException.class).isThrownBy(left[0]::executeQuery);
				left[0].close();
				try (ResultSet note = select.executeQuery()) {
					assertThat(note.getString(2)).isEqualTo("two");
				}
			}
		});
	}

	@Test
	void resultsOfAClosedStatementShouldNotShowThoseOfTheNext() throws SQLException {
		use((connection) -> {
			PreparedStatement select = connection.prepareStatement(SELECT);
			select.setInt(1, 1);
			ResultSet first = select.executeQuery();
			first.close();
			select.close();
			try (PreparedStatement next = connection.prepareStatement(SELECT)) {
				next.setInt(1, 2);
				try (ResultSet second = next.executeQuery()) {
					assertThatExceptionOfType(SQLException.class).isThrownBy(() -> first.getString(2));
					first.close();
					assertThat(second.getString(2)).isEqualTo("two");
				}
			}
		});
	}

	@Test
	void statementClosedByAnotherThreadShouldNotBeKept() throws SQLException {
		use((connection) -> {
			PreparedStatement select = connection.prepareStatement(SELECT);
			inAnotherThread(select::close);
			assertThat(select.isClosed()).isTrue();
		});
		assertThat(this.connections.keptStatements()).isZero();
	}

	@Test
	void statementShouldServeEveryThread() throws SQLException {
		use((connection) -> {
			try (PreparedStatement select = connection.prepareStatement(SELECT)) {
				inAnotherThread(() -> {
					select.setInt(1, 2);
					try (ResultSet note = select.executeQuery()) {
						assertThat(note.getString(2)).isEqualTo("two");
					}
				});
			}
		});
	}

	@Test
	void oldestShouldMakeRoom() throws SQLException {
		for (int i = 1; i <= 4; i++) {
			String sql = "SELECT " + i;
			use((connection) -> connection.prepareStatement(sql).close());
		}
		assertThat(this.connections.keptStatements()).isEqualTo(3);
		use((connection) -> {
			connection.prepareStatement("SELECT 1");
			assertThat(this.connections.keptStatements()).isEqualTo(3);
			connection.prepareStatement("SELECT 4");
			assertThat(this.connections.keptStatements()).isEqualTo(2);
		});
	}

	@Test
	void cacheWithoutRoomShouldKeepNothing() throws SQLException {
		ActorConnections without = ActorConnections.of(this.physical, 0);
		try (Connection connection = without.handOut(this.owner)) {
			select(connection);
		}
		assertThat(without.keptStatements()).isZero();
	}

	@Test
	void trimShouldCloseWhatIsKept() throws SQLException {
		use(StatementCacheTests::select);
		this.connections.trim();
		assertThat(this.connections.keptStatements()).isZero();
		use(StatementCacheTests::select);
	}

	@Test
	void keptStatementShouldNotStandInTheWayOfVacuumAndDrop() throws SQLException {
		use(StatementCacheTests::select);
		use((connection) -> {
			run(connection, "VACUUM");
			run(connection, "DROP TABLE note");
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.prepareStatement(SELECT))
				.withMessageContaining("no such table");
		});
	}

	private static void inAnotherThread(Action action) throws SQLException {
		try {
			CompletableFuture.runAsync(() -> {
				try {
					action.run();
				}
				catch (SQLException ex) {
					throw new CompletionException(ex);
				}
			}).join();
		}
		catch (CompletionException ex) {
			throw new SQLException(ex);
		}
	}

	/**
	 * Uses a connection.
	 */
	private interface Use {

		void on(Connection connection) throws SQLException;

	}

	/**
	 * Does something to a statement that leaves a trace.
	 */
	private interface Uncommon {

		void on(PreparedStatement select) throws SQLException;

	}

	/**
	 * Does something.
	 */
	private interface Action {

		void run() throws SQLException;

	}

}
