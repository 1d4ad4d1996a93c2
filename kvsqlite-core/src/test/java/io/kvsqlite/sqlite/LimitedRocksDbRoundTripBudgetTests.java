package io.kvsqlite.sqlite;

import java.nio.file.Path;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.testing.LimitedKvStore;
import org.junit.jupiter.api.io.TempDir;

/**
 * Round trips to a {@link RocksDbKvStore} that takes 128 keys at once.
 */
class LimitedRocksDbRoundTripBudgetTests extends RoundTripBudgetTests {

	@TempDir
	private Path directory;

	@Override
	KvStore openStore() {
		return new LimitedKvStore(new RocksDbKvStore(this.directory), KvLimits.REFERENCE);
	}

}
