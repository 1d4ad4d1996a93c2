package io.kvsqlite.sqlite;

import java.sql.SQLException;
import java.util.List;

import io.kvsqlite.fixture.ActorBuilder;
import io.kvsqlite.fixture.Failures;
import io.kvsqlite.fixture.Sql;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * SQL that would break the commit protocol or reach another actor, as SQLite itself hands
 * it to the binding.
 */
class RefusedSqlTests {

	private final MemoryKvStore store = new MemoryKvStore();

	private ActorDatabase other;

	private ActorDatabase actor;

	private Sql sql;

	@BeforeEach
	void open() throws Exception {
		this.other = ActorBuilder.on(this.store).actor("other").open();
		new Sql(this.other.connection()).fill("secret", 10, 10);
		this.actor = ActorBuilder.on(this.store).open();
		this.sql = new Sql(this.actor.connection()).fill("t", 10, 100);
	}

	@AfterEach
	void checkThatNothingHappenedAndClose() throws Exception {
		assertThat(this.sql.text("PRAGMA journal_mode")).isIn("delete", "truncate", "persist");
		assertThat(this.sql.text("PRAGMA locking_mode")).isEqualTo("exclusive");
		assertThat(this.sql.number("SELECT count(*) FROM t")).isEqualTo(10);
		this.sql.run("INSERT INTO t VALUES (99, 'still writable')", "BEGIN", "DELETE FROM t", "ROLLBACK");
		this.sql.assertIntegrity();
		assertThat(new Sql(this.other.connection()).number("SELECT count(*) FROM secret")).isEqualTo(10);
		this.actor.close();
		this.other.close();
		StoredActor stored = new StoredActor(this.store, ActorBuilder.ACTOR);
		stored.assertNothingButAMainDatabase();
		assertThat(this.store.actors("", null, 10).actorIds()).containsExactly(ActorBuilder.ACTOR, "other");
		try (ActorDatabase again = ActorBuilder.on(this.store).open()) {
			assertThat(new Sql(again.connection()).number("SELECT count(*) FROM t")).isEqualTo(11);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA journal_mode = WAL", "pragma JOURNAL_MODE=wal", "PRAGMA journal_mode('wal')",
			"PRAGMA journal_mode(\"WaL\")", "PRAGMA journal_mode = [wal]", "PRAGMA journal_mode = `wal`",
			"PRAGMA main.journal_mode = wal", "PRAGMA \"main\".\"journal_mode\" = 'w'", "PRAGMA journal_mode = wa",
			"/* c */ PRAGMA/**/journal_mode -- c\n = wal", "EXPLAIN PRAGMA journal_mode = wal" })
	void writeAheadLogShouldBeRefused(String statement) {
		assertRefused(statement, "PRAGMA journal_mode=WAL is refused");
	}

	@ParameterizedTest
	@ValueSource(strings = { "off", "OFF", "'o'", "of", "\"off\"" })
	void noJournalShouldBeRefused(String mode) {
		assertRefused("PRAGMA journal_mode = " + mode, "PRAGMA journal_mode=OFF is refused");
		assertRefused("PRAGMA main.journal_mode(" + mode + ")", "PRAGMA journal_mode=OFF is refused");
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "'m'", "MEM" })
	void journalInMemoryShouldBeRefused(String mode) {
		assertRefused("PRAGMA journal_mode = " + mode, "PRAGMA journal_mode=MEMORY is refused");
	}

	@Test
	void refusalInATransactionShouldLeaveItGoing() throws Exception {
		this.sql.run("BEGIN", "INSERT INTO t VALUES (50, 'x')");
		assertRefused("PRAGMA journal_mode = OFF", "PRAGMA journal_mode=OFF is refused");
		assertThat(this.sql.number("SELECT count(*) FROM t")).isEqualTo(11);
		this.sql.run("ROLLBACK");
	}

	@ParameterizedTest
	@ValueSource(strings = { "delete", "'d'", "truncate", "t", "persist", "p", "''", "walx", "5", "wal2", "-1" })
	void otherJournalModesShouldBeTakenOrIgnored(String mode) throws Exception {
		assertThat(this.sql.text("PRAGMA journal_mode = " + mode)).isIn("delete", "truncate", "persist");
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA locking_mode = NORMAL", "PRAGMA locking_mode(normal)",
			"PRAGMA main.locking_mode = 'Normal'", "PRAGMA locking_mode = \"normal\"" })
	void normalLockingShouldBeRefused(String statement) {
		assertRefused(statement, "PRAGMA locking_mode=NORMAL is refused");
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA temp_store = FILE", "PRAGMA temp_store = 1", "PRAGMA temp_store(0)",
			"PRAGMA main.temp_store = 'default'", "PRAGMA temp_store = 3", "EXPLAIN PRAGMA temp_store = file" })
	void temporaryFilesShouldBeRefused(String statement) throws SQLException {
		assertRefused(statement, "there is no file for temporary tables");
		assertThat(this.sql.number("PRAGMA temp_store")).isEqualTo(2);
		this.sql.run("PRAGMA temp_store = MEMORY", "PRAGMA temp_store = 2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "PRAGMA temp_store_directory = '/tmp'", "PRAGMA data_store_directory = '/tmp'",
			"PRAGMA hard_heap_limit = 1000", "PRAGMA soft_heap_limit(1000)", "PRAGMA main.SOFT_HEAP_LIMIT = 1" })
	void settingOfTheWholeProcessShouldBeRefused(String statement) {
		assertRefused(statement, "it would change all databases of this process");
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT * FROM pragma_journal_mode('wal')",
			"SELECT * FROM pragma_journal_mode('off', 'main')", "SELECT * FROM pragma_journal_mode WHERE arg = 'wal'",
			"SELECT * FROM pragma_locking_mode('normal')", "SELECT * FROM pragma_locking_mode('normal', 'main')",
			"SELECT * FROM pragma_soft_heap_limit(1000)", "SELECT * FROM pragma_hard_heap_limit(1000)",
			"CREATE VIEW v AS SELECT * FROM pragma_journal_mode('wal')" })
	void pragmaAsATableShouldChangeNothing(String statement) throws Exception {
		try {
			this.sql.run(statement);
		}
		catch (SQLException ex) {
			assertThat(ex.getErrorCode()).isEqualTo(SQLiteErrorCode.SQLITE_ERROR.code);
		}
		this.sql.run("DROP VIEW IF EXISTS v");
		assertThat(this.sql.text("PRAGMA journal_mode")).isEqualTo("delete");
		assertThat(this.sql.number("PRAGMA soft_heap_limit")).isZero();
		assertThat(this.sql.number("PRAGMA hard_heap_limit")).isZero();
	}

	@Test
	void pageSizeOfADatabaseThatHasTablesShouldWaitForVacuum() throws Exception {
		this.sql.run("PRAGMA page_size = 8192");
		assertThat(this.sql.number("PRAGMA page_size")).isEqualTo(4096);
		this.sql.run("VACUUM");
		assertThat(this.sql.number("PRAGMA page_size")).isEqualTo(8192);
	}

	@ParameterizedTest
	@ValueSource(strings = { "other", "notes/42", "plain.db", "/tmp/plain.db", "file:other?vfs=kvsqlite",
			"file:other?vfs=kvsqlite&mode=rwc", "file:kvsqlite-00000000000000000000000000000000?vfs=kvsqlite",
			"file:%s-journal?vfs=kvsqlite", "file:%s-wal?vfs=kvsqlite", "file:%s/../%s?vfs=kvsqlite" })
	void nameThatIsNotRegisteredShouldNotBeFound(String name) throws Exception {
		String file = name.replace("%s", otherToken());
		for (String statement : List.of("ATTACH '%s' AS x", "VACUUM INTO '%s'")) {
			assertThatExceptionOfType(SQLiteException.class).isThrownBy(() -> this.sql.run(statement.formatted(file)))
				.satisfies((ex) -> assertThat(ex.getResultCode()).isEqualTo(SQLiteErrorCode.SQLITE_CANTOPEN));
		}
	}

	@Test
	void actorThatIsOpenShouldNotBeOpenedASecondTime() throws Exception {
		for (String token : List.of(otherToken(), tokenOf(this.sql))) {
			for (String statement : List.of("ATTACH '%s' AS x", "ATTACH 'file:%s?vfs=kvsqlite' AS x",
					"VACUUM INTO '%s'")) {
				assertThatExceptionOfType(SQLiteException.class)
					.isThrownBy(() -> this.sql.run(statement.formatted(token)))
					.satisfies((ex) -> assertThat(ex.getResultCode()).isEqualTo(SQLiteErrorCode.SQLITE_CANTOPEN));
			}
		}
	}

	@Test
	void tokenOfAnActorShouldNotOutliveItsConnection() throws Exception {
		String token = otherToken();
		this.other.close();
		assertThatExceptionOfType(SQLiteException.class)
			.isThrownBy(() -> this.sql.run("ATTACH '%s' AS x".formatted(token)));
		this.other = ActorBuilder.on(this.store).actor("other").open();
		assertThat(otherToken()).isNotEqualTo(token);
		assertThatExceptionOfType(SQLiteException.class)
			.isThrownBy(() -> this.sql.run("ATTACH '%s' AS x".formatted(token)));
	}

	@Test
	void extensionShouldNotBeLoaded() {
		assertThat(Failures.of(() -> this.sql.run("SELECT load_extension('libm.so.6')")))
			.hasMessageContaining("not authorized");
	}

	private String otherToken() throws SQLException {
		return tokenOf(new Sql(this.other.connection()));
	}

	/**
	 * Return what SQLite believes the file's name to be.
	 */
	private static String tokenOf(Sql sql) throws SQLException {
		return sql.text("SELECT file FROM pragma_database_list WHERE name = 'main'");
	}

	private void assertRefused(String statement, String reason) {
		assertThat(Failures.of(this.actor, () -> this.sql.run(statement))).as(statement)
			.hasMessageContaining(reason)
			.hasMessageContaining("actor '" + ActorBuilder.ACTOR + "'");
		assertThat(this.actor.isUsable()).isTrue();
	}

}
