package io.kvsqlite.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import org.rocksdb.RocksDBException;

/**
 * Brings logs into the state in which they stay. A synchronous write to a log that grows
 * makes the file system write its own journal too, one that overwrites an older log does
 * not and takes half the time. RocksDB's logs grow until the first of them can be used
 * again, which is from the third on; SQLite's WAL until its first checkpoint. A process
 * that runs for longer than seconds is past that, so measurements begin there, on all
 * sides.
 */
final class SteadyLogs {

	/**
	 * So many that six logs of RocksDB are full.
	 */
	private static final int MEGABYTES = 192;

	private static final int CHUNKS_A_MEGABYTE = 256;

	private static final String ACTOR = "grows the log";

	/**
	 * What a WAL holds before SQLite makes a checkpoint.
	 */
	private static final int PAGES_OF_A_WAL = 1_000;

	private static final int MOST_COMMITS_A_SECOND = 10_000;

	private final Scale scale;

	private final int megabytes;

	SteadyLogs(Scale scale) {
		this.scale = scale;
		this.megabytes = (scale == Scale.SMOKE) ? 1 : MEGABYTES;
	}

	/**
	 * Write through a store that keeps a log until its logs are used again.
	 */
	void of(KvStore store) {
		KvSession session = store.open(ACTOR, new byte[0][]).session();
		for (int i = 0; i < this.megabytes; i++) {
			session.write(megabyte());
		}
		session.close();
		store.delete(ACTOR, true);
	}

	/**
	 * Write the same to a bare store.
	 */
	void of(BareRocksDb store) throws RocksDBException {
		for (int i = 0; i < this.megabytes; i++) {
			store.write(ACTOR, megabyte(), i);
		}
	}

	private static KvWrite megabyte() {
		KvWrite write = new KvWrite();
		byte[] chunk = new byte[ChunkKeys.CHUNK_SIZE];
		for (int i = 0; i < CHUNKS_A_MEGABYTE; i++) {
			write.put(ChunkKeys.chunk(FileTag.MAIN, i), chunk);
		}
		return write;
	}

	/**
	 * Fill a WAL once, and begin it again.
	 * @param connection to a database in WAL mode
	 */
	void ofWal(Connection connection) throws SQLException {
		ofWal(connection, PAGES_OF_A_WAL);
	}

	/**
	 * Fill one WAL of many with as much as the measurements will write to each if all
	 * take their turn.
	 * @param connection to a database in WAL mode
	 * @param actors how many there are
	 */
	void ofOneWalOf(int actors, Connection connection) throws SQLException {
		long millis = 10 * this.scale.warmUpMillis() + this.scale.rounds() * this.scale.throughputMillis();
		ofWal(connection, (int) Math.min(PAGES_OF_A_WAL, 1 + MOST_COMMITS_A_SECOND * millis / 1_000 / actors));
	}

	private static void ofWal(Connection connection, int pages) throws SQLException {
		Work.execute(connection, "CREATE TABLE grown (v BLOB)",
				"INSERT INTO grown VALUES (zeroblob(%d))".formatted(pages * ChunkKeys.CHUNK_SIZE),
				"PRAGMA wal_checkpoint(RESTART)", "PRAGMA shrink_memory");
	}

}
