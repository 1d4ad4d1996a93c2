package io.kvsqlite.kv.rocksdb;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvOwner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that open actors whose owner record was cut to each length and had each bit
 * flipped: what cannot be an owner record is reported and left as it is, and no actor
 * suffers from another's.
 */
class HostileOwnerRecordTests {

	private static final int VERSION_BITS = 8;

	@TempDir
	private Path directory;

	@Test
	void openWhenOwnerRecordIsDamagedShouldNameTheActor() throws Exception {
		byte[] valid = new OwnerRecord(3L << 40, new KvCommit(5L << 33, KvFence.draw())).encode();
		Map<String, byte[]> damaged = new TreeMap<>();
		for (int length = 0; length < valid.length; length++) {
			damaged.put("cut to " + length, Arrays.copyOf(valid, length));
		}
		damaged.put("longer", Arrays.copyOf(valid, valid.length + 1));
		for (int bit = 0; bit < 8 * valid.length; bit++) {
			byte[] flipped = valid.clone();
			flipped[bit / 8] ^= (byte) (1 << bit % 8);
			damaged.put("bit " + bit, flipped);
		}
		createAll(damaged);
		store(damaged);
		int refused = 0;
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory);
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
			assertThat(store.actors("", null, 1000).actorIds()).containsExactlyElementsOf(damaged.keySet());
			for (Map.Entry<String, byte[]> entry : damaged.entrySet()) {
				if (isRecord(entry.getValue())) {
					requireServes(store, factory, entry.getKey(), OwnerRecord.decode(entry.getValue(), ""));
				}
				else {
					requireRefuses(store, factory, entry.getKey());
					refused++;
				}
			}
		}
		// of the bits, those of the version and the signs
		assertThat(refused).isEqualTo(valid.length + 1 + VERSION_BITS + 2);
		requireUntouched(damaged);
		System.out.printf("reliability: hostile owner records: %,d%n", damaged.size());
	}

	private static boolean isRecord(byte[] value) {
		return value.length == 33 && value[0] == 2 && value[1] >= 0 && value[9] >= 0;
	}

	private void createAll(Map<String, byte[]> actors) throws SQLException {
		RocksDbOptions options = RocksDbOptions.of(this.directory).withSync(false);
		try (RocksDbKvStore store = new RocksDbKvStore(options);
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
			for (String id : actors.keySet()) {
				try (Connection connection = factory.dataSource(id).getConnection();
						Statement statement = connection.createStatement()) {
					statement.execute("CREATE TABLE t AS SELECT '" + id + "' AS name");
				}
			}
		}
	}

	private void store(Map<String, byte[]> records) throws RocksDBException {
		try (RocksDB db = RocksDB.open(this.directory.toString())) {
			for (Map.Entry<String, byte[]> record : records.entrySet()) {
				byte[] key = new RocksDbKeys(record.getKey().getBytes(StandardCharsets.UTF_8)).ownerRecord();
				assertThat(db.get(key)).isNotNull();
				db.put(key, record.getValue());
			}
		}
	}

	private static void requireServes(RocksDbKvStore store, ActorDataSourceFactory factory, String id,
			OwnerRecord record) throws SQLException {
		try (Connection connection = factory.dataSource(id).getConnection();
				Statement statement = connection.createStatement()) {
			try (ResultSet rows = statement.executeQuery("SELECT name FROM t")) {
				assertThat(rows.next()).isTrue();
				assertThat(rows.getString(1)).isEqualTo(id);
			}
			statement.execute("CREATE TABLE u(x)");
			KvOwner owner = store.owner(id);
			assertThat(owner).isNotNull();
			assertThat(owner.commit()).isEqualTo(record.lastCommit().number() + 1);
		}
	}

	private static void requireRefuses(RocksDbKvStore store, ActorDataSourceFactory factory, String id) {
		assertThatExceptionOfType(SQLException.class).as(id)
			.isThrownBy(() -> factory.dataSource(id).getConnection().close())
			.withMessageContaining("actor '" + id + "'")
			.withCauseInstanceOf(KvCorruptionException.class);
		assertThatExceptionOfType(KvCorruptionException.class).as(id)
			.isThrownBy(() -> store.owner(id))
			.withMessageContaining("actor '" + id + "'");
		assertThatExceptionOfType(KvCorruptionException.class).as(id).isThrownBy(() -> store.snapshot(id));
		assertThatExceptionOfType(KvCorruptionException.class).as(id).isThrownBy(() -> store.delete(id, true));
	}

	private void requireUntouched(Map<String, byte[]> records) throws RocksDBException {
		try (RocksDB db = RocksDB.openReadOnly(this.directory.toString())) {
			for (Map.Entry<String, byte[]> record : records.entrySet()) {
				if (!isRecord(record.getValue())) {
					byte[] key = new RocksDbKeys(record.getKey().getBytes(StandardCharsets.UTF_8)).ownerRecord();
					assertThat(db.get(key)).as(record.getKey()).isEqualTo(record.getValue());
				}
			}
		}
	}

}
