package io.kvsqlite.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the life of the connections of {@link ActorConnections}.
 */
@Timeout(300)
class ActorConnectionsTests {

	private static final String ENDLESS = """
			WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers)
			SELECT count(*) FROM numbers""";

	private final RecordingOwner owner = new RecordingOwner();

	private SQLiteConnection physical;

	private ActorConnections connections;

	@BeforeEach
	void open() throws SQLException {
		this.physical = (SQLiteConnection) DriverManager.getConnection("jdbc:sqlite::memory:");
		this.connections = ActorConnections.of(this.physical, 8);
		try (Statement statement = this.physical.createStatement()) {
			statement.executeUpdate("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL)");
			statement.executeUpdate("INSERT INTO note VALUES (1, 'one'), (2, 'two'), (3, 'three')");
		}
	}

	@AfterEach
	void close() throws SQLException {
		this.physical.close();
	}

	private Connection connect() {
		return this.connections.handOut(this.owner);
	}

	private int notes() throws SQLException {
		try (Statement statement = this.physical.createStatement();
				ResultSet results = statement.executeQuery("SELECT count(*) FROM note")) {
			results.next();
			return results.getInt(1);
		}
	}

	/**
	 * Assert that the physical connection came back once, as it was lent.
	 */
	private void assertRestored() throws SQLException {
		assertThat(this.owner.returns()).containsExactly(true);
		assertThat(this.physical.isClosed()).isFalse();
		assertThat(this.physical.getAutoCommit()).isTrue();
		try (Statement statement = this.physical.createStatement()) {
			// fails inside a transaction
			statement.executeUpdate("BEGIN");
			statement.executeUpdate("INSERT INTO note VALUES (1000, 'written')");
			statement.executeUpdate("ROLLBACK");
		}
	}

	/**
	 * A transaction in the middle, with a statement that has rows left.
	 */
	@Test
	void closeOutOfScopeShouldRollBackAndRestore() throws SQLException {
		AtomicReference<String> refusal = new AtomicReference<>();
		Connection connection = connect();
		ActorConnections.limit(connection, refusal::get);
		connection.setAutoCommit(false);
		Statement statement = connection.createStatement();
		statement.executeUpdate("DELETE FROM note WHERE id = 1");
		ResultSet results = statement.executeQuery("SELECT body FROM note");
		assertThat(results.next()).isTrue();
		refusal.set("not here");
		assertThatExceptionOfType(SQLException.class).isThrownBy(results::next)
			.withMessage("not here")
			.returns("28000", SQLException::getSQLState);
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> results.getString(1)).withMessage("not here");
		assertThatExceptionOfType(SQLException.class).isThrownBy(connection::commit).withMessage("not here");
		results.close();
		statement.close();
		connection.close();
		assertThat(notes()).isEqualTo(3);
		assertRestored();
		assertThat(this.owner.failures()).isEmpty();
	}

	/**
	 * The statement that begins the next transaction is longer than SQLite takes, and
	 * that which ends one is not. What ran on the connection then would commit by itself.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void endOfATransactionShouldStandWhenTheNextCannotBegin(boolean commit) throws SQLException {
		this.physical.getConnectionConfig().setTransactionMode(SQLiteConfig.TransactionMode.EXCLUSIVE);
		try (Connection connection = connect()) {
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate("DELETE FROM note WHERE id = 1");
			}
			this.physical.setLimit(SQLiteLimits.SQLITE_LIMIT_SQL_LENGTH, 9);
			assertThat(this.owner.isGivenUp()).isFalse();
			if (commit) {
				connection.commit();
			}
			else {
				connection.rollback();
			}
			assertThat(this.owner.isGivenUp()).isTrue();
			this.physical.setLimit(SQLiteLimits.SQLITE_LIMIT_SQL_LENGTH, 1_000_000);
		}
		assertThat(notes()).isEqualTo(commit ? 2 : 3);
	}

	/**
	 * A failure that SQLite did not hear of is found after each call, whatever it is for.
	 */
	@Test
	void everyCallForATransactionShouldBeFollowedByALookAtWhatCameUp() throws SQLException {
		try (Connection connection = connect()) {
			assertLooks(() -> connection.setAutoCommit(false));
			Savepoint[] savepoints = new Savepoint[2];
			assertLooks(() -> savepoints[0] = connection.setSavepoint());
			assertLooks(() -> savepoints[1] = connection.setSavepoint("named"));
			assertLooks(() -> connection.rollback(savepoints[1]));
			assertLooks(() -> connection.releaseSavepoint(savepoints[0]));
			assertLooks(connection::commit);
			assertLooks(connection::rollback);
			assertLooks(() -> connection.setReadOnly(true));
			assertLooks(() -> connection.setReadOnly(false));
			assertLooks(() -> connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE));
			assertLooks(() -> connection.setAutoCommit(true));
			assertLooks(() -> connection.isValid(1));
			assertLooks(() -> connection.createStatement().close());
			assertLooks(() -> connection.prepareStatement("SELECT 1").close());
			assertLooks(connection::close);
		}
	}

	private void assertLooks(Call call) throws SQLException {
		int before = this.owner.settled();
		call.run();
		assertThat(this.owner.settled()).isGreaterThan(before);
	}

	@FunctionalInterface
	private interface Call {

		void run() throws SQLException;

	}

	@Test
	void commitThatFailsShouldLeaveTheTransactionOpen() throws SQLException {
		try (Statement statement = this.physical.createStatement()) {
			statement.executeUpdate("PRAGMA foreign_keys = ON");
			statement.executeUpdate("CREATE TABLE line (note INTEGER REFERENCES note DEFERRABLE INITIALLY DEFERRED)");
		}
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.executeUpdate("INSERT INTO line VALUES (4)");
			assertThatExceptionOfType(SQLException.class).isThrownBy(connection::commit)
				.withMessageContaining("FOREIGN KEY constraint failed");
			statement.executeUpdate("INSERT INTO note VALUES (4, 'four')");
			connection.commit();
			statement.executeUpdate("DELETE FROM note WHERE id = 1");
			connection.rollback();
		}
		assertThat(notes()).isEqualTo(4);
	}

	@Test
	void rollbackOutOfScopeShouldUndoWhatWasDone() throws SQLException {
		AtomicReference<String> refusal = new AtomicReference<>();
		try (Connection connection = connect()) {
			ActorConnections.limit(connection, refusal::get);
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate("DELETE FROM note WHERE id = 1");
				Savepoint savepoint = connection.setSavepoint();
				statement.executeUpdate("DELETE FROM note WHERE id = 2");
				refusal.set("not here");
				connection.rollback(savepoint);
				refusal.set(null);
				connection.commit();
				statement.executeUpdate("DELETE FROM note WHERE id = 3");
				refusal.set("not here");
				connection.rollback();
				refusal.set(null);
				connection.setAutoCommit(true);
			}
		}
		assertThat(notes()).isEqualTo(2);
		assertRestored();
	}

	@Test
	void queryShouldReturnRows() throws SQLException {
		try (Connection connection = connect();
				PreparedStatement statement = connection.prepareStatement("SELECT body FROM note WHERE id = ?")) {
			for (int id = 1; id <= 2; id++) {
				statement.setInt(1, id);
				try (ResultSet results = statement.executeQuery()) {
					assertThat(results.next()).isTrue();
					assertThat(results.getString("body")).isEqualTo((id == 1) ? "one" : "two");
					assertThat(results.getMetaData().getColumnLabel(1)).isEqualTo("body");
					assertThat(results.next()).isFalse();
				}
			}
		}
		assertRestored();
	}

	@Test
	void closeShouldBeIdempotent() throws SQLException {
		Connection connection = connect();
		connection.close();
		connection.close();
		connection.abort(Runnable::run);
		assertThat(connection.isClosed()).isTrue();
		assertThat(connection.isValid(1)).isFalse();
		assertRestored();
	}

	@Test
	void closeWhenNothingWasLeftOpenShouldRunNoSql() throws SQLException {
		AtomicInteger transactions = new AtomicInteger();
		Connection connection = connect();
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate("INSERT INTO note VALUES (4, 'four')");
		}
		// a deferred BEGIN or a ROLLBACK of ours would be heard here
		this.physical.addCommitListener(new org.sqlite.SQLiteCommitListener() {

			@Override
			public void onCommit() {
				transactions.incrementAndGet();
			}

			@Override
			public void onRollback() {
				transactions.incrementAndGet();
			}

		});
		connection.close();
		assertThat(transactions).hasValue(0);
		assertRestored();
	}

	@Test
	void closeWhenTransactionIsOpenShouldRollBack() throws SQLException {
		Connection connection = connect();
		connection.setAutoCommit(false);
		connection.createStatement().executeUpdate("INSERT INTO note VALUES (4, 'four')");
		connection.close();
		assertThat(notes()).isEqualTo(3);
		assertRestored();
	}

	@Test
	void closeAfterCommitShouldKeepWhatWasCommitted() throws SQLException {
		Connection connection = connect();
		connection.setAutoCommit(false);
		connection.createStatement().executeUpdate("INSERT INTO note VALUES (4, 'four')");
		connection.commit();
		connection.createStatement().executeUpdate("INSERT INTO note VALUES (5, 'five')");
		connection.close();
		assertThat(notes()).isEqualTo(4);
		assertRestored();
	}

	@Test
	void closeWhenSqlBeganTransactionShouldRollBack() throws SQLException {
		for (String begin : List.of("BEGIN", "begin immediate", " /* c */ BEGIN EXCLUSIVE;", "SAVEPOINT s",
				"SELECT 1; BEGIN", "\uFEFFBEGIN", "-- c\nSAVEPOINT s")) {
			this.owner.returns().clear();
			Connection connection = connect();
			Statement statement = connection.createStatement();
			statement.executeUpdate(begin);
			statement.executeUpdate("INSERT INTO note VALUES (4, 'four')");
			connection.close();
			assertThat(notes()).as(begin).isEqualTo(3);
			assertRestored();
		}
	}

	@Test
	void closeWhenPreparedOrBatchedSqlBeganTransactionShouldRollBack() throws SQLException {
		Connection connection = connect();
		connection.prepareStatement("BEGIN").execute();
		connection.createStatement().executeUpdate("INSERT INTO note VALUES (4, 'four')");
		connection.close();
		assertThat(notes()).isEqualTo(3);
		assertRestored();
		this.owner.returns().clear();
		connection = connect();
		Statement batch = connection.createStatement();
		batch.addBatch("SAVEPOINT s");
		batch.addBatch("INSERT INTO note VALUES (4, 'four')");
		assertThat(batch.executeBatch()).hasSize(2);
		connection.close();
		assertThat(notes()).isEqualTo(3);
		assertRestored();
	}

	@Test
	void closeWhenSqlEndedItsTransactionShouldKeepIt() throws SQLException {
		Connection connection = connect();
		connection.createStatement().executeUpdate("BEGIN; INSERT INTO note VALUES (4, 'four'); COMMIT");
		connection.close();
		assertThat(notes()).isEqualTo(4);
		assertRestored();
	}

	@Test
	void closeAfterSavepointShouldRollBack() throws SQLException {
		Connection connection = connect();
		Savepoint savepoint = connection.setSavepoint("here");
		connection.createStatement().executeUpdate("INSERT INTO note VALUES (4, 'four')");
		connection.close();
		assertThat(savepoint.getSavepointName()).isEqualTo("here");
		assertThat(notes()).isEqualTo(3);
		assertRestored();
	}

	@Test
	void closeAfterFailedSetAutoCommitShouldRollBack() throws SQLException {
		try (Statement statement = this.physical.createStatement()) {
			statement.executeUpdate("PRAGMA foreign_keys = ON");
			statement
				.executeUpdate("CREATE TABLE tag (note INTEGER REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)");
		}
		Connection connection = connect();
		connection.setAutoCommit(false);
		connection.createStatement().executeUpdate("INSERT INTO tag VALUES (99)");
		// sqlite-jdbc believes to be in auto-commit mode after this, and SQLite is not
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.setAutoCommit(true))
			.withMessageContaining("FOREIGN KEY");
		assertThat(connection.getAutoCommit()).isTrue();
		connection.close();
		assertRestored();
	}

	@Test
	void closeWhenSqliteRolledBackItselfShouldRestore() throws SQLException {
		Connection connection = connect();
		connection.setAutoCommit(false);
		Statement statement = connection.createStatement();
		assertThatExceptionOfType(SQLException.class)
			.isThrownBy(() -> statement.executeUpdate("INSERT OR ROLLBACK INTO note VALUES (1, 'again')"));
		connection.close();
		assertRestored();
	}

	@Test
	void closeShouldResetIsolationAndReadOnly() throws SQLException {
		Connection connection = connect();
		connection.setTransactionIsolation(Connection.TRANSACTION_READ_UNCOMMITTED);
		connection.setReadOnly(true);
		connection.close();
		assertThat(this.physical.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
		assertThat(pragma("read_uncommitted")).isZero();
		assertThat(pragma("query_only")).isZero();
		assertRestored();
	}

	private int pragma(String name) throws SQLException {
		try (Statement statement = this.physical.createStatement();
				ResultSet results = statement.executeQuery("PRAGMA " + name)) {
			results.next();
			return results.getInt(1);
		}
	}

	@Test
	void setReadOnlyShouldRefuseWritesUntilReset() throws SQLException {
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			assertThat(connection.isReadOnly()).isFalse();
			connection.setReadOnly(true);
			assertThat(connection.isReadOnly()).isTrue();
			assertThat(connection.getMetaData().isReadOnly()).isTrue();
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.executeUpdate("INSERT INTO note VALUES (4, 'four')"))
				.withMessageContaining("readonly");
			connection.setReadOnly(false);
			assertThat(statement.executeUpdate("INSERT INTO note VALUES (4, 'four')")).isOne();
		}
		assertRestored();
	}

	@Test
	void closeAfterUnwrapShouldReturnTheConnectionAsOneToBeClosed() throws SQLException {
		List<Unwrapping> unwrappings = List.of((connection) -> connection.unwrap(SQLiteConnection.class),
				(connection) -> connection.createStatement().unwrap(org.sqlite.jdbc4.JDBC4Statement.class),
				(connection) -> connection.prepareStatement("SELECT 1")
					.unwrap(org.sqlite.jdbc4.JDBC4PreparedStatement.class),
				(connection) -> connection.createStatement()
					.executeQuery("SELECT 1")
					.unwrap(org.sqlite.jdbc4.JDBC4ResultSet.class),
				(connection) -> connection.getMetaData().unwrap(org.sqlite.jdbc4.JDBC4DatabaseMetaData.class));
		for (Unwrapping unwrapping : unwrappings) {
			this.owner.returns().clear();
			Connection connection = connect();
			assertThat(unwrapping.from(connection)).isNotNull();
			assertThat(this.physical.getConnectionConfig().isGetGeneratedKeys()).isTrue();
			connection.close();
			assertThat(this.owner.returns()).containsExactly(false);
			this.physical.getConnectionConfig().setGetGeneratedKeys(false);
		}
	}

	@Test
	void closeAfterUnwrapShouldRunNoMoreSql() throws SQLException {
		Connection connection = connect();
		connection.setAutoCommit(false);
		connection.createStatement().executeUpdate("INSERT INTO note VALUES (4, 'four')");
		AtomicInteger calls = new AtomicInteger();
		org.sqlite.ProgressHandler.setHandler(connection.unwrap(SQLiteConnection.class), 1,
				new org.sqlite.ProgressHandler() {

					@Override
					protected int progress() {
						calls.incrementAndGet();
						return 1;
					}

				});
		connection.close();
		assertThat(calls).hasValue(0);
		assertThat(this.owner.returns()).containsExactly(false);
	}

	@Test
	void closeShouldCloseStatementsAndResultSets() throws SQLException {
		Connection connection = connect();
		Statement statement = connection.createStatement();
		ResultSet results = statement.executeQuery("SELECT * FROM note");
		PreparedStatement prepared = connection.prepareStatement("SELECT * FROM note");
		ResultSet preparedResults = prepared.executeQuery();
		ResultSet tables = connection.getMetaData().getTables(null, null, "%", null);
		Statement physicalStatement = statement.unwrap(org.sqlite.jdbc4.JDBC4Statement.class);
		Statement physicalPrepared = prepared.unwrap(org.sqlite.jdbc4.JDBC4PreparedStatement.class);
		connection.close();
		assertThat(statement.isClosed()).isTrue();
		assertThat(results.isClosed()).isTrue();
		assertThat(prepared.isClosed()).isTrue();
		assertThat(preparedResults.isClosed()).isTrue();
		assertThat(tables.isClosed()).isTrue();
		assertThat(physicalStatement.isClosed()).isTrue();
		assertThat(physicalPrepared.isClosed()).isTrue();
		// closing them late is harmless
		results.close();
		statement.close();
		prepared.close();
		tables.close();
		assertThat(this.owner.returns()).containsExactly(false);
	}

	@Test
	void savepointsAndTypesOfAConnectionShouldBeItsOwn() throws SQLException {
		for (int round = 0; round < 2; round++) {
			try (Connection connection = connect()) {
				assertThat(connection.getTypeMap()).isEmpty();
				connection.getTypeMap().put("left", String.class);
				connection.setTypeMap(java.util.Map.of("set", String.class));
				assertThat(connection.getTypeMap()).containsOnlyKeys("set");
				Savepoint first = connection.setSavepoint();
				assertThat(first.getSavepointId()).isOne();
				assertThat(first.getSavepointName()).isEqualTo("SQLITE_SAVEPOINT_1");
				Savepoint second = connection.setSavepoint("second");
				assertThat(second.getSavepointId()).isEqualTo(2);
				connection.createStatement().executeUpdate("INSERT INTO note VALUES (4, 'four')");
				connection.rollback(second);
				connection.releaseSavepoint(first);
			}
			assertThat(notes()).isEqualTo(3);
		}
		assertThat(this.owner.returns()).containsExactly(true, true);
	}

	@Test
	void closeOfManyStatementsInAnyOrderShouldForgetThem() throws SQLException {
		Connection connection = connect();
		List<Statement> statements = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			statements.add(connection.createStatement());
		}
		for (int i : new int[] { 2, 0, 4 }) {
			statements.get(i).close();
		}
		statements.add(connection.createStatement());
		connection.close();
		assertThat(statements).allMatch((statement) -> {
			try {
				return statement.isClosed();
			}
			catch (SQLException ex) {
				return false;
			}
		});
		assertRestored();
	}

	@Test
	void useAfterCloseShouldNameTheActor() throws SQLException {
		Connection connection = connect();
		Statement statement = connection.createStatement();
		ResultSet results = statement.executeQuery("SELECT * FROM note");
		connection.close();
		// the physical connection now serves somebody else
		Connection other = connect();
		PreparedStatement busy = other.prepareStatement("SELECT body FROM note ORDER BY id");
		ResultSet others = busy.executeQuery();
		others.next();
		assertThatExceptionOfType(SQLException.class).isThrownBy(results::next)
			.withMessage("The connection to actor \"notes/1\" is closed");
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.executeQuery("SELECT 1"))
			.withMessage("The connection to actor \"notes/1\" is closed");
		assertThatExceptionOfType(SQLException.class).isThrownBy(statement::cancel)
			.withMessage("The connection to actor \"notes/1\" is closed");
		assertThatExceptionOfType(SQLException.class).isThrownBy(connection::commit)
			.withMessage("The connection to actor \"notes/1\" is closed");
		results.close();
		statement.close();
		connection.close();
		assertThat(others.getString(1)).isEqualTo("one");
		assertThat(others.next()).isTrue();
		other.close();
		assertThat(this.owner.returns()).containsExactly(true, true);
		assertThat(this.owner.failures()).isEmpty();
	}

	@Test
	void useOfClosedStatementOrResultSetShouldBeRefused() throws SQLException {
		try (Connection connection = connect()) {
			Statement statement = connection.createStatement();
			ResultSet results = statement.executeQuery("SELECT * FROM note");
			results.close();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> results.getInt(1))
				.withMessage("A result set of actor \"notes/1\" is closed");
			statement.close();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.execute("SELECT 1"))
				.withMessage("A statement of actor \"notes/1\" is closed");
		}
	}

	@Test
	void resultSetOfAnEarlierExecutionShouldBeClosed() throws SQLException {
		try (Connection connection = connect();
				PreparedStatement statement = connection.prepareStatement("SELECT body FROM note WHERE id = ?")) {
			statement.setInt(1, 1);
			ResultSet first = statement.executeQuery();
			statement.setInt(1, 2);
			ResultSet second = statement.executeQuery();
			assertThat(first.isClosed()).isTrue();
			assertThatExceptionOfType(SQLException.class).isThrownBy(first::next);
			first.close();
			assertThat(second.next()).isTrue();
			assertThat(second.getString(1)).isEqualTo("two");
		}
	}

	@Test
	void closeOnCompletionShouldCloseStatementWithItsResultSet() throws SQLException {
		try (Connection connection = connect()) {
			Statement statement = connection.createStatement();
			statement.closeOnCompletion();
			assertThat(statement.isCloseOnCompletion()).isTrue();
			ResultSet results = statement.executeQuery("SELECT 1");
			results.close();
			assertThat(statement.isClosed()).isTrue();
		}
		assertRestored();
	}

	@Test
	void executeShouldOfferResultsOnce() throws SQLException {
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			assertThat(statement.execute("SELECT body FROM note")).isTrue();
			ResultSet results = statement.getResultSet();
			assertThat(results.getStatement()).isSameAs(statement);
			assertThat(results.next()).isTrue();
			assertThat(statement.getMoreResults()).isFalse();
			assertThat(results.isClosed()).isTrue();
			assertThat(statement.execute("DELETE FROM note WHERE id = 1")).isFalse();
			assertThat(statement.getResultSet()).isNull();
			assertThat(statement.getUpdateCount()).isOne();
		}
	}

	@Test
	void generatedKeysThatWereAskedForShouldOutliveOtherExecutions() throws SQLException {
		try (Connection connection = connect();
				PreparedStatement asking = connection.prepareStatement("INSERT INTO note (body) VALUES ('four')",
						new String[] { "id" });
				Statement other = connection.createStatement()) {
			asking.executeUpdate();
			other.executeUpdate("INSERT INTO note VALUES (77, 'other')", new int[] { 1 });
			other.executeQuery("SELECT 1").close();
			assertThat(key(asking)).isEqualTo(4);
			other.executeUpdate("INSERT INTO note VALUES (78, 'other')", Statement.RETURN_GENERATED_KEYS);
			asking.executeUpdate();
			assertThat(key(other)).isEqualTo(78);
			assertThat(key(asking)).isEqualTo(79);
			assertThat(this.physical.getConnectionConfig().isGetGeneratedKeys()).isFalse();
		}
		assertRestored();
	}

	@Test
	void generatedKeysThatWereNotAskedForShouldBeThereUntilSomethingElseRuns() throws SQLException {
		try (Connection connection = connect();
				PreparedStatement prepared = connection.prepareStatement("INSERT INTO note (body) VALUES (?)");
				Statement statement = connection.createStatement()) {
			assertThat(prepared.getGeneratedKeys().next()).isFalse();
			prepared.setString(1, "four");
			prepared.executeUpdate();
			assertThat(key(prepared)).isEqualTo(4);
			prepared.executeUpdate();
			assertThat(key(prepared)).isEqualTo(5);
			statement.executeUpdate("INSERT INTO note VALUES (77, 'other')");
			assertThat(key(statement)).isEqualTo(77);
			prepared.execute();
			statement.executeUpdate("INSERT INTO note VALUES (79, 'other')");
			assertThatExceptionOfType(SQLException.class).isThrownBy(prepared::getGeneratedKeys)
				.withMessageContaining("RETURN_GENERATED_KEYS");
			assertThat(key(statement)).isEqualTo(79);
			statement.executeUpdate("DELETE FROM note WHERE id = 79");
			assertThat(statement.getGeneratedKeys().next()).isFalse();
			prepared.addBatch();
			prepared.addBatch();
			prepared.executeBatch();
			assertThat(key(prepared)).isEqualTo(80);
		}
		assertRestored();
	}

	private static long key(Statement statement) throws SQLException {
		ResultSet keys = statement.getGeneratedKeys();
		assertThat(keys.next()).isTrue();
		return keys.getLong(1);
	}

	@Test
	void generatedKeysShouldBelongToTheStatement() throws SQLException {
		try (Connection connection = connect();
				PreparedStatement statement = connection.prepareStatement("INSERT INTO note (body) VALUES (?)",
						Statement.RETURN_GENERATED_KEYS)) {
			statement.setString(1, "four");
			assertThat(statement.executeUpdate()).isOne();
			ResultSet keys = statement.getGeneratedKeys();
			assertThat(statement.getGeneratedKeys()).isSameAs(keys);
			assertThat(keys.getStatement()).isSameAs(statement);
			assertThat(keys.next()).isTrue();
			assertThat(keys.getLong(1)).isEqualTo(4);
			statement.executeUpdate();
			assertThat(keys.isClosed()).isTrue();
		}
		assertRestored();
	}

	@Test
	void returningShouldReturnRows() throws SQLException {
		try (Connection connection = connect();
				PreparedStatement statement = connection
					.prepareStatement("INSERT INTO note (body) VALUES ('a'), ('b') RETURNING id")) {
			List<Integer> ids = new ArrayList<>();
			try (ResultSet results = statement.executeQuery()) {
				while (results.next()) {
					ids.add(results.getInt(1));
				}
			}
			assertThat(ids).containsExactly(4, 5);
		}
		assertThat(notes()).isEqualTo(5);
		assertRestored();
	}

	@Test
	void batchesShouldReturnCounts() throws SQLException {
		try (Connection connection = connect()) {
			try (Statement statement = connection.createStatement()) {
				statement.addBatch("UPDATE note SET body = 'x' WHERE id = 99");
				statement.clearBatch();
				statement.addBatch("INSERT INTO note VALUES (4, 'four')");
				statement.addBatch("UPDATE note SET body = 'x'");
				assertThat(statement.executeBatch()).containsExactly(1, 4);
				assertThat(statement.executeLargeBatch()).isEmpty();
			}
			try (PreparedStatement statement = connection.prepareStatement("INSERT INTO note VALUES (?, ?)")) {
				for (int id = 10; id < 13; id++) {
					statement.setInt(1, id);
					statement.setString(2, "n" + id);
					statement.addBatch();
				}
				assertThat(statement.executeLargeBatch()).containsExactly(1, 1, 1);
				statement.clearBatch();
				assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.addBatch("SELECT 1"));
			}
		}
		assertThat(notes()).isEqualTo(7);
		assertRestored();
	}

	@Test
	void failureShouldBeTranslatedOnce() throws SQLException {
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO note VALUES (1, 'again')"))
				.isInstanceOf(RecordingOwner.TranslatedException.class)
				.hasMessageStartingWith("actor \"notes/1\": ")
				.hasMessageContaining("UNIQUE");
			assertThat(this.owner.failures()).hasSize(1);
			assertThatThrownBy(() -> connection.prepareStatement("SELECT FROM"))
				.isInstanceOf(RecordingOwner.TranslatedException.class);
			assertThatThrownBy(connection::commit).isInstanceOf(RecordingOwner.TranslatedException.class);
			assertThatThrownBy(() -> statement.addBatch(null)).isInstanceOf(SQLException.class);
			statement.addBatch("INSERT INTO note VALUES (1, 'again')");
			assertThatThrownBy(statement::executeBatch).isInstanceOf(RecordingOwner.TranslatedException.class)
				.hasCauseInstanceOf(java.sql.BatchUpdateException.class);
			ResultSet results = statement.executeQuery("SELECT 1");
			assertThatThrownBy(() -> results.getInt("none")).isInstanceOf(RecordingOwner.TranslatedException.class);
			assertThatThrownBy(() -> results.getBlob(1)).isInstanceOf(RecordingOwner.TranslatedException.class)
				.hasCauseInstanceOf(SQLFeatureNotSupportedException.class);
			assertThatThrownBy(() -> connection.getMetaData().getRowIdLifetime())
				.isInstanceOf(RecordingOwner.TranslatedException.class);
			assertThat(this.owner.failures()).hasSize(7);
		}
		assertRestored();
	}

	@Test
	void prepareCallShouldBeRefused() throws SQLException {
		try (Connection connection = connect()) {
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.prepareCall("{call x()}"))
				.withMessageContaining("stored procedures");
		}
	}

	@Test
	void poisonedConnectionShouldServeNothingAndNotBeReused() throws SQLException {
		Connection connection = connect();
		Statement statement = connection.createStatement();
		ResultSet results = statement.executeQuery("SELECT * FROM note");
		PreparedStatement prepared = connection.prepareStatement("SELECT body FROM note WHERE id = ?");
		assertThat(results.next()).isTrue();
		this.owner.poison();
		assertThatThrownBy(() -> results.getInt(1)).isInstanceOf(RecordingOwner.TranslatedException.class)
			.hasMessageContaining("serves nothing after its failure");
		assertThatThrownBy(() -> prepared.setInt(1, 1)).isInstanceOf(RecordingOwner.TranslatedException.class);
		assertThatThrownBy(() -> statement.executeQuery("SELECT 1"))
			.isInstanceOf(RecordingOwner.TranslatedException.class);
		assertThat(connection.isValid(1)).isFalse();
		assertThat(connection.isClosed()).isFalse();
		connection.close();
		assertThat(this.owner.returns()).containsExactly(false);
	}

	@Test
	void closeWhenPhysicalConnectionIsBrokenShouldGiveItBackOnce() throws SQLException {
		Connection connection = connect();
		connection.setAutoCommit(false);
		this.physical.close();
		assertThatThrownBy(connection::close).isInstanceOf(RecordingOwner.TranslatedException.class);
		connection.close();
		assertThat(this.owner.returns()).containsExactly(false);
		this.owner.returns().clear();
		Connection idle = connect();
		idle.close();
		assertThat(this.owner.returns()).containsExactly(false);
	}

	@Test
	void closeByManyThreadsShouldGiveBackOnce() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(8);
		try {
			for (int round = 0; round < 200; round++) {
				this.owner.returns().clear();
				Connection connection = connect();
				connection.setAutoCommit(false);
				PreparedStatement statement = connection.prepareStatement("SELECT body FROM note WHERE id = ?");
				CountDownLatch start = new CountDownLatch(1);
				List<Future<?>> running = new ArrayList<>();
				for (int thread = 0; thread < 8; thread++) {
					boolean closes = thread % 2 == 0;
					running.add(threads.submit(() -> {
						start.await();
						if (closes) {
							connection.close();
						}
						else {
							readUntilClosed(statement);
						}
						return null;
					}));
				}
				start.countDown();
				for (Future<?> future : running) {
					future.get(2, TimeUnit.MINUTES);
				}
				assertThat(this.owner.returns()).containsExactly(true);
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void readerShouldNeverTakeACloseForDataOrForTheEnd() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			for (int round = 0; round < 300; round++) {
				this.owner.returns().clear();
				Connection connection = connect();
				PreparedStatement statement = connection.prepareStatement("""
						WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 1000)
						SELECT n + 1000.0 FROM numbers""");
				CountDownLatch started = new CountDownLatch(1);
				Future<Integer> reader = threads.submit(() -> {
					int rows = 0;
					try (ResultSet results = statement.executeQuery()) {
						while (results.next()) {
							started.countDown();
							rows++;
							assertThat(results.getDouble(1)).isEqualTo(rows + 1000.0);
						}
					}
					return rows;
				});
				started.await();
				if (round % 2 == 0) {
					connection.close();
				}
				else {
					connection.abort(Runnable::run);
				}
				try {
					assertThat(reader.get(2, TimeUnit.MINUTES)).isEqualTo(1000);
				}
				catch (ExecutionException ex) {
					assertThat(ex.getCause()).isInstanceOf(SQLException.class);
				}
				assertThat(this.owner.returns()).containsExactly(true);
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	private static void readUntilClosed(PreparedStatement statement) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> {
			while (true) {
				statement.setInt(1, 1);
				try (ResultSet results = statement.executeQuery()) {
					while (results.next()) {
						assertThat(results.getString(1)).isEqualTo("one");
					}
				}
				catch (SQLException ex) {
					// another thread of this test executed the same statement
					if (statement.isClosed()) {
						throw ex;
					}
				}
			}
		}).withMessageContaining("closed");
	}

	@Test
	void abortShouldInterruptWhatRuns() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			for (int round = 0; round < 20; round++) {
				this.owner.returns().clear();
				Connection connection = connect();
				connection.setAutoCommit(false);
				Statement statement = connection.createStatement();
				statement.executeUpdate("INSERT INTO note VALUES (4, 'four')");
				CountDownLatch started = new CountDownLatch(1);
				Future<?> running = threads.submit(() -> {
					started.countDown();
					return statement.executeQuery(ENDLESS);
				});
				started.await();
				// round 0 is certain to interrupt the query, others come in between calls
				TimeUnit.MILLISECONDS.sleep((round == 0) ? 100 : round % 4);
				connection.abort(threads);
				assertThat(connection.isClosed()).isTrue();
				assertThatThrownBy(() -> running.get(2, TimeUnit.MINUTES)).hasCauseInstanceOf(SQLException.class);
				await().atMost(1, TimeUnit.MINUTES).until(() -> this.owner.returns().size() == 1);
				assertThat(notes()).isEqualTo(3);
				assertRestored();
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void abortWhenExecutorRefusesShouldGiveBackAllTheSame() throws SQLException {
		Connection connection = connect();
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.abort((task) -> {
			throw new RejectedExecutionException("full");
		})).withMessageContaining("notes/1").withCauseInstanceOf(RejectedExecutionException.class);
		await().atMost(1, TimeUnit.MINUTES).until(() -> this.owner.returns().size() == 1);
		assertThatExceptionOfType(SQLException.class).isThrownBy(connection::createStatement)
			.withMessageContaining("closed");
		assertRestored();
	}

	@Test
	void cancelShouldInterruptTheStatementAndLeaveTheConnectionUsable() throws Exception {
		ExecutorService threads = Executors.newSingleThreadExecutor();
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			Future<?> running = threads.submit(() -> statement.executeQuery(ENDLESS));
			while (!running.isDone()) {
				statement.cancel();
				TimeUnit.MILLISECONDS.sleep(5);
			}
			assertThatThrownBy(running::get).hasRootCauseMessage(
					"[SQLITE_INTERRUPT] Operation terminated by " + "sqlite3_interrupt() (interrupted)");
			try (ResultSet results = statement.executeQuery("SELECT count(*) FROM note")) {
				assertThat(results.next()).isTrue();
				assertThat(results.getInt(1)).isEqualTo(3);
			}
		}
		finally {
			threads.shutdownNow();
		}
		assertRestored();
	}

	@Test
	void metaDataShouldNotTellWhereTheDatabaseIs() throws SQLException {
		try (Connection connection = connect()) {
			DatabaseMetaData metaData = connection.getMetaData();
			assertThat(metaData.getURL()).isEqualTo("jdbc:sqlite:kvsqlite");
			assertThat(metaData.getConnection()).isSameAs(connection);
			assertThat(metaData.getDatabaseProductName()).isEqualTo("SQLite");
			assertThat(metaData.getDriverMajorVersion()).isEqualTo(3);
			List<String> tables = new ArrayList<>();
			try (ResultSet results = metaData.getTables(null, null, "note", null)) {
				assertThat(results.getStatement()).isNull();
				while (results.next()) {
					tables.add(results.getString("TABLE_NAME"));
				}
			}
			assertThat(tables).containsExactly("note");
		}
		assertRestored();
	}

	/**
	 * Takes an object of sqlite-jdbc out of a wrapper.
	 */
	private interface Unwrapping {

		Object from(Connection connection) throws SQLException;

	}

}
