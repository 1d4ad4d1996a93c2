package io.kvsqlite.kv.redis;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.RedisURI;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.SharedKvStoreContractTests;

/**
 * The contract, on one Redis server.
 */
@RequiresDocker
class RedisKvStoreTests extends SharedKvStoreContractTests {

	private static final AtomicInteger tests = new AtomicInteger();

	private final String keyPrefix = "test-" + tests.incrementAndGet() + ":";

	@Override
	protected KvStore openStore(String ownerName) {
		return RedisKvStore.standalone(RedisURI.create("127.0.0.1", ServerContainer.sharedRedis().port()))
			.keyPrefix(this.keyPrefix)
			.ownerName(ownerName)
			.timeout(Duration.ofMinutes(1))
			// no renewal that a busy machine puts off lets it end by itself
			.leaseDuration(Duration.ofMinutes(5))
			.build();
	}

	@Override
	protected void endLease(KvStore store) {
		((RedisKvStore) store).endLease();
	}

	@Override
	protected boolean keepsSnapshots() {
		return false;
	}

}
