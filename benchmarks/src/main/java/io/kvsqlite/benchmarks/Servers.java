package io.kvsqlite.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.jdbc.PostgresKvStore;
import io.kvsqlite.kv.redis.RedisKvStore;
import io.kvsqlite.testing.ForwardingKvStore;
import io.kvsqlite.testing.ServerContainer;
import io.lettuce.core.RedisURI;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;

/**
 * Redis and PostgreSQL in containers of this machine, started when they are needed first.
 * Redis appends each write to its file and synchronises it once a second; PostgreSQL
 * synchronises each commit.
 */
final class Servers implements AutoCloseable {

	private static final int CONNECTIONS = 40;

	private final boolean wanted;

	private @Nullable ServerContainer redis;

	private @Nullable ServerContainer postgres;

	private int stores;

	Servers() {
		this(true);
	}

	/**
	 * Create servers that are only started if they are wanted.
	 */
	Servers(boolean wanted) {
		this.wanted = wanted;
	}

	/**
	 * Return whether there is a Docker engine to start them.
	 */
	boolean available() {
		return this.wanted && DockerClientFactory.instance().isDockerAvailable();
	}

	synchronized RedisURI redis() {
		if (this.redis == null) {
			ServerContainer container = ServerContainer.redis("--appendonly", "yes", "--appendfsync", "everysec",
					"--save", "");
			container.start();
			this.redis = container;
		}
		return RedisURI.create(this.redis.getHost(), this.redis.port());
	}

	/**
	 * Return a new pool of connections to PostgreSQL.
	 */
	synchronized HikariDataSource postgres() {
		if (this.postgres == null) {
			ServerContainer container = ServerContainer.postgresql("-c", "max_wal_size=2GB");
			container.start();
			this.postgres = container;
		}
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl("jdbc:postgresql://%s:%d/test?sslmode=disable".formatted(this.postgres.getHost(),
				this.postgres.port()));
		config.setUsername("test");
		config.setPassword("test");
		config.setMaximumPoolSize(CONNECTIONS);
		config.setMinimumIdle(0);
		return new HikariDataSource(config);
	}

	/**
	 * Return a name that no store has yet.
	 */
	synchronized String newName() {
		return "bench" + ++this.stores;
	}

	/**
	 * Open a store on Redis.
	 * @param name the name of what it keeps
	 */
	KvStore redisStore(String name) {
		return RedisKvStore.standalone(redis()).keyPrefix(name + ":").build();
	}

	/**
	 * Open a store on PostgreSQL.
	 * @param name the name of what it keeps
	 */
	KvStore postgresStore(String name) {
		HikariDataSource pool = postgres();
		return new PooledStore(PostgresKvStore.builder(pool).tablePrefix(name + "_").build(), pool);
	}

	@Override
	public synchronized void close() {
		if (this.redis != null) {
			this.redis.stop();
			this.redis = null;
		}
		if (this.postgres != null) {
			this.postgres.stop();
			this.postgres = null;
		}
	}

	/**
	 * A store that closes its connections when it is closed.
	 */
	private static final class PooledStore extends ForwardingKvStore {

		private final HikariDataSource pool;

		PooledStore(KvStore store, HikariDataSource pool) {
			super(store);
			this.pool = pool;
		}

		@Override
		public void close() {
			super.close();
			this.pool.close();
		}

	}

}
