package io.kvsqlite.kv.rocksdb;

import java.nio.file.Path;

import org.junit.jupiter.api.io.TempDir;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.KvStoreContractTests;
import io.kvsqlite.testing.LimitedKvStore;

/**
 * Tests for {@link RocksDbKvStore} under the limits of the system whose format this one
 * follows.
 */
class LimitedRocksDbKvStoreTests extends KvStoreContractTests {

	@TempDir
	private Path temporary;

	@Override
	protected KvStore openStore() {
		return new LimitedKvStore(new RocksDbKvStore(this.temporary), KvLimits.REFERENCE);
	}

}
