package io.kvsqlite.kv.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreProvider;
import io.kvsqlite.kv.KvStoreUrl;

/**
 * Opens {@code postgresql://host/database}, through a HikariCP pool of its own. The
 * parameters {@code tablePrefix} and {@code poolSize} are ours, others the PostgreSQL
 * driver's, such as {@code user} and {@code password}. User and password may also stand
 * before the host, as {@code user:password@}.
 */
public final class PostgresKvStoreProvider implements KvStoreProvider {

	private static final String TABLE_PREFIX = "tablePrefix";

	private static final String POOL_SIZE = "poolSize";

	private static final int DEFAULT_POOL_SIZE = 8;

	@Override
	public boolean accepts(KvStoreUrl url) {
		return url.scheme().equals("postgresql") || url.scheme().equals("postgres");
	}

	@Override
	public KvStore open(KvStoreUrl url, boolean create) {
		HikariConfig config = new HikariConfig();
		String location = url.location();
		int at = location.indexOf('@');
		KvStoreUrl server = url.without(TABLE_PREFIX).without(POOL_SIZE);
		if (location.startsWith("//") && at > 0) {
			String[] user = location.substring(2, at).split(":", 2);
			server = new KvStoreUrl("postgresql", "//" + location.substring(at + 1), server.parameters()).with("user",
					user[0]);
			server = (user.length > 1) ? server.with("password", user[1]) : server;
		}
		config.setJdbcUrl("jdbc:" + new KvStoreUrl("postgresql", server.location(), server.parameters()).toUrl());
		String poolSize = url.parameter(POOL_SIZE);
		config.setMaximumPoolSize((poolSize != null) ? number(poolSize) : DEFAULT_POOL_SIZE);
		config.setMinimumIdle(0);
		config.setPoolName("kvsqlite");
		// the store says what is wrong, when it is first used
		config.setInitializationFailTimeout(-1);
		HikariDataSource pool = pool(config);
		PostgresKvStore.Builder builder = PostgresKvStore.builder(pool).createTables(create).closing(pool::close);
		String prefix = url.parameter(TABLE_PREFIX);
		return ((prefix != null) ? builder.tablePrefix(prefix) : builder).build();
	}

	private static int number(String poolSize) {
		if (!poolSize.matches("[1-9]\\d{0,3}")) {
			throw new IllegalArgumentException(
					"'%s' must be a number from 1 to 9999, but is '%s'".formatted(POOL_SIZE, poolSize));
		}
		return Integer.parseInt(poolSize);
	}

	/**
	 * The pool looks for the driver at once, and PostgreSQL's takes no URL that it cannot
	 * parse.
	 */
	private static HikariDataSource pool(HikariConfig config) {
		try {
			return new HikariDataSource(config);
		}
		catch (RuntimeException ex) {
			throw new IllegalArgumentException(
					"PostgreSQL's driver does not accept it; it must look like postgresql://host:5432/database", ex);
		}
	}

}
