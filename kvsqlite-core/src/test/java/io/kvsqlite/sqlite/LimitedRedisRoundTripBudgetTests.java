package io.kvsqlite.sqlite;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.redis.RedisKvStore;
import io.kvsqlite.testing.LimitedKvStore;

/**
 * Round trips to a {@link RedisKvStore} that takes 128 keys at once.
 */
class LimitedRedisRoundTripBudgetTests extends RedisRoundTripBudgetTests {

	@Override
	KvStore openStore() {
		return new LimitedKvStore(super.openStore(), KvLimits.REFERENCE);
	}

}
