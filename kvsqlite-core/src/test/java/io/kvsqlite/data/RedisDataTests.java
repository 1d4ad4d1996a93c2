package io.kvsqlite.data;

import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Data in and out of a Redis server.
 */
@RequiresDocker
class RedisDataTests extends ServerDataTests {

	private static final ServerContainer redis = ServerContainer.redis();

	@BeforeAll
	static void startRedis() {
		redis.start();
	}

	@AfterAll
	static void stopRedis() {
		redis.close();
	}

	@Override
	String storeUrl(String name) {
		return "redis://127.0.0.1:%d?keyPrefix=%s:".formatted(redis.port(), name);
	}

}
