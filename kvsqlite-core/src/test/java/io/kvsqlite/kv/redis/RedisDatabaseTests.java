package io.kvsqlite.kv.redis;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.RedisURI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.RedisCommand;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.ServerDatabaseTests;

/**
 * Databases in Redis.
 */
@RequiresDocker
class RedisDatabaseTests extends ServerDatabaseTests {

	private static final AtomicInteger stores = new AtomicInteger();

	private static final ServerContainer redis = ServerContainer.redis("--appendonly", "yes", "--appendfsync",
			"always");

	@BeforeAll
	static void startRedis() {
		redis.start();
	}

	@AfterAll
	static void stopRedis() {
		redis.close();
	}

	@Override
	protected ServerContainer server() {
		return redis;
	}

	@Override
	protected KvStore openStore() {
		return RedisKvStore.standalone(RedisURI.create("127.0.0.1", redis.port()))
			.keyPrefix("database-" + stores.incrementAndGet() + ":")
			.timeout(Duration.ofMinutes(2))
			.build();
	}

	@Override
	protected KvStore openCountedStore() {
		return openStore();
	}

	@Override
	protected boolean waitsForRestarts() {
		return true;
	}

	// Scripts that clients sent; what runs inside a script is counted under its own name,
	// and the lease is not renewed by a script.
	@Override
	protected long requests() {
		return RedisCommand.send(redis.port(), "info commandstats")
			.lines()
			.filter((line) -> line.startsWith("cmdstat_eval"))
			.mapToLong((line) -> Long.parseLong(line.substring(line.indexOf("calls=") + 6, line.indexOf(','))))
			.sum();
	}

}
