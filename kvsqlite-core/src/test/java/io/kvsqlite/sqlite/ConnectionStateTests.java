package io.kvsqlite.sqlite;

import java.sql.SQLException;
import java.util.List;

import io.kvsqlite.fixture.ActorBuilder;
import io.kvsqlite.fixture.Sql;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.Collation;
import org.sqlite.Function;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ConnectionState} and {@link ConnectionLayout}.
 */
class ConnectionStateTests {

	private ActorDatabase actor;

	private Sql sql;

	@BeforeEach
	void open() throws Exception {
		this.actor = ActorBuilder.on(new MemoryKvStore()).open();
		this.actor.beginUse();
		this.sql = new Sql(this.actor.connection());
	}

	@AfterEach
	void close() throws Exception {
		this.actor.close();
	}

	/**
	 * What is taken for a difference costs the page cache: ordinary work must not be.
	 */
	@Test
	void ordinaryWorkShouldNotShow() throws SQLException {
		List<String> work = List.of("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REFERENCES t(a))",
				"INSERT INTO t(b) VALUES ('one'), ('two')", "SELECT * FROM t WHERE b LIKE 'o%' ORDER BY b DESC",
				"UPDATE t SET b = upper(b) RETURNING a", "CREATE UNIQUE INDEX i ON t(b)",
				"INSERT INTO t(b) VALUES ('ONE')", "INSERT INTO t VALUES (9223372036854775807, 'last', NULL)",
				"REPLACE INTO t(a, b) VALUES (1, 'x')",
				"INSERT INTO t(a, b) VALUES (1, 'y') ON CONFLICT DO UPDATE SET b = excluded.b",
				"DELETE FROM t WHERE a = 1", "BEGIN IMMEDIATE", "SAVEPOINT s", "DELETE FROM t", "ROLLBACK TO s",
				"RELEASE s", "COMMIT", "BEGIN", "INSERT INTO absent VALUES (1)", "ROLLBACK",
				"CREATE VIRTUAL TABLE f USING fts5(x, prefix = '2 3')", "INSERT INTO f SELECT b FROM t",
				"SELECT highlight(f, 0, '<', '>') FROM f('two')", "DELETE FROM f", "CREATE TABLE j(doc)",
				"INSERT INTO j VALUES ('{\"a\": [1, 2]}')",
				"SELECT value, json_group_array(value) FROM j, json_each(doc, '$.a') GROUP BY value",
				"SELECT key FROM j, json_tree(doc)", "CREATE TRIGGER r AFTER UPDATE ON t BEGIN DELETE FROM j; END",
				"UPDATE t SET b = 'z' || a", "CREATE VIEW v AS SELECT count(*) AS n FROM t", "SELECT n FROM v",
				"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT i FROM n ORDER BY -i",
				"SELECT row_number() OVER (ORDER BY b), lag(b) OVER (ORDER BY a) FROM t", "ANALYZE", "DROP VIEW v",
				"SELECT strftime('%Y', 'now'), random(), hex(randomblob(4)), printf('%d', 3)", "SELECT 1 +",
				"SELECT abs(-9223372036854775808)", "EXPLAIN QUERY PLAN SELECT * FROM t", "PRAGMA table_info(t)",
				"PRAGMA user_version = 3", "PRAGMA foreign_keys = OFF", "PRAGMA foreign_key_check",
				"SELECT name FROM sqlite_schema", "REINDEX", "DROP TABLE f", "DROP TABLE j");
		for (String statement : work) {
			try {
				this.sql.run(statement);
			}
			catch (SQLException ex) {
				assertThat(ex.getMessage()).as(statement).containsPattern("UNIQUE|no such table|incomplete|overflow");
			}
			boolean within = List
				.of("BEGIN IMMEDIATE", "SAVEPOINT s", "DELETE FROM t", "ROLLBACK TO s", "RELEASE s", "BEGIN",
						"INSERT INTO absent VALUES (1)")
				.contains(statement);
			if (!within) {
				assertThat(this.actor.isUnchanged()).as(statement).isTrue();
			}
		}
		assertThat(this.sql.number("SELECT total_changes()")).isPositive();
		this.actor.beginUse();
		assertThat(this.sql.rows("SELECT total_changes(), changes(), last_insert_rowid()")).containsExactly("0|0|0");
	}

	@ParameterizedTest
	@ValueSource(strings = { "UTF-8", "UTF-16le", "UTF-16be" })
	void encodingOfTheDatabaseShouldNotShow(String encoding) throws Exception {
		this.sql.run("PRAGMA encoding = '" + encoding + "'", "CREATE TABLE t(a)");
		this.actor.renew();
		this.actor.beginUse();
		Sql renewed = new Sql(this.actor.connection());
		renewed.run("INSERT INTO t VALUES ('text')");
		assertThat(renewed.text("SELECT a FROM t WHERE a >= 'te' COLLATE NOCASE")).isEqualTo("text");
		assertThat(this.actor.isUnchanged()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA foreign_keys = ON", "PRAGMA recursive_triggers = ON", "PRAGMA query_only = ON",
			"PRAGMA ignore_check_constraints = ON", "PRAGMA writable_schema = ON", "PRAGMA busy_timeout = 1",
			"PRAGMA case_sensitive_like = ON", "PRAGMA analysis_limit = 7", "PRAGMA threads = 2",
			"PRAGMA read_uncommitted = ON", "PRAGMA legacy_alter_table = ON", "PRAGMA trusted_schema = OFF",
			"PRAGMA reverse_unordered_selects = ON", "PRAGMA automatic_index = OFF", "PRAGMA synchronous = OFF",
			"PRAGMA count_changes = ON", "PRAGMA cell_size_check = ON", "BEGIN", "SAVEPOINT s",
			"CREATE TEMP TABLE x(a)", "CREATE TEMP VIEW x AS SELECT 1", "SELECT * FROM sqlite_temp_schema",
			"ATTACH ':memory:' AS x" })
	void whatABorrowerSetsShouldShow(String statement) throws SQLException {
		this.sql.run(statement);
		assertThat(this.actor.isUnchanged()).isFalse();
	}

	@Test
	void whatJavaCodeRegistersShouldShow() throws Exception {
		List<Registration> registrations = List.of((connection) -> Function.create(connection, "f", new Function() {
			@Override
			protected void xFunc() throws SQLException {
				result(1);
			}
		}), (connection) -> Collation.create(connection, "c", new Collation() {
			@Override
			protected int xCompare(String one, String other) {
				return 0;
			}
		}), (connection) -> ProgressHandler.setHandler(connection, 1000, new ProgressHandler() {
			@Override
			protected int progress() {
				return 0;
			}
		}), (connection) -> connection.addUpdateListener((type, database, table, row) -> {
		}), (connection) -> connection.setLimit(SQLiteLimits.SQLITE_LIMIT_COLUMN, 7),
				(connection) -> connection.setBusyTimeout(7));
		for (Registration registration : registrations) {
			registration.on(this.actor.connection());
			assertThat(this.actor.isUnchanged()).isFalse();
			this.actor.renew();
			this.actor.beginUse();
			assertThat(this.actor.isUnchanged()).isTrue();
		}
	}

	@Test
	void renewedConnectionShouldSeeWhatWasCommittedAndNothingElse() throws Exception {
		SQLiteConnection old = this.actor.connection();
		this.sql.run("CREATE TABLE t(a)", "INSERT INTO t VALUES (1)", "BEGIN", "INSERT INTO t VALUES (2)");
		this.actor.renew();
		assertThat(old.isClosed()).isTrue();
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> this.sql.run("COMMIT"));
		Sql renewed = new Sql(this.actor.connection());
		assertThat(renewed.rows("SELECT a FROM t")).containsExactly("1");
		renewed.run("INSERT INTO t VALUES (3)").assertIntegrity();
		assertThat(this.actor.isUsable()).isTrue();
	}

	/**
	 * Registers something with a connection of sqlite-jdbc.
	 */
	private interface Registration {

		void on(SQLiteConnection connection) throws SQLException;

	}

}
