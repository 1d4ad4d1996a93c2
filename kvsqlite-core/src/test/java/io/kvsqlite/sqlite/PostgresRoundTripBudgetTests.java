package io.kvsqlite.sqlite;

import com.zaxxer.hikari.HikariDataSource;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.jdbc.PostgresKvStore;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Round trips to a {@link PostgresKvStore}. That one of the store's calls is one on the
 * wire is shown by its own tests.
 */
@RequiresDocker
class PostgresRoundTripBudgetTests extends RoundTripBudgetTests {

	private static final ServerContainer server = ServerContainer.postgresql();

	private static final HikariDataSource pool = new HikariDataSource();

	private static int stores;

	@BeforeAll
	static void start() {
		server.start();
		pool.setJdbcUrl("jdbc:postgresql://%s:%d/test".formatted(server.getHost(), server.port()));
		pool.setUsername("test");
		pool.setPassword("test");
	}

	@AfterAll
	static void stop() {
		pool.close();
		server.stop();
	}

	@Override
	KvStore openStore() {
		return PostgresKvStore.builder(pool).tablePrefix("budget%d_".formatted(++stores)).build();
	}

}
