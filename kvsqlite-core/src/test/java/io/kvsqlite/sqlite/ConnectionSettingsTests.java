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
 * Tests for how {@link SqliteSettings} reach a connection.
 */
class ConnectionSettingsTests {

	@Test
	void openShouldApplyEverySetting() throws SQLException {
		SqliteSettings settings = new SqliteSettings(512 * 1024,
				Map.of("foreign_keys", "ON", "recursive_triggers", "1"));
		try (ActorDatabase database = ActorDatabase.open(new MemoryKvStore(), "a",
				new VfsSettings(VfsSettings.LEAST_MEMORY, 1, 1), settings, new VfsListener() {
				})) {
			assertThat(pragma(database, "locking_mode")).isEqualTo("exclusive");
			assertThat(pragma(database, "temp_store")).isEqualTo("2");
			assertThat(pragma(database, "synchronous")).isEqualTo("2");
			assertThat(pragma(database, "cache_size")).isEqualTo("-512");
			assertThat(pragma(database, "foreign_keys")).isEqualTo("1");
			assertThat(pragma(database, "recursive_triggers")).isEqualTo("1");
		}
	}

	@Test
	void openWithTheDefaultsShouldLeaveSqliteItsOwn() throws SQLException {
		SqliteSettings settings = new SqliteSettings(SqliteSettings.DEFAULT_CACHE_SIZE, Map.of());
		try (ActorDatabase database = ActorDatabase.open(new MemoryKvStore(), "a",
				new VfsSettings(VfsSettings.LEAST_MEMORY, 1, 1), settings, new VfsListener() {
				})) {
			assertThat(pragma(database, "cache_size")).isEqualTo("-2000");
			assertThat(pragma(database, "locking_mode")).isEqualTo("exclusive");
		}
	}

	private static String pragma(ActorDatabase database, String name) throws SQLException {
		try (Statement statement = database.connection().createStatement();
				ResultSet rows = statement.executeQuery("PRAGMA " + name)) {
			assertThat(rows.next()).isTrue();
			return rows.getString(1);
		}
	}

}
