package io.kvsqlite.sqlite;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

import com.kenai.jffi.MemoryIO;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.SQLiteLimits;

/**
 * Where SQLite keeps what in the structure of a connection, {@code sqlite3}. Its layout
 * is not public, so it is found out, once a process, on a connection in memory:
 *
 * <ul>
 * <li>The three numbers of what was changed are where the numbers are found that a
 * workload must lead to, several times, and nowhere else.</li>
 * <li>A word is <em>steady</em> if no ordinary work changed it, from the first look at a
 * database on, looked at while no transaction is open and nothing runs. Of a word in
 * which only one byte was ever changed, the other seven are.</li>
 * </ul>
 *
 * <p>
 * What is wrongly taken for steady costs a connection that need not be closed. What is
 * wrongly taken for restless would hide a difference: so it is made sure that settings, a
 * temporary database, an attached one and limits are seen. An SQLite on which any of this
 * fails is refused.
 *
 * @param lastInsertRowid the offset of what {@code last_insert_rowid()} tells
 * @param changes the offset of what {@code changes()} tells
 * @param totalChanges the offset of what {@code total_changes()} tells
 * @param steady for each word, the bits that are steady
 */
record ConnectionLayout(int lastInsertRowid, int changes, int totalChanges, long[] steady) {

	/**
	 * How much of the structure is looked at. It has 792 bytes in SQLite 3.53 and 800 in
	 * 3.54, where the settings reach one word further.
	 */
	private static final int WORDS = 94;

	/**
	 * Ordinary work, each entry a text that leaves no transaction open. Some of it fails.
	 * None of it makes SQLite open its temporary database, as {@code ALTER TABLE} and
	 * {@code PRAGMA integrity_check} do.
	 */
	private static final List<String> ORDINARY = List.of("CREATE TABLE t(a INTEGER PRIMARY KEY, b)",
			"INSERT INTO t VALUES (1, 'a'), (2, 'b')", "SELECT * FROM t ORDER BY b", "UPDATE t SET b = 'c'",
			"DELETE FROM t WHERE a = 2", "BEGIN; INSERT INTO t VALUES (3, 'c'); COMMIT",
			"BEGIN; DELETE FROM t; ROLLBACK", "SAVEPOINT s; DELETE FROM t; ROLLBACK TO s; RELEASE s",
			"INSERT INTO t VALUES (1, 'again')", "INSERT OR ROLLBACK INTO t VALUES (1, 'again')", "SELEKT",
			"SELECT * FROM absent", "SELECT abs('a', 'b')", "SELECT abs(-9223372036854775808)",
			"SELECT zeroblob(4000000000)", "CREATE INDEX i ON t(b)",
			"CREATE TABLE u(a PRIMARY KEY, b DEFAULT 1, t REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED) WITHOUT ROWID",
			"CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO u(a, b) VALUES (new.a, new.b); END",
			"CREATE VIEW v AS SELECT * FROM t JOIN u USING (a)", "INSERT INTO t VALUES (4, 'd')", "SELECT * FROM v",
			"SELECT count(*), sum(a) OVER (PARTITION BY b), json_extract('[1]', '$[0]') FROM t GROUP BY b", "ANALYZE",
			"REINDEX", "SELECT * FROM json_each('[1, 2]')", "CREATE VIRTUAL TABLE f USING fts5(x)",
			"INSERT INTO f VALUES ('some text')", "SELECT * FROM f WHERE f MATCH 'text'",
			"BEGIN; INSERT INTO f VALUES ('more'); ROLLBACK", "CREATE VIRTUAL TABLE g USING rtree(id, a, b)",
			"INSERT INTO g VALUES (1, 2, 3)", "DROP TABLE f", "DROP TABLE g", "DROP VIEW v", "DROP TABLE u",
			"PRAGMA user_version = 3", "EXPLAIN SELECT * FROM t",
			"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000) SELECT sum(x) FROM n", "VACUUM",
			"INSERT INTO t SELECT value + 10, value FROM json_each('[1, 2, 3]') RETURNING a");

	/**
	 * What must be seen, and what undoes it, where something does.
	 */
	private static final List<String> NOT_ORDINARY = List.of("PRAGMA foreign_keys = ON", "PRAGMA foreign_keys = OFF",
			"PRAGMA query_only = ON", "PRAGMA query_only = OFF", "PRAGMA recursive_triggers = ON",
			"PRAGMA recursive_triggers = OFF", "PRAGMA busy_timeout = 4711", "PRAGMA ignore_check_constraints = ON",
			"PRAGMA defer_foreign_keys = ON", "CREATE TEMP TABLE x(a)", "PRAGMA analysis_limit = 4711",
			"ATTACH ':memory:' AS x");

	private static final MemoryIO memory = MemoryIO.getInstance();

	private static volatile @Nullable ConnectionLayout instance;

	/**
	 * Return the layout of the SQLite of this process.
	 * @throws UnsupportedSqliteException if it is not as expected
	 */
	static ConnectionLayout get() {
		ConnectionLayout layout = instance;
		if (layout == null) {
			layout = find();
			instance = layout;
		}
		return layout;
	}

	private static ConnectionLayout find() {
		long[] changed = new long[WORDS];
		try {
			for (String encoding : List.of("UTF-8", "UTF-16le", "UTF-16be")) {
				try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
					new Search(connection.unwrap(SQLiteConnection.class)).watch(encoding, changed);
				}
			}
			try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
				return new Search(connection.unwrap(SQLiteConnection.class)).find(changed);
			}
		}
		catch (SQLException ex) {
			throw unsupported("it cannot use a database in memory", ex);
		}
	}

	private static UnsupportedSqliteException unsupported(String problem, @Nullable Throwable cause) {
		return new UnsupportedSqliteException(
				"sqlite-jdbc %s cannot be used: %s. Known to work are 3.53.4.0 and 3.54.1.0"
					.formatted(SQLiteJDBCLoader.getVersion(), problem),
				cause);
	}

	/**
	 * Looks at one connection.
	 */
	private static final class Search {

		private final SQLiteConnection connection;

		private final long address;

		Search(SQLiteConnection connection) {
			this.connection = connection;
			this.address = DefaultVfs.connectionAddress(connection.getDatabase());
		}

		/**
		 * Do ordinary work on a new database, and note the bits that it changes.
		 */
		void watch(String encoding, long[] changed) throws SQLException {
			long[] before = words();
			// what a connection does when it first looks at a database of that encoding
			run("PRAGMA encoding = '" + encoding + "'");
			for (String sql : ORDINARY) {
				try {
					run(sql);
				}
				catch (SQLException ex) {
					// an error is part of ordinary work
				}
				note(changed, before);
			}
			try (PreparedStatement kept = this.connection.prepareStatement("SELECT a FROM t WHERE a = ?")) {
				note(changed, before);
				kept.setInt(1, 1);
				kept.executeQuery().close();
				note(changed, before);
			}
		}

		private void note(long[] changed, long[] before) {
			for (int i = 0; i < WORDS; i++) {
				changed[i] |= before[i] ^ word(i);
			}
		}

		private static long steady(long changed) {
			for (long octet = 0xff; octet != 0; octet <<= Byte.SIZE) {
				if ((changed & ~octet) == 0) {
					return (changed == 0) ? -1 : ~octet;
				}
			}
			return 0;
		}

		ConnectionLayout find(long[] changed) throws SQLException {
			run("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
			BitSet rowid = all();
			BitSet changes = all();
			BitSet total = all();
			long sum = 0;
			for (int round = 1; round <= 5; round++) {
				long rows = 3L + 2 * round;
				long last = 0x5eed_0000_0000L * round + rows;
				run("""
						WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < %d)
						INSERT INTO t SELECT %d + x, x FROM n""".formatted(rows, last - rows));
				sum += rows;
				keep(rowid, last);
				keep(changes, rows);
				keep(total, sum);
			}
			long[] steady = Arrays.stream(changed).map(Search::steady).toArray();
			int[] numbers = { only(rowid), only(changes), only(total) };
			for (int number : numbers) {
				steady[number / Long.BYTES] = 0;
			}
			ConnectionLayout layout = new ConnectionLayout(numbers[0], numbers[1], numbers[2], steady);
			requireSeen(layout);
			requireForgotten(layout);
			return layout;
		}

		private static BitSet all() {
			BitSet all = new BitSet();
			all.set(0, WORDS);
			return all;
		}

		private void keep(BitSet candidates, long value) {
			for (int i = 0; i < WORDS; i++) {
				if (word(i) != value) {
					candidates.clear(i);
				}
			}
		}

		private static int only(BitSet candidates) {
			if (candidates.cardinality() != 1) {
				throw unsupported("the numbers of what was changed are in %d places of its connection"
					.formatted(candidates.cardinality()), null);
			}
			return candidates.nextSetBit(0) * Long.BYTES;
		}

		private void requireSeen(ConnectionLayout layout) throws SQLException {
			List<String> missed = new ArrayList<>();
			for (String sql : NOT_ORDINARY) {
				ConnectionState before = new ConnectionState(layout, this.address);
				run(sql);
				if (before.isUnchanged()) {
					missed.add(sql);
				}
			}
			ConnectionState before = new ConnectionState(layout, this.address);
			this.connection.setLimit(SQLiteLimits.SQLITE_LIMIT_SQL_LENGTH, 4711);
			if (before.isUnchanged()) {
				missed.add("a limit");
			}
			if (!missed.isEmpty()) {
				throw unsupported("it does not show in its connection that this was done: " + missed, null);
			}
		}

		private void requireForgotten(ConnectionLayout layout) throws SQLException {
			new ConnectionState(layout, this.address).forgetChanges();
			try (Statement statement = this.connection.createStatement();
					ResultSet numbers = statement
						.executeQuery("SELECT last_insert_rowid(), changes(), total_changes()")) {
				if (!numbers.next() || numbers.getLong(1) != 0 || numbers.getLong(2) != 0 || numbers.getLong(3) != 0) {
					throw unsupported("the numbers of what was changed cannot be forgotten", null);
				}
			}
		}

		private void run(String sql) throws SQLException {
			try (Statement statement = this.connection.createStatement()) {
				statement.executeUpdate(sql);
			}
		}

		private long[] words() {
			long[] words = new long[WORDS];
			Arrays.setAll(words, this::word);
			return words;
		}

		private long word(int index) {
			return memory.getLong(this.address + (long) index * Long.BYTES);
		}

	}

}
