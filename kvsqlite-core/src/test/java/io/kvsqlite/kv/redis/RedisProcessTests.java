package io.kvsqlite.kv.redis;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.RedisURI;
import org.junit.jupiter.api.Tag;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.OwnerProcess;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.SharedKvStoreProcessTests;

/**
 * Processes that share a Redis server.
 */
@RequiresDocker
@Tag("once")
class RedisProcessTests extends SharedKvStoreProcessTests {

	private static final AtomicInteger tests = new AtomicInteger();

	private final String keyPrefix = "process-" + tests.incrementAndGet() + ":";

	@Override
	protected OwnerProcess startProcess(String ownerName) throws Exception {
		return OwnerProcess.start(ownerName, RedisOpener.class, Integer.toString(ServerContainer.sharedRedis().port()),
				this.keyPrefix);
	}

	@Override
	protected KvStore openStore() {
		return new RedisOpener().open("test", Integer.toString(ServerContainer.sharedRedis().port()), this.keyPrefix);
	}

	/**
	 * Opens the store in the other process.
	 */
	public static final class RedisOpener implements OwnerProcess.Opener {

		@Override
		public KvStore open(String ownerName, String... arguments) {
			return RedisKvStore.standalone(RedisURI.create("127.0.0.1", Integer.parseInt(arguments[0])))
				.keyPrefix(arguments[1])
				.ownerName(ownerName)
				.leaseDuration(Duration.ofSeconds(2))
				.timeout(Duration.ofMinutes(1))
				.build();
		}

	}

}
