package io.kvsqlite.jdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteConnection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.atIndex;

/**
 * Tries to get out of an actor's database by SQL, against a real SQLite, and checks what
 * is allowed to work.
 */
class SqlGateEscapeTests {

	private final RecordingOwner owner = new RecordingOwner();

	@TempDir
	private Path directory;

	private SQLiteConnection physical;

	private Connection connection;

	@BeforeEach
	void open() throws SQLException {
		this.physical = (SQLiteConnection) DriverManager
			.getConnection("jdbc:sqlite:" + this.directory.resolve("own.db"));
		ActorConnections connections = ActorConnections.of(this.physical, 8);
		try (Statement statement = this.physical.createStatement()) {
			statement.executeUpdate("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)");
			statement.executeUpdate("INSERT INTO note VALUES (1, 'one')");
		}
		this.connection = connections.handOut(this.owner);
	}

	@AfterEach
	void close() throws SQLException {
		this.connection.close();
		this.physical.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "ATTACH 'PATH' AS x", "ATTACH DATABASE 'file:PATH?mode=rwc' AS x", "ATTACH \"PATH\" AS x",
			"ATTACH ('PATH') AS x", "ATTACH (SELECT 'PATH') AS x", "ATTACH 'PA' || 'TH' AS x",
			"ATTACH ':memory:' AS a; ATTACH 'PATH' AS x; CREATE TABLE x.t (a)", "SELECT 1; ATTACH 'PATH' AS x",
			"/* c */ ATTACH 'PATH' AS x", "\uFEFFATTACH 'PATH' AS x", "\n\u000bATTACH 'PATH' AS x",
			"SELECT $a('), 1; ATTACH 'PATH' AS x --')", "-- c\nATTACH 'PATH' AS x", "EXPLAIN ATTACH 'PATH' AS x",
			"VACUUM INTO 'PATH'", "VACUUM main INTO 'PATH'", "VACUUM INTO ('PATH')", "EXPLAIN VACUUM INTO 'PATH'",
			"backup to 'PATH'", "BACKUP main TO \"PATH\"", "restore from 'PATH'", "restore main from 'PATH'",
			"SELECT load_extension('PATH')", "SELECT writefile('PATH', 'x')",
			"CREATE VIRTUAL TABLE x USING csv(filename='PATH')" })
	void sqlThatReachesForAFileShouldNotGetIt(String text) throws SQLException, IOException {
		String sql = text.replace("PATH", this.directory.resolve("stolen.db").toString());
		List<Attempt> attempts = List.of((statement) -> statement.execute(sql),
				(statement) -> statement.executeQuery(sql), (statement) -> statement.executeUpdate(sql),
				(statement) -> statement.executeLargeUpdate(sql),
				(statement) -> statement.execute(sql, Statement.RETURN_GENERATED_KEYS), (statement) -> {
					statement.addBatch(sql);
					statement.executeBatch();
				}, (statement) -> {
					try (PreparedStatement prepared = this.connection.prepareStatement(sql)) {
						prepared.execute();
					}
				}, (statement) -> {
					try (PreparedStatement prepared = this.connection.prepareStatement(sql)) {
						prepared.addBatch();
						prepared.executeBatch();
					}
				});
		for (Attempt attempt : attempts) {
			try (Statement statement = this.connection.createStatement()) {
				// EXPLAIN runs nothing and may pass
				assertThatCode(() -> attempt.with(statement)).satisfiesAnyOf(
						(thrown) -> assertThat(thrown).isInstanceOf(SQLException.class),
						(thrown) -> assertThat(sql).startsWith("EXPLAIN"));
			}
			assertThat(databases()).containsExactly("main");
			assertWalled();
		}
		try (Stream<Path> files = Files.list(this.directory)) {
			assertThat(files.map((file) -> file.getFileName().toString())).containsExactly("own.db");
		}
	}

	@Test
	void sqlThatPassesTheGateUnseenShouldMeetTheLimit() throws SQLException {
		SQLiteConnection unwrapped = this.connection.unwrap(SQLiteConnection.class);
		for (String sql : List.of("ATTACH 'x.db' AS x", "VACUUM INTO 'x.db'", "ATTACH ':memory:' AS x")) {
			try (Statement statement = unwrapped.createStatement()) {
				assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.executeUpdate(sql))
					.withMessageContaining("too many attached databases");
			}
		}
	}

	@Test
	void attachInMemoryShouldWork() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.executeUpdate("ATTACH ':memory:' AS scratch");
			statement.execute("ATTACH DATABASE '' AS temporary;");
			try (PreparedStatement prepared = this.connection.prepareStatement("ATTACH ':memory:' AS prepared")) {
				prepared.execute();
				assertWalled();
			}
			assertThat(databases()).containsExactlyInAnyOrder("main", "scratch", "temporary", "prepared");
			statement.executeUpdate("CREATE TABLE scratch.copy AS SELECT * FROM main.note");
			try (ResultSet results = statement
				.executeQuery("SELECT count(*) FROM scratch.copy JOIN main.note USING (id)")) {
				assertThat(results.next()).isTrue();
				assertThat(results.getInt(1)).isOne();
			}
			statement.executeUpdate("DETACH scratch");
			statement.executeUpdate("VACUUM");
			assertWalled();
		}
		this.connection.close();
		assertThat(this.owner.returns()).containsExactly(false);
	}

	@Test
	void closeInTheMiddleOfATransactionOnAnAttachedDatabaseShouldNotReturnIt() throws SQLException {
		Statement statement = this.connection.createStatement();
		statement.executeUpdate("ATTACH ':memory:' AS \"odd \"\"name\"");
		this.connection.setAutoCommit(false);
		statement.executeUpdate("CREATE TABLE \"odd \"\"name\".t (a)");
		statement.executeUpdate("INSERT INTO note VALUES (2, 'two')");
		this.connection.close();
		assertThat(this.owner.returns()).containsExactly(false);
	}

	@Test
	void attachAndVacuumInBatchesShouldWork() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.addBatch("ATTACH ':memory:' AS scratch");
			statement.addBatch("CREATE TABLE scratch.t (a)");
			statement.addBatch("INSERT INTO scratch.t VALUES (1), (2)");
			statement.addBatch("VACUUM");
			// SQLite leaves the count as it is for what changes no rows
			assertThat(statement.executeBatch()).hasSize(4).contains(2, atIndex(2));
			assertWalled();
			statement.addBatch("VACUUM");
			statement.addBatch("INSERT INTO note VALUES (1, 'again')");
			assertThatExceptionOfType(SQLException.class).isThrownBy(statement::executeBatch)
				.withMessageContaining("batch entry 1")
				.withMessageContaining("UNIQUE");
			assertWalled();
			try (PreparedStatement prepared = this.connection.prepareStatement("VACUUM main")) {
				prepared.addBatch();
				assertThat(prepared.executeBatch()).hasSize(1);
			}
			assertWalled();
		}
	}

	@Test
	void vacuumShouldShrinkTheFile() throws SQLException, IOException {
		try (Statement statement = this.connection.createStatement()) {
			statement.executeUpdate("INSERT INTO note (body) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
					+ "FROM n WHERE i < 500) SELECT hex(randomblob(500)) FROM n");
			statement.executeUpdate("DELETE FROM note WHERE id > 1");
			long before = Files.size(this.directory.resolve("own.db"));
			statement.executeUpdate("VACUUM");
			assertThat(Files.size(this.directory.resolve("own.db"))).isLessThan(before / 10);
			assertThat(statement.execute("vacuum main;")).isFalse();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.executeUpdate("VACUUM nowhere"));
			assertWalled();
		}
	}

	@Test
	void failedAttachShouldLowerTheLimitAgain() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.executeUpdate("ATTACH ':memory:' AS main"))
				.withMessageContaining("main is already in use");
			assertWalled();
		}
	}

	/**
	 * Assert that SQLite lets nothing be attached now.
	 */
	private void assertWalled() throws SQLException {
		assertThat(this.physical.getDatabase().limit(org.sqlite.SQLiteLimits.SQLITE_LIMIT_ATTACHED.getId(), -1))
			.isZero();
	}

	private List<String> databases() throws SQLException {
		return databases(this.connection);
	}

	private static List<String> databases(Connection connection) throws SQLException {
		List<String> names = new ArrayList<>();
		try (Statement statement = connection.createStatement();
				ResultSet results = statement.executeQuery("PRAGMA database_list")) {
			while (results.next()) {
				if (!results.getString("name").equals("temp")) {
					names.add(results.getString("name"));
				}
			}
		}
		return names;
	}

	/**
	 * One way to run SQL.
	 */
	@FunctionalInterface
	private interface Attempt {

		void with(Statement statement) throws SQLException;

	}

}
