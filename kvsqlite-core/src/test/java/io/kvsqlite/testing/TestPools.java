package io.kvsqlite.testing;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

/**
 * Connection pools such as an application has.
 */
public final class TestPools {

	static {
		// A pool asks a connection that was idle for half a second whether it is alive.
		// On a
		// slow machine that would be counted as a round trip, or harmed for one.
		System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "600000");
	}

	private TestPools() {
	}

	/**
	 * Return a pool of connections to a server.
	 * @param server the server
	 * @param size the most connections
	 * @return a pool that is not started yet, so that it can still be changed
	 */
	public static HikariDataSource pool(ServerContainer server, int size) {
		return pool(server.getHost(), server.port(), size);
	}

	/**
	 * A pool that an application has set up for itself: SERIALIZABLE, so that the server
	 * answers 40001 where statements cross, and without auto-commit.
	 * @param server the server
	 * @param size the most connections
	 * @return a pool that is not started yet
	 */
	public static HikariDataSource serializablePool(ServerContainer server, int size) {
		HikariDataSource pool = pool(server, size);
		pool.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
		pool.setAutoCommit(false);
		return pool;
	}

	/**
	 * Return a pool of connections to a server, or to a proxy in front of it.
	 * @param host the host
	 * @param port the port
	 * @param size the most connections
	 * @return a pool that is not started yet, so that it can still be changed
	 */
	public static HikariDataSource pool(String host, int port, int size) {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl("jdbc:postgresql://%s:%d/test?sslmode=disable".formatted(host, port));
		config.setUsername("test");
		config.setPassword("test");
		config.setMaximumPoolSize(size);
		config.setMinimumIdle(0);
		config.setInitializationFailTimeout(-1);
		// no bound under test: a machine that is busy takes its time to connect
		config.setConnectionTimeout(60_000);
		// not started yet, so that it can still be changed
		HikariDataSource pool = new HikariDataSource();
		config.copyStateTo(pool);
		return pool;
	}

}
