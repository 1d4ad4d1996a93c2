package io.kvsqlite.sqlite;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.vfs.CorruptedActorException;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for journals that are stored in part, and for what an open makes of them.
 */
class LeftJournalTests {

	private static final byte[] JOURNAL_START = ChunkKeys.chunk(FileTag.JOURNAL, 0);

	private final MemoryKvStore store = new MemoryKvStore(new KvLimits(3, KvLimits.LEAST_BYTES));

	@Test
	void rollbackWhenOneRecordIsLargerThanTheMemoryShouldReadWhatWasStoredOfTheJournal() throws SQLException {
		try (ActorDatabase database = open()) {
			execute(database, "PRAGMA page_size=65536", "VACUUM", "CREATE TABLE t(x)", "INSERT INTO t VALUES('before')",
					"BEGIN", "UPDATE t SET x = 'undone'", "INSERT INTO t VALUES(zeroblob(200000))", "ROLLBACK");
			assertThat(values(database)).isEqualTo("before");
		}
		assertThat(stored(JOURNAL_START)).isNull();
		try (ActorDatabase database = open()) {
			assertThat(values(database)).isEqualTo("before");
		}
	}

	@Test
	void openWhenJournalNeverCameToCountShouldDeleteItWithTheNextCommit() throws SQLException {
		try (ActorDatabase database = open()) {
			execute(database, "CREATE TABLE t(x)", "INSERT INTO t VALUES('before')");
		}
		write(new KvWrite().put(JOURNAL_START, new byte[ChunkKeys.CHUNK_SIZE])
			.put(ChunkKeys.chunk(FileTag.JOURNAL, 1), new byte[ChunkKeys.CHUNK_SIZE]));
		try (ActorDatabase database = open()) {
			assertThat(values(database)).isEqualTo("before");
			execute(database, "UPDATE t SET x = 'after'");
		}
		assertThat(stored(JOURNAL_START)).isNull();
		assertThat(stored(ChunkKeys.chunk(FileTag.JOURNAL, 1))).isNull();
		try (ActorDatabase database = open()) {
			assertThat(values(database)).isEqualTo("after");
		}
	}

	@Test
	void openWhenAllKeysOfAWrittenActorAreMissingShouldNotMakeItNew() throws SQLException {
		try (ActorDatabase database = open()) {
			execute(database, "CREATE TABLE t(x)");
		}
		write(new KvWrite().deleteRange(new byte[] { 0 }, new byte[] { (byte) 0xff }));
		assertThatExceptionOfType(SQLException.class).isThrownBy(this::open)
			.withCauseInstanceOf(CorruptedActorException.class)
			.withMessageContaining("the metadata of its main database");
	}

	@Test
	@Timeout(60)
	void openWhenJournalSaysThatTheDatabaseWasFarLargerShouldSaySo() throws SQLException {
		leaveHotJournal();
		byte[] header = stored(JOURNAL_START).clone();
		header[16] ^= 1;
		write(new KvWrite().put(JOURNAL_START, header));
		assertThatExceptionOfType(SQLException.class).isThrownBy(this::open)
			.withCauseInstanceOf(CorruptedActorException.class)
			.withMessageContaining("chunk 0 of its rollback journal says that the database had 1677");
		header[16] ^= 1;
		write(new KvWrite().put(JOURNAL_START, header));
		try (ActorDatabase database = open()) {
			assertThat(values(database)).isEqualTo("before");
		}
	}

	/**
	 * Let a transaction that was stored in part end with its process.
	 */
	private void leaveHotJournal() throws SQLException {
		ActorDatabase database = open();
		execute(database, "CREATE TABLE t(x)", "INSERT INTO t VALUES('before')", "PRAGMA cache_size=3", "BEGIN",
				"UPDATE t SET x = 'undone'", "INSERT INTO t VALUES(zeroblob(200000))");
		assertThat(stored(ChunkKeys.metadata(FileTag.JOURNAL))).isNotNull();
		// takes the actor away, so that the rollback of the first owner is refused
		this.store.open("a", new byte[0][]).session().close();
		assertThat(stored(JOURNAL_START)[0]).isNotZero();
		try {
			database.close();
		}
		catch (SQLException ex) {
			assertThat(database.isUsable()).isFalse();
		}
	}

	private ActorDatabase open() throws SQLException {
		return ActorDatabase.open(this.store, "a", new VfsSettings(VfsSettings.LEAST_MEMORY, 1, 1),
				new SqliteSettings(1 << 20, Map.of()), new VfsListener() {
				});
	}

	private void write(KvWrite write) {
		try (KvSession session = this.store.open("a", new byte[0][]).session()) {
			session.write(write);
		}
	}

	private byte[] stored(byte[] key) {
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			return snapshot.read(new byte[][] { key })[0];
		}
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
