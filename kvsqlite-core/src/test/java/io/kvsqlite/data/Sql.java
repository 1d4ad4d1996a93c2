package io.kvsqlite.data;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.sqlite.SqliteSettings;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;

/**
 * Runs SQL on actors and on files.
 */
final class Sql {

	/**
	 * Thousands of rows, an index, some blobs of many pages.
	 */
	static final String SAMPLE = """
			CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, body BLOB);
			CREATE INDEX t_name ON t (name);
			WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2000)
			INSERT INTO t SELECT i, printf('%040d', i * 7919 % 5003), zeroblob(i % 300) FROM c;
			INSERT INTO t VALUES (5000, 'large', zeroblob(100000));
			""";

	private Sql() {
	}

	static ActorDatabase open(KvStore store, String actorId) throws SQLException {
		return ActorDatabase.open(store, actorId, new VfsSettings(VfsSettings.LEAST_MEMORY, 8, 64),
				new SqliteSettings(0, Map.of()), new VfsListener() {
				});
	}

	static void onActor(KvStore store, String actorId, String script) throws SQLException {
		try (ActorDatabase actor = open(store, actorId)) {
			execute(actor.connection(), script);
		}
	}

	static void onFile(Path file, String script) throws SQLException {
		try (Connection connection = connect(file)) {
			execute(connection, script);
		}
	}

	static Connection connect(Path file) throws SQLException {
		return DriverManager.getConnection("jdbc:sqlite:" + file);
	}

	static void execute(Connection connection, String script) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate(script);
		}
	}

	static List<String> rows(Connection connection, String sql) throws SQLException {
		List<String> values = new ArrayList<>();
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			while (rows.next()) {
				values.add(rows.getString(1));
			}
		}
		return values;
	}

	static List<String> rowsOfFile(Path file, String sql) throws SQLException {
		try (Connection connection = connect(file)) {
			return rows(connection, sql);
		}
	}

	static List<String> rowsOfActor(KvStore store, String actorId, String sql) throws SQLException {
		try (ActorDatabase actor = open(store, actorId)) {
			return rows(actor.connection(), sql);
		}
	}

}
