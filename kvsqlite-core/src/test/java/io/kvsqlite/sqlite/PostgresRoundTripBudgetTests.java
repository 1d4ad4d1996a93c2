package io.kvsqlite.sqlite;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.jdbc.PostgresKvStore;
import io.kvsqlite.testing.PostgresProxy;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.TestPools;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Round trips to a {@link PostgresKvStore}, counted also on the wire.
 */
@RequiresDocker
class PostgresRoundTripBudgetTests extends RoundTripBudgetTests {

	private static final AtomicInteger stores = new AtomicInteger();

	private static PostgresProxy proxy;

	private static HikariDataSource pool;

	@BeforeAll
	static void start() throws IOException {
		ServerContainer server = ServerContainer.sharedPostgresql();
		proxy = new PostgresProxy(server.getHost(), server.port());
		// one connection, so that none is made in between
		pool = TestPools.pool("localhost", proxy.port(), 1);
	}

	@AfterAll
	static void stop() throws IOException {
		pool.close();
		proxy.close();
	}

	@Override
	KvStore openStore() {
		return PostgresKvStore.builder(pool)
			.tablePrefix("budget%d_".formatted(stores.incrementAndGet()))
			.leaseDuration(Duration.ofHours(1))
			.timeout(Duration.ofMinutes(1))
			.build();
	}

	@Override
	long requests() {
		return proxy.roundTrips();
	}

}
