package io.kvsqlite.sqlite;

import java.nio.file.Path;
import java.util.stream.Stream;

import io.kvsqlite.fixture.ActorBuilder;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What SQL can do, on an actor as on a plain SQLite file: under generous limits, under
 * those of the reference system with little memory, and under the least there can be.
 */
@ParameterizedClass
@MethodSource("settings")
class SqlBreadthTests {

	private static final String NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ";

	@Parameter
	private Setting setting;

	@TempDir
	private Path directory;

	private Oracle oracle;

	static Stream<Setting> settings() {
		return Stream.of(new Setting("generous", MemoryKvStore.DEFAULT_LIMITS, 8 * 1024 * 1024, 2 * 1024 * 1024),
				new Setting("reference", KvLimits.REFERENCE, 256 * 1024, 64 * 1024),
				new Setting("least", new KvLimits(KvLimits.LEAST_KEYS, KvLimits.LEAST_BYTES), 64 * 1024, 16 * 1024));
	}

	@BeforeEach
	void open() throws Exception {
		KvStore store = new MemoryKvStore(this.setting.limits());
		this.oracle = new Oracle(store,
				ActorBuilder.on(store)
					.transactionMemory(this.setting.transactionMemory())
					.cacheSize(this.setting.cacheSize())
					.preload(2)
					.readAhead(16),
				this.directory);
	}

	@AfterEach
	void close() throws Exception {
		this.oracle.close();
	}

	@Test
	void transactionOfOneRowShouldBeKept() throws Exception {
		this.oracle.run("CREATE TABLE t(a, b)", "INSERT INTO t VALUES (1, 'x')").assertSame().reopen().assertSame();
	}

	@Test
	void transactionOfAThousandRowsShouldBeKept() throws Exception {
		this.oracle.run("CREATE TABLE t(a INTEGER PRIMARY KEY, b)", "BEGIN");
		for (int i = 0; i < 1000; i++) {
			this.oracle.run("INSERT INTO t VALUES (%d, printf('%%.*c', %d, 'x'))".formatted(i, i % 700));
		}
		this.oracle.run("COMMIT").assertSame().reopen().assertSame();
	}

	@Test
	void rollbackShouldRestoreEverything() throws Exception {
		fill("t", 500);
		this.oracle
			.run("CREATE INDEX i ON t(b)", "BEGIN", "UPDATE t SET b = b || 'changed'", "DELETE FROM t WHERE a % 2",
					"CREATE TABLE u AS SELECT * FROM t", "DROP INDEX i", "SELECT count(*), sum(length(b)) FROM t",
					"ROLLBACK", "SELECT count(*), sum(length(b)) FROM t")
			.assertSame();
		this.oracle.run("UPDATE t SET b = 'again' WHERE a < 10").assertSame().reopen().assertSame();
	}

	@Test
	void savepointsShouldNest() throws Exception {
		fill("t", 300);
		this.oracle
			.run("BEGIN", "UPDATE t SET b = 'one' WHERE a < 200", "SAVEPOINT x", "DELETE FROM t WHERE a < 150",
					"SAVEPOINT y", "INSERT INTO t SELECT a + 1000, b FROM t", "CREATE TABLE u(c)", "ROLLBACK TO y",
					"SELECT count(*) FROM t", "INSERT INTO t VALUES (5000, 'two')", "RELEASE y", "ROLLBACK TO x",
					"SELECT count(*) FROM t", "UPDATE t SET b = 'three' WHERE a > 250", "RELEASE x", "COMMIT")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@Test
	void outermostSavepointShouldBeATransaction() throws Exception {
		fill("t", 300);
		this.oracle
			.run("SAVEPOINT x", "UPDATE t SET b = 'one'", "ROLLBACK TO x", "UPDATE t SET b = 'two' WHERE a < 100",
					"SELECT count(*) FROM t WHERE b = 'two'", "RELEASE x")
			.assertSame()
			.reopen()
			.assertSame();
		this.oracle.run("SAVEPOINT x", "DELETE FROM t", "ROLLBACK TO x", "RELEASE x")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@Test
	void statementThatFailsInTheMiddleShouldChangeNothing() throws Exception {
		fill("t", 300);
		this.oracle.run("CREATE UNIQUE INDEX i ON t(b)")
			.fail("UPDATE t SET b = CASE WHEN a < 250 THEN b || 'x' ELSE 'same' END")
			.assertSame()
			.run("BEGIN", "UPDATE t SET b = b || 'kept' WHERE a = 7")
			.fail("INSERT INTO t SELECT a + 290, b || 'new' FROM t")
			.run("SELECT count(*) FROM t", "COMMIT")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@ParameterizedTest
	@ValueSource(strings = { "ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK" })
	void conflictShouldBeResolvedAsAsked(String resolution) throws Exception {
		fill("t", 300);
		this.oracle.run("CREATE UNIQUE INDEX i ON t(b)", "BEGIN", "INSERT INTO t VALUES (900, 'first')",
				"INSERT OR %s INTO t SELECT a + 150, b || 'x' FROM t".formatted(resolution), "SELECT count(*) FROM t");
		// after OR ROLLBACK there is no transaction left
		this.oracle.run("COMMIT", "SELECT count(*), sum(length(b)) FROM t").assertSame().reopen().assertSame();
	}

	@Test
	void upsertShouldUpdateAndInsert() throws Exception {
		fill("t", 300);
		this.oracle.run(
				"INSERT INTO t SELECT a + 200, 'new' FROM t WHERE true ON CONFLICT(a) DO UPDATE SET b = b || excluded.b",
				"INSERT INTO t VALUES (1, 'x') ON CONFLICT DO NOTHING RETURNING a, b",
				"INSERT INTO t VALUES (2, 'x') ON CONFLICT(a) DO UPDATE SET b = 'y' RETURNING a, b")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@Test
	void schemaChangesShouldBeTransactional() throws Exception {
		fill("t", 200);
		this.oracle
			.run("BEGIN", "ALTER TABLE t ADD COLUMN c DEFAULT 5", "ALTER TABLE t RENAME COLUMN b TO body",
					"CREATE VIEW v AS SELECT a, c FROM t", "CREATE INDEX i ON t(body) WHERE a > 100",
					"SELECT sum(c) FROM v", "ROLLBACK")
			.fail("SELECT * FROM v")
			.assertSame()
			.run("BEGIN", "ALTER TABLE t ADD COLUMN c DEFAULT 5", "CREATE TABLE u(x UNIQUE, y CHECK (y > 0))",
					"INSERT INTO u SELECT a, c FROM t", "ALTER TABLE t RENAME TO s", "ALTER TABLE s DROP COLUMN b",
					"COMMIT")
			.assertSame()
			.reopen()
			.run("DROP TABLE u", "SELECT count(*) FROM s")
			.assertSame();
	}

	@Test
	void triggersShouldFire() throws Exception {
		this.oracle
			.run("CREATE TABLE t(a INTEGER PRIMARY KEY, b)", "CREATE TABLE log(id INTEGER PRIMARY KEY, what)",
					"CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO log(what) VALUES ('+' || new.a); END",
					"CREATE TRIGGER u UPDATE OF b ON t BEGIN INSERT INTO log(what) VALUES (old.b || '>' || new.b); END",
					"CREATE TRIGGER d BEFORE DELETE ON t WHEN old.a = 13 BEGIN SELECT RAISE(ABORT, 'not 13'); END")
			.run("INSERT INTO t " + NUMBERS.formatted(200) + "SELECT i, 'b' || i FROM n",
					"UPDATE t SET b = b || 'x' WHERE a % 3 = 0")
			.fail("DELETE FROM t")
			.run("DELETE FROM t WHERE a > 13", "PRAGMA recursive_triggers = ON",
					"CREATE TRIGGER r AFTER INSERT ON log WHEN new.id < 1000 BEGIN "
							+ "INSERT INTO log(what) VALUES ('again'); END",
					"INSERT INTO t VALUES (500, 'deep')", "SELECT count(*) FROM log")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@Test
	void foreignKeysShouldCascade() throws Exception {
		this.oracle
			.run("PRAGMA foreign_keys = ON", "CREATE TABLE p(id INTEGER PRIMARY KEY)",
					"CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE)",
					"CREATE TABLE d(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)", "CREATE INDEX i ON c(p)")
			.run("INSERT INTO p " + NUMBERS.formatted(300) + "SELECT i FROM n", "INSERT INTO c SELECT NULL, id FROM p")
			.fail("INSERT INTO c VALUES (9000, 9000)")
			.run("DELETE FROM p WHERE id % 2", "UPDATE p SET id = id + 1000 WHERE id < 100", "BEGIN",
					"INSERT INTO d VALUES (5000)")
			.fail("COMMIT")
			.run("INSERT INTO p VALUES (5000)", "COMMIT", "PRAGMA foreign_key_check")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@Test
	void recursiveQueriesAndWindowsShouldWork() throws Exception {
		fill("t", 500);
		this.oracle.run(NUMBERS.formatted(30_000) + "SELECT count(*), sum(i), max(i) FROM n",
				"SELECT a, sum(length(b)) OVER (ORDER BY a ROWS 5 PRECEDING), rank() OVER (ORDER BY length(b)) FROM t "
						+ "ORDER BY a",
				"WITH RECURSIVE tree(id, depth) AS (SELECT 1, 0 UNION ALL SELECT 2 * id + x, depth + 1 FROM tree, "
						+ "(SELECT 0 AS x UNION SELECT 1) WHERE depth < 10) SELECT depth, count(*) FROM tree GROUP BY 1",
				"SELECT group_concat(a) FROM (SELECT a FROM t EXCEPT SELECT a FROM t WHERE a % 3)",
				"SELECT json_group_array(a) FROM t WHERE b LIKE '%7%'");
	}

	@Test
	void otherKindsOfTablesShouldWork() throws Exception {
		this.oracle
			.run("CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID", "CREATE TABLE s(a INT, b TEXT) STRICT",
					"CREATE TABLE g(a, b AS (a * 2) STORED, c AS (a + 1))", "CREATE VIRTUAL TABLE f USING fts5(body)",
					"CREATE VIRTUAL TABLE r USING rtree(id, x0, x1)")
			.run("INSERT INTO w " + NUMBERS.formatted(500) + "SELECT 'key' || (i * 7919 % 500), i FROM n",
					"INSERT INTO s SELECT v, k FROM w", "INSERT INTO g(a) SELECT v FROM w",
					"INSERT INTO f SELECT k || ' word' || (v % 20) FROM w", "INSERT INTO r SELECT v, v, v + 1 FROM w")
			.fail("INSERT INTO s VALUES ('no number', 'x')")
			.run("SELECT count(*) FROM f WHERE f MATCH 'word7'", "SELECT id FROM r WHERE x0 > 100 AND x1 < 110",
					"DELETE FROM f WHERE rowid % 2", "INSERT INTO f(f) VALUES ('optimize')",
					"DELETE FROM w WHERE v < 250", "REINDEX", "ANALYZE")
			.assertSame()
			.reopen()
			.run("SELECT count(*) FROM f WHERE f MATCH 'word7'", "SELECT sum(b), sum(c) FROM g")
			.assertSame();
	}

	@ParameterizedTest
	@ValueSource(strings = { "MEMORY", "2" })
	void temporaryTablesShouldWork(String storage) throws Exception {
		fill("t", 500);
		this.oracle
			.run("PRAGMA temp_store = " + storage, "CREATE TEMP TABLE x AS SELECT * FROM t",
					"CREATE INDEX temp.xi ON x(b)", "BEGIN", "UPDATE x SET b = b || b",
					"INSERT INTO t SELECT a + 1000, b FROM x", "SAVEPOINT s", "DELETE FROM x", "ROLLBACK TO s",
					"SELECT count(*), sum(length(b)) FROM x", "ROLLBACK", "SELECT count(*), sum(length(b)) FROM x",
					"CREATE TEMP VIEW y AS SELECT a FROM x",
					"CREATE TEMP TRIGGER z AFTER DELETE ON t BEGIN DELETE FROM x WHERE a = old.a; END",
					"DELETE FROM t WHERE a < 100", "SELECT count(*) FROM y", "DROP TABLE temp.x")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@ParameterizedTest
	@ValueSource(strings = { "MEMORY", "2" })
	void largeSortShouldWork(String storage) throws Exception {
		this.oracle.run("PRAGMA temp_store = " + storage, "PRAGMA cache_size = -200",
				NUMBERS.formatted(60_000) + "SELECT sum(i * x % 1009) FROM (SELECT i, row_number() OVER (ORDER BY "
						+ "printf('%.*c%d', i % 90, 'x', i * 7919 % 100003)) AS x FROM n)",
				"CREATE TABLE t(a, b)",
				"INSERT INTO t " + NUMBERS.formatted(20_000)
						+ "SELECT i * 7919 % 100003, printf('%.*c', i % 90, 'y') FROM n",
				"CREATE INDEX i ON t(b, a)", "SELECT count(*) FROM (SELECT DISTINCT b FROM t ORDER BY b DESC)",
				"SELECT a, count(*) FROM t GROUP BY a % 17 ORDER BY 2, 1");
		this.oracle.actor().assertIntegrity();
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536 })
	void anyPageSizeShouldWork(int pageSize) throws Exception {
		fill("t", 300);
		this.oracle.run("PRAGMA page_size = " + pageSize, "VACUUM", "PRAGMA page_size");
		assertThat(this.oracle.actor().number("PRAGMA page_size")).isEqualTo(pageSize);
		this.oracle.assertSame()
			.run("UPDATE t SET b = b || b WHERE a % 3 = 0", "CREATE TABLE u AS SELECT a, b || b AS b FROM t",
					"CREATE INDEX i ON u(b)", "BEGIN", "DELETE FROM u", "UPDATE t SET b = 'x'", "ROLLBACK",
					"DELETE FROM t WHERE a BETWEEN 50 AND 250", "INSERT INTO u SELECT a + 1, b FROM u", "BEGIN",
					"SAVEPOINT s", "DROP TABLE u", "ROLLBACK TO s", "UPDATE u SET b = substr(b, 3)", "COMMIT")
			.assertSame()
			.reopen()
			.assertSame()
			.run("DROP TABLE u", "VACUUM")
			.assertSame()
			.reopen()
			.assertSame()
			.run("PRAGMA page_size = 4096", "VACUUM", "UPDATE t SET b = b || b")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@ParameterizedTest
	@CsvSource({ "FULL, 4096", "INCREMENTAL, 4096", "FULL, 512", "INCREMENTAL, 1024", "FULL, 16384" })
	void autoVacuumShouldShrinkAndGrowAgain(String mode, int pageSize) throws Exception {
		this.oracle.run("PRAGMA page_size = " + pageSize, "PRAGMA auto_vacuum = " + mode, "VACUUM");
		fill("t", 400);
		this.oracle.run("CREATE INDEX i ON t(b)");
		for (int round = 0; round < 3; round++) {
			long pages = this.oracle.actor().number("PRAGMA page_count");
			this.oracle.run("DELETE FROM t WHERE a % 4 <> " + round);
			this.oracle.actor().run("PRAGMA incremental_vacuum(15)", "PRAGMA incremental_vacuum");
			assertThat(this.oracle.actor().number("PRAGMA page_count")).isLessThan(pages);
			this.oracle.assertSame()
				.run("INSERT OR IGNORE INTO t SELECT a + 1, b || 'r' FROM t",
						"INSERT OR IGNORE INTO t SELECT a + 2, b || 's' FROM t",
						"INSERT OR IGNORE INTO t SELECT a + 400, b || b FROM t", "BEGIN", "DELETE FROM t", "ROLLBACK")
				.assertSame()
				.reopen()
				.assertSame();
		}
	}

	@Test
	void databaseThatShrinksToNothingShouldGrowAgain() throws Exception {
		for (int round = 0; round < 3; round++) {
			fill("t", 600);
			this.oracle.run("DROP TABLE t", "VACUUM", "PRAGMA page_count").assertSame();
			assertThat(this.oracle.actor().number("PRAGMA page_count")).isEqualTo(1);
			this.oracle.reopen();
			this.oracle.run("CREATE TABLE u(z)", "INSERT INTO u VALUES (zeroblob(50000))", "SELECT z FROM u",
					"DROP TABLE u");
		}
	}

	@Test
	void blobsShouldGrowAndShrink() throws Exception {
		this.oracle.run("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)");
		int[] lengths = { 1, 4095, 4096, 4097, 8191, 8192, 8193, 32_768, 65_535, 65_536, 98_304, 131_072, 500_000 };
		for (int i = 0; i < lengths.length; i++) {
			this.oracle.run("INSERT INTO t VALUES (%d, printf('%%.*c', %d, 'a'))".formatted(i, lengths[i]));
		}
		this.oracle.assertSame();
		for (int i = 0; i < lengths.length; i++) {
			this.oracle.run("UPDATE t SET b = zeroblob(%d) WHERE a = %d".formatted(lengths[lengths.length - 1 - i], i));
		}
		this.oracle.assertSame().reopen().assertSame();
	}

	@Test
	void attachedMemoryDatabaseShouldTakePartInTransactions() throws Exception {
		fill("t", 300);
		this.oracle
			.run("ATTACH ':memory:' AS m", "CREATE TABLE m.copy AS SELECT * FROM t", "BEGIN",
					"INSERT INTO m.copy SELECT a + 1000, b FROM t", "UPDATE t SET b = 'both'", "COMMIT",
					"SELECT count(*) FROM m.copy", "BEGIN", "DELETE FROM m.copy", "DELETE FROM t", "ROLLBACK",
					"SELECT count(*) FROM m.copy", "SELECT count(*) FROM t",
					"UPDATE t SET b = (SELECT max(b) FROM m.copy)", "DETACH m")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@ParameterizedTest
	@ValueSource(strings = { "OFF", "NORMAL", "FULL", "EXTRA" })
	void anySynchronousSettingShouldWork(String synchronous) throws Exception {
		this.oracle.actor().run("PRAGMA synchronous = " + synchronous);
		fill("t", 300);
		this.oracle
			.run("BEGIN", "UPDATE t SET b = b || b", "ROLLBACK", "UPDATE t SET b = b || 'x'",
					"DELETE FROM t WHERE a % 2", "VACUUM")
			.assertSame()
			.reopen()
			.assertSame();
	}

	@ParameterizedTest
	@ValueSource(strings = { "DELETE", "TRUNCATE", "PERSIST" })
	void anyRollbackJournalShouldWork(String mode) throws Exception {
		fill("t", 300);
		assertThat(this.oracle.actor().text("PRAGMA journal_mode = " + mode)).isEqualToIgnoringCase(mode);
		this.oracle.actor().run("PRAGMA journal_size_limit = 10000");
		this.oracle.run("BEGIN", "UPDATE t SET b = b || b", "ROLLBACK", "UPDATE t SET b = b || 'x'",
				"DELETE FROM t WHERE a % 2", "VACUUM", "UPDATE t SET b = b || 'y'", "INSERT INTO t VALUES (9999, 'z')")
			.assertSame();
		this.oracle.actor().run("PRAGMA journal_mode = DELETE");
		this.oracle.run("UPDATE t SET b = b || 'z'").assertSame().reopen().assertSame();
	}

	@Test
	void settingsInTheHeaderShouldBeKept() throws Exception {
		this.oracle.run("PRAGMA user_version = 77", "PRAGMA application_id = 12345")
			.reopen()
			.run("PRAGMA user_version", "PRAGMA application_id");
		assertThat(this.oracle.actor().number("PRAGMA user_version")).isEqualTo(77);
		// the encoding of a database without tables can still be chosen
		this.oracle.actor().run("PRAGMA encoding = 'UTF-16le'");
		fill("t", 100);
		this.oracle.reopen().assertSame();
	}

	private void fill(String table, int rows) {
		this.oracle.run("CREATE TABLE %s(a INTEGER PRIMARY KEY, b)".formatted(table),
				"INSERT INTO %s ".formatted(table) + NUMBERS.formatted(rows)
						+ "SELECT i, printf('%06d%.*c', i * 7919 % 100003, i * 37 % 900, char(97 + i % 26)) FROM n");
	}

	/**
	 * What there is to work with.
	 */
	record Setting(String name, KvLimits limits, long transactionMemory, long cacheSize) {

		@Override
		public String toString() {
			return this.name;
		}

	}

}
