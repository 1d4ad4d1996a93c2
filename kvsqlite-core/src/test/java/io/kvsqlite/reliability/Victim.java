package io.kvsqlite.reliability;

import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Random;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.sqlite.SqliteSettings;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;

/**
 * A process that writes to many actors on RocksDB, and says what was acknowledged, until
 * it is killed. Transaction {@code n} of an actor adds the rows numbered {@code n} and
 * changes a few others; every seventh is too large for one write.
 */
final class Victim {

	static final int ACTORS = 8;

	private static final int CONNECTIONS = 4;

	private static final int LARGE = 7;

	private Victim() {
	}

	/**
	 * Write until killed.
	 * @param arguments the directory, and a seed
	 */
	public static void main(String[] arguments) throws Exception {
		Random random = new Random(Long.parseLong(arguments[1]));
		PrintStream out = new PrintStream(System.out, true);
		ActorDatabase[] open = new ActorDatabase[ACTORS];
		try (KvStore store = store(Path.of(arguments[0]))) {
			out.println("ready");
			// nobody listens any more once the process that started this one has ended
			while (!out.checkError()) {
				int actor = random.nextInt(ACTORS);
				ActorDatabase database = open[actor];
				if (database == null) {
					int evicted = (actor + CONNECTIONS) % ACTORS;
					if (open[evicted] != null) {
						open[evicted].close();
						open[evicted] = null;
					}
					database = open(store, actor);
					open[actor] = database;
				}
				out.println(actor + " " + write(database.connection(), random) + " .");
			}
		}
	}

	static KvStore store(Path directory) {
		return new RocksDbKvStore(options(directory));
	}

	static RocksDbOptions options(Path directory) {
		return RocksDbOptions.of(directory).withLimits(KvLimits.REFERENCE);
	}

	static ActorDatabase open(KvStore store, int actor) throws SQLException {
		return ActorDatabase.open(store, "actor " + actor, new VfsSettings(VfsSettings.LEAST_MEMORY, 4, 64),
				new SqliteSettings(64 * 1024, Map.of()), new VfsListener() {
				});
	}

	private static int write(Connection connection, Random random) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE IF NOT EXISTS t(n INTEGER, i INTEGER, body TEXT, PRIMARY KEY(n, i))");
			statement.execute("BEGIN");
			int n = number(statement) + 1;
			int rows = (n % LARGE == 0) ? 150 : 1 + random.nextInt(3);
			statement.execute("WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < " + rows
					+ ") INSERT INTO t SELECT " + n + ", i, hex(zeroblob(" + (200 + random.nextInt(300)) + ")) FROM r");
			if (n % LARGE == 0) {
				statement.execute("DELETE FROM t WHERE i > 1 AND n < " + n);
			}
			statement.execute("UPDATE t SET body = body || 'x' WHERE n = " + (1 + random.nextInt(n)));
			statement.execute("COMMIT");
			return n;
		}
	}

	static int number(Statement statement) throws SQLException {
		try (var rows = statement.executeQuery("SELECT coalesce(max(n), 0) FROM t")) {
			rows.next();
			return rows.getInt(1);
		}
	}

}
