package io.kvsqlite.sqlite;

import java.nio.file.Path;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import org.junit.jupiter.api.io.TempDir;

/**
 * Round trips to a {@link RocksDbKvStore}.
 */
class RocksDbRoundTripBudgetTests extends RoundTripBudgetTests {

	@TempDir
	private Path directory;

	@Override
	KvStore openStore() {
		return new RocksDbKvStore(this.directory);
	}

}
