package io.kvsqlite.data;

import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/**
 * Data in and out of a Redis server.
 */
@RequiresDocker
@Tag("once")
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
		return "redis://127.0.0.1:%d?timeout=60s&keyPrefix=%s:".formatted(redis.port(), name);
	}

}
