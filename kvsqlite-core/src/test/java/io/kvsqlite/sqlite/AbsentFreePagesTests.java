package io.kvsqlite.sqlite;

import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for databases whose free pages are absent, as the reference implementation of the
 * format leaves them, in transactions that take several writes.
 */
class AbsentFreePagesTests {

	private static final int ROWS = 120;

	private final MemoryKvStore store = new MemoryKvStore(new KvLimits(3, KvLimits.LEAST_BYTES));

	@Test
	void vacuumThatSpillsShouldSucceed() throws SQLException {
		createWithAbsentPages();
		try (ActorDatabase database = open()) {
			execute(database, "VACUUM");
			requireContent(database);
		}
		try (ActorDatabase database = open()) {
			requireContent(database);
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 1024, 16384, 65536 })
	void vacuumToAnotherPageSizeShouldSucceed(int pageSize) throws SQLException {
		createWithAbsentPages();
		try (ActorDatabase database = open()) {
			execute(database, "PRAGMA page_size=" + pageSize, "VACUUM");
			requireContent(database);
		}
		try (ActorDatabase database = open()) {
			requireContent(database);
		}
	}

	@Test
	void transactionThatReusesFreePagesShouldSucceed() throws SQLException {
		createWithAbsentPages();
		try (ActorDatabase database = open()) {
			execute(database, "BEGIN", "CREATE TABLE filler(x)", """
					WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
					INSERT INTO filler SELECT zeroblob(3000) FROM n""", "DROP TABLE filler", "COMMIT", "VACUUM");
			requireContent(database);
		}
		try (ActorDatabase database = open()) {
			requireContent(database);
		}
	}

	@Test
	void rollbackOfATransactionThatSpilledShouldSucceed() throws SQLException {
		createWithAbsentPages();
		try (ActorDatabase database = open()) {
			execute(database, "BEGIN", "CREATE TABLE filler(x)", """
					WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
					INSERT INTO filler SELECT zeroblob(3000) FROM n""", "ROLLBACK", "VACUUM");
			requireContent(database);
		}
		try (ActorDatabase database = open()) {
			requireContent(database);
		}
	}

	/**
	 * Make a database with free pages between others, and take the chunks of those that
	 * SQLite need not have written out of the store.
	 */
	private void createWithAbsentPages() throws SQLException {
		try (ActorDatabase database = open()) {
			execute(database, "CREATE TABLE t(id INTEGER PRIMARY KEY, body)",
					"CREATE TABLE gone(id INTEGER PRIMARY KEY, body)");
			for (int i = 0; i < ROWS; i++) {
				execute(database, "INSERT INTO t VALUES(" + i + ", hex(zeroblob(1500)) || " + i + ")",
						"INSERT INTO gone VALUES(" + i + ", hex(zeroblob(1500)))");
			}
			execute(database, "DROP TABLE gone");
		}
		int absent = 0;
		try (KvSession session = this.store.open("a", new byte[0][]).session()) {
			int trunk = ByteBuffer.wrap(chunk(0)).getInt(32);
			while (trunk != 0) {
				ByteBuffer page = ByteBuffer.wrap(chunk(trunk - 1));
				trunk = page.getInt();
				for (int leaves = page.getInt(); leaves > 0; leaves--) {
					session.write(new KvWrite().delete(ChunkKeys.chunk(FileTag.MAIN, page.getInt() - 1)));
					absent++;
				}
			}
		}
		assertThat(absent).isGreaterThan(ROWS / 2);
	}

	private byte[] chunk(long index) {
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			return snapshot.read(new byte[][] { ChunkKeys.chunk(FileTag.MAIN, index) })[0];
		}
	}

	private ActorDatabase open() throws SQLException {
		return ActorDatabase.open(this.store, "a", new VfsSettings(VfsSettings.LEAST_MEMORY, 1, 1),
				new SqliteSettings(1 << 20, Map.of("cache_size", "5")), new VfsListener() {
				});
	}

	private static void requireContent(ActorDatabase database) throws SQLException {
		try (Statement statement = database.connection().createStatement()) {
			try (ResultSet rows = statement.executeQuery("PRAGMA integrity_check")) {
				rows.next();
				assertThat(rows.getString(1)).isEqualTo("ok");
			}
			try (ResultSet rows = statement
				.executeQuery("SELECT count(*), sum(id), sum(length(body)) FROM t WHERE body LIKE '%0' || id")) {
				rows.next();
				assertThat(rows.getInt(1)).isEqualTo(ROWS);
				assertThat(rows.getInt(2)).isEqualTo(ROWS * (ROWS - 1) / 2);
			}
		}
	}

	private static void execute(ActorDatabase database, String... sql) throws SQLException {
		try (Statement statement = database.connection().createStatement()) {
			for (String one : sql) {
				try {
					statement.execute(one);
				}
				catch (SQLException ex) {
					throw database.translate(ex);
				}
			}
		}
	}

}
