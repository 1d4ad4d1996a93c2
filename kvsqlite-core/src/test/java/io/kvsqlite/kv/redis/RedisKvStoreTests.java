package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.RewoundKvStoreContractTests;
import io.kvsqlite.testing.ServerContainer;

/**
 * The contract, on one Redis server.
 */
@RequiresDocker
class RedisKvStoreTests extends RewoundKvStoreContractTests {

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

	/**
	 * All keys but the leases, which go on with the time.
	 */
	@Override
	protected Rewinding rememberState() {
		Map<byte[], byte[]> dumps = new HashMap<>();
		withRedis((redis) -> names(redis).forEach((name) -> dumps.put(name, redis.dump(name))));
		return () -> withRedis((redis) -> {
			List<byte[]> now = names(redis);
			if (!now.isEmpty()) {
				redis.del(now.toArray(byte[][]::new));
			}
			dumps.forEach((name, dump) -> redis.restore(name, 0, dump));
		});
	}

	private List<byte[]> names(RedisCommands<byte[], byte[]> redis) {
		return redis.keys(this.keyPrefix + "*")
			.stream()
			.filter((name) -> !new String(name, StandardCharsets.UTF_8).contains("lease"))
			.toList();
	}

	private static void withRedis(Consumer<RedisCommands<byte[], byte[]>> work) {
		RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", ServerContainer.sharedRedis().port()));
		try (StatefulRedisConnection<byte[], byte[]> connection = client.connect(ByteArrayCodec.INSTANCE)) {
			work.accept(connection.sync());
		}
		finally {
			client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		}
	}

	@Override
	protected boolean keepsSnapshots() {
		return false;
	}

}
