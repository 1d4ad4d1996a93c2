package io.kvsqlite.interop;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.jdbc.PostgresKvStore;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.TestPools;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Interoperability over a PostgreSQL server.
 */
@RequiresDocker
class PostgresInteropTests extends ServerInteropTests {

	private static final AtomicInteger stores = new AtomicInteger();

	private static HikariDataSource pool;

	@BeforeAll
	static void startServer() {
		pool = TestPools.pool(ServerContainer.sharedPostgresql(), 4);
	}

	@AfterAll
	static void stopServer() {
		pool.close();
	}

	@Override
	KvStore openStore() {
		return PostgresKvStore.builder(pool)
			.tablePrefix("interop%d_".formatted(stores.incrementAndGet()))
			.timeout(Duration.ofMinutes(1))
			.build();
	}

}
