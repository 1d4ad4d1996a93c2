package io.kvsqlite.sqlite;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;

/**
 * Round trips to a {@link MemoryKvStore}.
 */
class MemoryRoundTripBudgetTests extends RoundTripBudgetTests {

	@Override
	KvStore openStore() {
		return new MemoryKvStore();
	}

}
