package io.kvsqlite.sqlite;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;

/**
 * Round trips to a {@link MemoryKvStore} that takes 128 keys at once.
 */
class LimitedMemoryRoundTripBudgetTests extends RoundTripBudgetTests {

	@Override
	KvStore openStore() {
		return new MemoryKvStore(KvLimits.REFERENCE);
	}

}
