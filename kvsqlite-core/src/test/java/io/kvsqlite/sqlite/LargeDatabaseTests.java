package io.kvsqlite.sqlite;

import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Random;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.fixture.ActorBuilder;
import io.kvsqlite.fixture.Sql;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;
import io.kvsqlite.testing.LimitedKvStore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Transactions, values and databases that are larger than the memory they may take, on
 * RocksDB.
 */
class LargeDatabaseTests {

	private static final int MEGABYTE = 1024 * 1024;

	private static final int TRANSACTION_MEMORY = 8 * MEGABYTE;

	private static final int BLOB = 50 * MEGABYTE;

	@TempDir
	private Path directory;

	@Test
	void transactionOfTwoHundredMegabytesShouldBeAtomicAndTakeLittleMemory() throws Exception {
		assertAtomic(true);
	}

	@Test
	@Tag("long")
	void transactionOfTwoHundredMegabytesUnderTheLimitsOfRocksDbShouldBeAtomicAndTakeLittleMemory() throws Exception {
		assertAtomic(false);
	}

	private void assertAtomic(boolean limited) throws Exception {
		try (KvStore store = open(limited)) {
			try (ActorDatabase actor = builder(store).open()) {
				Sql sql = new Sql(actor.connection()).fill("t", 2000, 1000);
				long before = usedHeap();
				sql.run("BEGIN", "UPDATE t SET body = zeroblob(1000)");
				insert(sql, 200);
				assertThat(usedHeap() - before).isLessThan(TRANSACTION_MEMORY + 16 * MEGABYTE);
				sql.run("ROLLBACK");
				assertThat(sql.number("SELECT count(*) FROM t WHERE body <> zeroblob(1000)")).isEqualTo(2000);
			}
			StoredActor stored = new StoredActor(store, ActorBuilder.ACTOR);
			assertThat(stored.size(FileTag.MAIN)).isLessThan(4 * MEGABYTE);
			stored.assertNothingButAMainDatabase();
			try (ActorDatabase actor = builder(store).open()) {
				Sql sql = new Sql(actor.connection());
				sql.run("BEGIN", "UPDATE t SET body = zeroblob(1000)");
				insert(sql, 200);
				sql.run("COMMIT");
			}
			assertThat(stored.size(FileTag.MAIN)).isGreaterThan(200 * MEGABYTE);
			try (ActorDatabase actor = builder(store).open()) {
				Sql sql = new Sql(actor.connection());
				assertThat(sql.number("SELECT count(*) FROM t")).isEqualTo(2000 + 200 * 256);
				sql.assertIntegrity();
			}
		}
	}

	@Test
	void valueOfFiftyMegabytesShouldBeReadAsItWasWritten() throws Exception {
		byte[] blob = new byte[BLOB];
		new Random(1).nextBytes(blob);
		try (KvStore store = open(true)) {
			try (ActorDatabase actor = builder(store).open()) {
				Sql sql = new Sql(actor.connection()).run("CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)");
				sql.update("INSERT INTO t VALUES (1, ?)", blob);
				sql.update("INSERT INTO t VALUES (2, ?)", "after");
			}
			try (ActorDatabase actor = builder(store).open()) {
				Sql sql = new Sql(actor.connection());
				assertThat(Arrays.equals(blobOf(sql), blob)).isTrue();
				blob[BLOB / 2]++;
				sql.update("UPDATE t SET body = ? WHERE id = 1", blob);
				assertThat(Arrays.equals(blobOf(sql), blob)).isTrue();
				sql.run("DELETE FROM t WHERE id = 1", "VACUUM");
				assertThat(sql.number("PRAGMA page_count")).isLessThan(5);
			}
			new StoredActor(store, ActorBuilder.ACTOR).assertNothingButAMainDatabase();
		}
	}

	@Test
	@Tag("long")
	void vacuumOfAHundredMegabytesShouldShrinkTheDatabase() throws Exception {
		try (KvStore store = open(true)) {
			try (ActorDatabase actor = builder(store).open()) {
				Sql sql = new Sql(actor.connection()).fill("t", 1, 1);
				insert(sql, 150);
				sql.run("DELETE FROM t WHERE id % 3 = 0");
				long before = usedHeap();
				sql.run("VACUUM");
				assertThat(usedHeap() - before).isLessThan(TRANSACTION_MEMORY + 16 * MEGABYTE);
				assertThat(sql.number("PRAGMA freelist_count")).isZero();
				assertThat(sql.number("PRAGMA page_count") * 4096).isBetween(100L * MEGABYTE, 120L * MEGABYTE);
				sql.assertIntegrity();
			}
			new StoredActor(store, ActorBuilder.ACTOR).assertNothingButAMainDatabase();
			try (ActorDatabase actor = builder(store).open()) {
				new Sql(actor.connection()).assertIntegrity();
			}
		}
	}

	@Test
	@Tag("long")
	void databaseShouldGrowPastTheLockBytePage() throws Exception {
		// SQLite never writes the page at 1 GiB
		long lockByteChunk = (1L << 30) / ChunkKeys.CHUNK_SIZE;
		try (KvStore store = open(false)) {
			StoredActor stored = new StoredActor(store, ActorBuilder.ACTOR);
			try (ActorDatabase actor = builder(store).open()) {
				Sql sql = new Sql(actor.connection()).run("CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)",
						"INSERT INTO t VALUES (1, zeroblob(530000000)), (2, zeroblob(530000000))");
				// small steps over the page, each a transaction
				while (sql.number("PRAGMA page_count") <= lockByteChunk + 20) {
					sql.run("INSERT INTO t VALUES (NULL, randomblob(%d))"
						.formatted((sql.number("PRAGMA page_count") < lockByteChunk - 2000) ? 4_000_000 : 20_000));
				}
				sql.run("BEGIN", "UPDATE t SET body = randomblob(30000) WHERE length(body) = 20000", "ROLLBACK");
				sql.run("UPDATE t SET body = randomblob(30000) WHERE length(body) = 20000");
			}
			assertThat(stored.get(ChunkKeys.chunk(FileTag.MAIN, lockByteChunk))).hasSize(4096).containsOnly(0);
			try (ActorDatabase actor = builder(store).open()) {
				Sql sql = new Sql(actor.connection());
				assertThat(sql.number("SELECT sum(length(body)) FROM t")).isGreaterThan(1L << 30);
				sql.assertIntegrity();
				sql.run("DELETE FROM t WHERE id = 2", "VACUUM");
				assertThat(sql.number("PRAGMA page_count")).isLessThan(lockByteChunk);
				sql.assertIntegrity();
			}
			assertThat(stored.get(ChunkKeys.chunk(FileTag.MAIN, lockByteChunk))).isNull();
		}
	}

	/**
	 * Insert incompressible rows.
	 */
	private static void insert(Sql sql, int megabytes) throws SQLException {
		byte[] body = new byte[4080];
		Random random = new Random(7);
		try (PreparedStatement insert = sql.connection().prepareStatement("INSERT INTO t(body) VALUES (?)")) {
			for (int i = 0; i < megabytes * 256; i++) {
				random.nextBytes(body);
				insert.setBytes(1, body);
				insert.executeUpdate();
			}
		}
	}

	private static byte[] blobOf(Sql sql) throws SQLException {
		try (PreparedStatement select = sql.connection().prepareStatement("SELECT body FROM t WHERE id = 1");
				ResultSet rows = select.executeQuery()) {
			assertThat(rows.next()).isTrue();
			return rows.getBytes(1);
		}
	}

	private static long usedHeap() {
		System.gc();
		Runtime runtime = Runtime.getRuntime();
		return runtime.totalMemory() - runtime.freeMemory();
	}

	private static ActorBuilder builder(KvStore store) {
		return ActorBuilder.on(store).transactionMemory(TRANSACTION_MEMORY);
	}

	private KvStore open(boolean limited) {
		// as fast as the disk lets it be: what is lost in a power cut is not the question
		// here
		RocksDbKvStore store = new RocksDbKvStore(RocksDbOptions.of(this.directory).withSync(false));
		return limited ? new LimitedKvStore(store, KvLimits.REFERENCE) : store;
	}

}
