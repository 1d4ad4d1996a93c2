package io.kvsqlite.jdbc;

import java.sql.SQLException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SqlGate}.
 */
class SqlGateTests {

	private static final String KELVIN_SIGN = "\u212A";

	private final RecordingOwner owner = new RecordingOwner();

	private SqlKind classify(String sql) throws SQLException {
		return SqlGate.classify(sql, this.owner);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", ";", "-- ATTACH 'x' AS y", "/* ATTACH 'x' AS y */", "/* ATTACH 'x' AS y",
			"SELECT 1", "select 1;", "SELECT 1; \n", "SELECT 'a;ATTACH b'", "SELECT \";ATTACH\"", "SELECT [;ATTACH]",
			"SELECT `;ATTACH`", "SELECT 'it''s; ATTACH'", "SELECT 1 -- ; ATTACH 'x' AS y\n", "SELECT 1 /* ; VACUUM */",
			"SELECT $a(;ATTACH)", "SELECT :b, ?1, @c, #d; SELECT 1", "INSERT INTO t VALUES (';', x'00'); DELETE FROM t",
			"INSERT INTO backup VALUES (1)", "VALUES (1)", "EXPLAIN ATTACH 'x' AS y", "EXPLAIN CREATE TABLE t (a)",
			"EXPLAIN QUERY PLAN VACUUM INTO 'x'", "EXPLAIN", "ROLLBACK TO s", "\u000bSELECT 1", "RELEASE s", "COMMIT",
			"END", "ROLLBACK", "REPLACE INTO t VALUES (1)", "UPDATE t SET a = 1",
			"WITH a AS (SELECT 1) SELECT * FROM a", "SELECT 1/*", "SELECT '", "SELECT [", "SELECT $", "SELECT $a(" })
	void classifyOrdinarySqlShouldLetItPass(String sql) throws SQLException {
		assertThat(classify(sql)).isEqualTo(SqlKind.ORDINARY);
	}

	@ParameterizedTest
	@ValueSource(strings = { "CREATE TABLE attach (vacuum)", "ANALYZE", "ALTER TABLE a ADD b", "DROP TABLE a",
			"REINDEX", "PRAGMA foreign_keys = ON", "PRAGMA optimize", "SELECT 1; DROP TABLE a",
			"BEGIN; CREATE TABLE a (b)", "CREATE TABLE a (b); BEGIN",
			"CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO u VALUES (1); SELECT 1; END" })
	void classifyWhatMayChangeTheSchemaShouldFindIt(String sql) throws SQLException {
		assertThat(classify(sql)).isEqualTo(SqlKind.SCHEMA);
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA user_version", "EXPLAIN PRAGMA user_version", "PRAGMA main.user_version = 1",
			"pragma Cache_Size", "PRAGMA main . \"cache_size\" ;", "SELECT 1; PRAGMA foreign_keys",
			"PRAGMA table_info(t)", "BEGIN; PRAGMA journal_mode -- = 'off'", "PRAGMA data_version; SELECT 1" })
	void classifyPragmaThatLeavesNothingShouldFindIt(String sql) throws SQLException {
		assertThat(classify(sql)).isEqualTo(SqlKind.PRAGMA);
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA", "PRAGMA .", "PRAGMA cache_size = 10", "PRAGMA main.cache_size(10)",
			"PRAGMA cache_size/**/=/**/10", "PRAGMA [cache_size] = 10", "PRAGMA user_version; PRAGMA cache_size(10)",
			"PRAGMA writable_schema = ON", "EXPLAIN PRAGMA writable_schema = ON", "PRAGMA schema_version = 1",
			"PRAGMA not_known_yet", "attach\u00a0'x' as y", "NONSENSE", "DETACH y", "SELECT 1; DETACH y",
			"PRAGMA foreign_keys = ON; PRAGMA temp_store = 2", "CREATE TABLE a (b); PRAGMA case_sensitive_like = 1" })
	void classifyWhatIsNotKnownToLeaveNothingShouldFindIt(String sql) throws SQLException {
		assertThat(classify(sql)).isEqualTo(SqlKind.SESSION);
	}

	@ParameterizedTest
	@ValueSource(strings = { "BEGIN", "begin transaction", "Begin;", "SAVEPOINT a", "\uFEFFBEGIN", "\t\n\f\r BEGIN",
			" \u000bBEGIN", "/**/BEGIN", "/* ; */ -- x\nBEGIN", "SELECT 1; BEGIN", "SELECT ';'; BEGIN; SELECT 1",
			"INSERT INTO t VALUES ('it''s'); SAVEPOINT s", "SELECT $a('); BEGIN; SELECT $b(')",
			"SELECT a$b('x;'); BEGIN", "SELECT x'00', $a::b(\"), 1; BEGIN --\"", "SELECT 1/2; BEGIN",
			"SELECT 1-2;BEGIN", ";;BEGIN", "SELECT [a'b]; BEGIN --'" })
	void classifyBeginOfTransactionShouldFindIt(String sql) throws SQLException {
		assertThat(classify(sql)).isEqualTo(SqlKind.TRANSACTION);
	}

	@ParameterizedTest
	@ValueSource(strings = { "ATTACH ':memory:' AS a", "attach database '' as b", "ATTACH ':memory:' AS a;",
			"ATTACH ':memory:' AS a;; -- done", "\uFEFF/* c */ATTACH/**/':memory:'AS a", "ATTACH ':memory:' AS 'a'",
			"ATTACH ':memory:' AS \"a;b\"", "ATTACH ':memory:' AS [a]", "ATTACH ':memory:' AS `a`" })
	void classifyAllowedAttachShouldFindIt(String sql) throws SQLException {
		assertThat(classify(sql)).isEqualTo(SqlKind.ATTACH);
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "VACUUM", "vacuum;", " VACUUM main", "VACUUM \"main\";", "VACUUM temp -- c", "VACUUM/**/" })
	void classifyVacuumShouldFindIt(String sql) throws SQLException {
		assertThat(classify(sql)).isEqualTo(SqlKind.VACUUM);
	}

	@ParameterizedTest
	@ValueSource(strings = { "ATTACH 'other.db' AS a", "ATTACH other AS a", "ATTACH \":memory:\" AS a", "ATTACH ? AS a",
			"ATTACH :memory AS a", "ATTACH ':memory:' || 'x' AS a", "ATTACH ('x') AS a", "ATTACH ':memory: ' AS a",
			"ATTACH ':MEMORY:' AS a", "ATTACH 'file::memory:?cache=shared' AS a", "ATTACH '''' AS a",
			"ATTACH x'2e' AS a", "ATTACH ':memory:' AS a KEY 'x'", "ATTACH ':memory:' AS ?", "ATTACH ':memory:' AS $a",
			"ATTACH ':memory:' AS (SELECT 1)", "ATTACH ':memory:' AS a || 'b'", "ATTACH ':memory:'",
			"ATTACH ':memory:' AS", "ATTACH", "ATTACH DATABASE", "ATTACH 'x", "ATTACH [x] AS a",
			"ATTACH ':memory:' AS a; ATTACH 'x' AS b", "ATTACH ':memory:' AS a; SELECT 1",
			"SELECT 1; ATTACH ':memory:' AS a", "SELECT 1; ATTACH 'x' AS a", "SELECT ';'; attach 'x' as a",
			"SELECT $a('), 1; ATTACH 'x' AS a --')", "SELECT 1 /*;*/; ATTACH 'x' AS a", "\n\u000bATTACH 'x' AS a",
			"--\r\nATTACH 'x' AS a", "/*/ */ ATTACH 'x' AS a", "/***/ATTACH 'x' AS a", "-- a -- \n ATTACH 'x' AS a",
			"\uFEFF\uFEFF ATTACH 'x' AS a", "; ATTACH 'x' AS a",
			"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END; ATTACH 'x' AS a" })
	void classifyOtherAttachShouldSayWhatIsAllowed(String sql) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> classify(sql))
			.withMessageStartingWith("Not allowed on actor \"notes/1\": ATTACH of anything but ':memory:'")
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("42000"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "VACUUM INTO 'x'", "vacuum main into 'x'", "VACUUM \"main\" INTO ?",
			"VACUUM/**/INTO/**/'x'", "SELECT 1; VACUUM INTO 'x'" })
	void classifyVacuumIntoShouldPointToTheExport(String sql) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> classify(sql))
			.withMessageContaining("VACUUM INTO, which writes a file. Export");
	}

	@ParameterizedTest
	@ValueSource(strings = { "VACUUM; SELECT 1", "SELECT 1; VACUUM", "VACUUM main; VACUUM", "VACUUM main x" })
	void classifyVacuumAmongOthersShouldAskForAStatementOfItsOwn(String sql) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> classify(sql))
			.withMessageContaining("Run it as a statement of its own");
	}

	@ParameterizedTest
	@ValueSource(strings = { "backup to x", "BACKUP main to 'x.db'", "BackUp", "restore from x",
			"RESTORE main FROM 'x'", "backup/**/to x", "BAC" + KELVIN_SIGN + "UP to x" })
	void classifyCommandsOfTheDriverShouldRefuse(String sql) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> classify(sql))
			.withMessageContaining("'backup to' and 'restore from'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA temp_store_directory = '/tmp'", "pragma TEMP_STORE_DIRECTORY('/tmp')",
			"PRAGMA main.temp_store_directory='x'", "PRAGMA main . \"temp_store_directory\" = x",
			"PRAGMA 'temp_store_directory' = x", "PRAGMA [temp_store_directory] = x",
			"PRAGMA/**/data_store_directory=x", "PRAGMA soft_heap_limit=1", "PRAGMA hard_heap_limit(1)",
			"EXPLAIN PRAGMA hard_heap_limit=1", "EXPLAIN QUERY PLAN PRAGMA hard_heap_limit=1",
			"SELECT 1; PRAGMA soft_heap_limit=1", "PRAGMA user_version; PRAGMA soft_heap_limit=1",
			"\n\u000bPRAGMA soft_heap_limit=1", "SELECT $a('), 1; PRAGMA soft_heap_limit=1 --')",
			"SELECT \"a\"\"b\"; PRAGMA soft_heap_limit=1" })
	void classifySettingsOfTheProcessShouldRefuse(String sql) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> classify(sql))
			.withMessageContaining("setting of the whole process");
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA temp_store = FILE", "PRAGMA temp_store = 1", "PRAGMA temp_store(0)",
			"PRAGMA temp_store = DEFAULT", "PRAGMA temp.temp_store = 'file'", "PRAGMA x . \"temp_store\" = anything",
			"PRAGMA temp_store = +2", "PRAGMA temp_store = -1", "PRAGMA temp_store = 3", "PRAGMA temp_store =",
			"SELECT 1; PRAGMA temp_store/**/=/**/1", "EXPLAIN PRAGMA temp_store = 1", "PRAGMA [temp_store] = [file]" })
	void classifyTemporaryFilesShouldRefuse(String sql) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> classify(sql))
			.withMessageContaining("temp_store of anything but MEMORY");
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA temp_store", "PRAGMA temp_store = 2", "PRAGMA temp_store('Memory')",
			"PRAGMA temp.temp_store = memory" })
	void classifyTemporaryMemoryShouldLetItPass(String sql) throws SQLException {
		assertThat(classify(sql)).isIn(SqlKind.PRAGMA, SqlKind.SESSION);
	}

	@Test
	void classifySqlWithNulShouldRefuse() {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> classify("DELETE FROM note\0 WHERE id = 1"))
			.withMessageContaining("NUL");
	}

}
