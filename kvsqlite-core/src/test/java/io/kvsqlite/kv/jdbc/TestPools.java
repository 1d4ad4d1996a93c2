package io.kvsqlite.kv.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

import io.kvsqlite.testing.ServerContainer;

/**
 * Connection pools such as an application has.
 */
final class TestPools {

	static {
		// A pool asks a connection that was idle for half a second whether it is alive.
		// On
		// a slow machine that would be counted as a round trip, or harmed for one.
		System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "60000");
	}

	private TestPools() {
	}

	static HikariDataSource pool(ServerContainer server, int size) {
		return pool(server.getHost(), server.port(), size);
	}

	/**
	 * A pool that an application has set up for itself: SERIALIZABLE, so that the server
	 * answers 40001 where statements cross, and without auto-commit.
	 */
	static HikariDataSource serializablePool(ServerContainer server, int size) {
		HikariDataSource pool = pool(server, size);
		pool.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
		pool.setAutoCommit(false);
		return pool;
	}

	static HikariDataSource pool(String host, int port, int size) {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl("jdbc:postgresql://%s:%d/test?sslmode=disable".formatted(host, port));
		config.setUsername("test");
		config.setPassword("test");
		config.setMaximumPoolSize(size);
		config.setMinimumIdle(0);
		config.setInitializationFailTimeout(-1);
		config.setConnectionTimeout(5000);
		// not started yet, so that it can still be changed
		HikariDataSource pool = new HikariDataSource();
		config.copyStateTo(pool);
		return pool;
	}

}
