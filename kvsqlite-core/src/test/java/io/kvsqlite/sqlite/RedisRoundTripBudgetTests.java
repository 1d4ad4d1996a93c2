package io.kvsqlite.sqlite;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.redis.RedisKvStore;
import io.kvsqlite.testing.RedisCommand;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.lettuce.core.RedisURI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Round trips to a {@link RedisKvStore}, counted also by the server: every call is one
 * script.
 */
@RequiresDocker
class RedisRoundTripBudgetTests extends RoundTripBudgetTests {

	private static final AtomicInteger stores = new AtomicInteger();

	// Of its own, so that what it counts are these tests' scripts.
	private static final ServerContainer redis = ServerContainer.redis();

	@BeforeAll
	static void start() {
		redis.start();
		try (KvStore store = store(); KvSession session = store.open("a", new byte[0][]).session()) {
			// every script is known to the server from here on
			byte[] key = { 1 };
			session.write(new KvWrite().put(key, key));
			session.read(new byte[][] { key });
			try (KvSnapshot snapshot = store.snapshot("a")) {
				snapshot.keys(key, 1);
				snapshot.read(new byte[][] { key });
			}
		}
	}

	@AfterAll
	static void stop() {
		redis.close();
	}

	private static KvStore store() {
		return RedisKvStore.standalone(RedisURI.create("127.0.0.1", redis.port()))
			.keyPrefix("budget-%d:".formatted(stores.incrementAndGet()))
			.timeout(Duration.ofMinutes(1))
			.build();
	}

	@Override
	KvStore openStore() {
		return store();
	}

	@Override
	long requests() {
		return RedisCommand.send(redis.port(), "info commandstats")
			.lines()
			.filter((line) -> line.startsWith("cmdstat_eval"))
			.mapToLong((line) -> Long.parseLong(line.substring(line.indexOf("calls=") + 6, line.indexOf(','))))
			.sum();
	}

}
