package io.kvsqlite.kv.jdbc;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.PostgresProxy;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.ServerDatabaseTests;
import io.kvsqlite.testing.TestPools;

/**
 * Databases in PostgreSQL.
 */
@RequiresDocker
class PostgresDatabaseTests extends ServerDatabaseTests {

	private static final AtomicInteger stores = new AtomicInteger();

	private static final ServerContainer server = ServerContainer.postgresql();

	private static HikariDataSource direct;

	private static PostgresProxy proxy;

	private static HikariDataSource counted;

	@BeforeAll
	static void start() throws Exception {
		server.start();
		direct = TestPools.pool(server, 4);
		proxy = new PostgresProxy(server.getHost(), server.port());
		counted = TestPools.pool("localhost", proxy.port(), 1);
	}

	@AfterAll
	static void stop() throws Exception {
		counted.close();
		proxy.close();
		direct.close();
		server.stop();
	}

	@Override
	protected ServerContainer server() {
		return server;
	}

	@Override
	protected KvStore openStore() {
		return builder(direct).build();
	}

	@Override
	protected KvStore openCountedStore() {
		return builder(counted).leaseDuration(Duration.ofHours(1)).build();
	}

	private static PostgresKvStore.Builder builder(HikariDataSource pool) {
		return PostgresKvStore.builder(pool)
			.timeout(Duration.ofMinutes(1))
			.tablePrefix("database%d_".formatted(stores.incrementAndGet()));
	}

	@Override
	protected boolean waitsForRestarts() {
		return false;
	}

	@Override
	protected long requests() {
		return proxy.roundTrips();
	}

}
