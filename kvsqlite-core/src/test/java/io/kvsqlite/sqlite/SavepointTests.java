package io.kvsqlite.sqlite;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for savepoints without a BEGIN: the outermost one is the transaction.
 */
class SavepointTests {

	private final MemoryKvStore store = new MemoryKvStore();

	@Test
	void releaseWhenOutermostSavepointWasRolledBackToShouldStoreWhatCameAfter() throws SQLException {
		try (ActorDatabase database = open()) {
			execute(database, "CREATE TABLE t(x)", "INSERT INTO t VALUES('before')", "SAVEPOINT s",
					"INSERT INTO t VALUES('undone')", "ROLLBACK TO s", "INSERT INTO t VALUES('kept')", "RELEASE s");
		}
		try (ActorDatabase database = open()) {
			assertThat(values(database)).isEqualTo("before,kept");
		}
	}

	@Test
	void rollbackWhenOutermostSavepointWasRolledBackToShouldStoreNothing() throws SQLException {
		try (ActorDatabase database = open()) {
			execute(database, "CREATE TABLE t(x)", "INSERT INTO t VALUES('before')", "SAVEPOINT s",
					"INSERT INTO t VALUES('undone')", "ROLLBACK TO s", "INSERT INTO t VALUES('undone, too')",
					"ROLLBACK");
			assertThat(values(database)).isEqualTo("before");
		}
		try (ActorDatabase database = open()) {
			assertThat(values(database)).isEqualTo("before");
		}
	}

	private ActorDatabase open() throws SQLException {
		return ActorDatabase.open(this.store, "a", new VfsSettings(VfsSettings.LEAST_MEMORY, 1, 1),
				new SqliteSettings(1 << 20, Map.of()), new VfsListener() {
				});
	}

	private static void execute(ActorDatabase database, String... sql) throws SQLException {
		try (Statement statement = database.connection().createStatement()) {
			for (String one : sql) {
				statement.execute(one);
			}
		}
	}

	private static String values(ActorDatabase database) throws SQLException {
		try (Statement statement = database.connection().createStatement();
				ResultSet rows = statement.executeQuery("SELECT group_concat(x) FROM t")) {
			assertThat(rows.next()).isTrue();
			return rows.getString(1);
		}
	}

}
