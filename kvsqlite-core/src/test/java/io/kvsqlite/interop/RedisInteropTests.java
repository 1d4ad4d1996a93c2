package io.kvsqlite.interop;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.redis.RedisKvStore;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.lettuce.core.RedisURI;

/**
 * Interoperability over a Redis server.
 */
@RequiresDocker
class RedisInteropTests extends ServerInteropTests {

	private static final AtomicInteger stores = new AtomicInteger();

	@Override
	KvStore openStore() {
		return RedisKvStore.standalone(RedisURI.create("127.0.0.1", ServerContainer.sharedRedis().port()))
			.keyPrefix("interop-" + stores.incrementAndGet() + ":")
			.connections(1)
			.timeout(Duration.ofMinutes(1))
			.build();
	}

}
