package io.kvsqlite.spring.autoconfigure;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Properties of kvsqlite. A value that is not allowed fails the start of the application
 * with the property's name.
 *
 * @param enabled Whether to configure kvsqlite at all.
 * @param store Where actors' databases are kept.
 * @param actors How actors are opened, used and closed.
 * @param migrations Migrations of each actor's database.
 * @param health Health of the store.
 * @param routing Data source that follows the current actor.
 */
@ConfigurationProperties("kvsqlite")
public record KvSqliteProperties(@DefaultValue("true") boolean enabled, @DefaultValue Store store,
		@DefaultValue Actors actors, @DefaultValue Migrations migrations, @DefaultValue Health health,
		@DefaultValue Routing routing) implements InitializingBean {

	private static final DataSize LEAST_TRANSACTION_MEMORY = DataSize.ofKilobytes(64);

	@Override
	public void afterPropertiesSet() {
		this.store.validate();
		this.actors.validate();
		this.health.validate();
	}

	/**
	 * Where actors' databases are kept.
	 *
	 * @param type Kind of store. Unless set, the first one whose library is on the class
	 * path: RocksDB, Redis, PostgreSQL.
	 * @param failFast Whether to fail the start of the application when the store cannot
	 * be reached.
	 * @param ownerName Name of this process for others that share the store. Unless set,
	 * the host's name and the process id.
	 * @param leaseDuration Time for which the actors of a process that died stay its own,
	 * in a store that processes share.
	 * @param timeout Longest time that an operation of a remote store may take, its
	 * repetitions included.
	 * @param rocksdb Store in a directory of this machine.
	 * @param redis Store in Redis.
	 * @param postgresql Store in PostgreSQL.
	 */
	public record Store(@Nullable StoreType type, @DefaultValue("false") boolean failFast, @Nullable String ownerName,
			@DefaultValue("15s") Duration leaseDuration, @DefaultValue("10s") Duration timeout,
			@DefaultValue RocksDb rocksdb, @DefaultValue Redis redis, @DefaultValue Postgresql postgresql) {

		private static final Duration A_SECOND = Duration.ofSeconds(1);

		private void validate() {
			if (this.ownerName != null) {
				Rule.notEmpty("kvsqlite.store.owner-name", this.ownerName);
			}
			Rule.atLeast("kvsqlite.store.lease-duration", this.leaseDuration, A_SECOND);
			Rule.atLeast("kvsqlite.store.timeout", this.timeout, A_SECOND);
			this.rocksdb.validate();
			this.redis.validate();
			this.postgresql.validate();
		}

	}

	/**
	 * Store in Redis.
	 *
	 * @param keyPrefix Beginning of the names of all keys.
	 * @param connections Connections, to each node of a Cluster, over which actors are
	 * spread.
	 * @param replicas Replicas that must confirm each write. It costs a second round
	 * trip.
	 * @param replicaTimeout Longest wait for replicas to confirm, or for a write to be on
	 * disk.
	 * @param waitForFsync Whether each write must be on disk in the append-only file, of
	 * the server and of those replicas. It costs a second round trip and needs Redis 7.2.
	 */
	public record Redis(@DefaultValue("kvsqlite:") String keyPrefix, @DefaultValue("4") int connections,
			@DefaultValue("0") int replicas, @DefaultValue("1s") Duration replicaTimeout,
			@DefaultValue("false") boolean waitForFsync) {

		private void validate() {
			Rule.matches("kvsqlite.store.redis.key-prefix", this.keyPrefix, "[^{}]+",
					"It must not be empty and have no braces");
			Rule.atLeast("kvsqlite.store.redis.connections", this.connections, 1);
			Rule.notNegative("kvsqlite.store.redis.replicas", this.replicas);
			Rule.positive("kvsqlite.store.redis.replica-timeout", this.replicaTimeout);
		}

	}

	/**
	 * Store in PostgreSQL.
	 *
	 * @param tablePrefix Beginning of the names of all tables, with or without a schema
	 * in front.
	 * @param createTables Whether to make the tables if they do not exist.
	 */
	public record Postgresql(@DefaultValue("kvsqlite_") String tablePrefix,
			@DefaultValue("true") boolean createTables) {

		private void validate() {
			Rule.matches("kvsqlite.store.postgresql.table-prefix", this.tablePrefix,
					"([a-z_][a-z0-9_]*\\.)?[a-z_][a-z0-9_]{0,39}",
					"It must be lower-case letters, digits and underscores, at most 40, with a schema and a dot in "
							+ "front or not");
		}

	}

	/**
	 * Store in a directory of this machine.
	 *
	 * @param directory Directory of the data, made if it is missing. One process at a
	 * time can use it.
	 * @param sync Whether a commit is on the disk when it returns. Without it, commits
	 * survive the end of the process but the last ones may be lost when the machine
	 * stops.
	 * @param blockCacheSize Memory for blocks read from the disk.
	 * @param writeBufferSize Memory for writes that are in the log but in no table yet,
	 * up to three times over.
	 * @param compression Compression of chunks on the disk.
	 */
	public record RocksDb(@DefaultValue("data/kvsqlite") String directory, @DefaultValue("true") boolean sync,
			@DefaultValue("64MB") DataSize blockCacheSize, @DefaultValue("32MB") DataSize writeBufferSize,
			@DefaultValue("lz4") Compression compression) {

		private static final DataSize LEAST_WRITE_BUFFER = DataSize.ofKilobytes(64);

		private void validate() {
			Rule.notEmpty("kvsqlite.store.rocksdb.directory", this.directory);
			path();
			Rule.notNegative("kvsqlite.store.rocksdb.block-cache-size", this.blockCacheSize);
			Rule.atLeast("kvsqlite.store.rocksdb.write-buffer-size", this.writeBufferSize, LEAST_WRITE_BUFFER);
		}

		Path path() {
			try {
				return Path.of(this.directory);
			}
			catch (InvalidPathException ex) {
				throw Rule.violated("kvsqlite.store.rocksdb.directory", this.directory,
						"must be a path of this system: " + ex.getReason());
			}
		}

	}

	/**
	 * How chunks are compressed on the disk. What was written before a change stays
	 * readable.
	 */
	public enum Compression {

		/**
		 * Not at all.
		 */
		NONE,

		/**
		 * Little work, and about half the size for a usual database.
		 */
		LZ4,

		/**
		 * More work, smaller.
		 */
		ZSTD

	}

	/**
	 * How actors are opened, used and closed.
	 *
	 * @param maxOpen Most actors that are open at once. For one more, the least recently
	 * used of those that are idle is closed.
	 * @param idleTimeout Time without use after which an actor is closed.
	 * @param connectionTimeout Longest wait for an actor's connection.
	 * @param closeTimeout Longest wait for those who use an actor that is to be closed,
	 * and for all of them together when the application stops.
	 * @param transactionMemory Memory of a transaction before it goes to the store in
	 * parts.
	 * @param cacheSize Memory of SQLite's page cache, for each open actor.
	 * @param statementCacheSize Most prepared statements that each open actor keeps for
	 * whoever prepares the same SQL next. 0 switches it off.
	 * @param preloadChunks First chunks of a database, 4 KiB each, that are read with its
	 * opening. Unless set, what the store thinks best.
	 * @param readAheadChunks Most chunks, 4 KiB each, that are read at once when reads
	 * run in a direction. 1 switches it off.
	 * @param pragmas PRAGMAs to set on each connection, such as foreign-keys to on.
	 */
	public record Actors(@DefaultValue("1000") int maxOpen, @DefaultValue("10m") Duration idleTimeout,
			@DefaultValue("30s") Duration connectionTimeout, @DefaultValue("10s") Duration closeTimeout,
			@DefaultValue("16MB") DataSize transactionMemory, @DefaultValue("2000KB") DataSize cacheSize,
			@DefaultValue("8") int statementCacheSize, @Nullable Integer preloadChunks,
			@DefaultValue("256") int readAheadChunks, @DefaultValue Map<String, String> pragmas) {

		private void validate() {
			Rule.atLeast("kvsqlite.actors.max-open", this.maxOpen, 1);
			Rule.positive("kvsqlite.actors.idle-timeout", this.idleTimeout);
			Rule.positive("kvsqlite.actors.connection-timeout", this.connectionTimeout);
			Rule.positive("kvsqlite.actors.close-timeout", this.closeTimeout);
			Rule.atLeast("kvsqlite.actors.transaction-memory", this.transactionMemory, LEAST_TRANSACTION_MEMORY);
			Rule.notNegative("kvsqlite.actors.cache-size", this.cacheSize);
			Rule.atLeast("kvsqlite.actors.statement-cache-size", this.statementCacheSize, 0);
			if (this.preloadChunks != null) {
				Rule.atLeast("kvsqlite.actors.preload-chunks", this.preloadChunks, 1);
			}
			Rule.atLeast("kvsqlite.actors.read-ahead-chunks", this.readAheadChunks, 1);
		}

	}

	/**
	 * Migrations of each actor's database.
	 *
	 * @param enabled Whether to migrate actors' databases when they are opened, where
	 * Flyway is on the class path.
	 * @param locations Locations of the migrations, as Flyway writes them.
	 */
	public record Migrations(@DefaultValue("true") boolean enabled,
			@DefaultValue(DEFAULT_LOCATION) List<String> locations) {

		static final String DEFAULT_LOCATION = "classpath:db/actor";

	}

	/**
	 * Health of the store.
	 *
	 * @param timeout Longest time that the probe of the store may take.
	 */
	public record Health(@DefaultValue("5s") Duration timeout) {

		private void validate() {
			Rule.positive("kvsqlite.health.timeout", this.timeout);
		}

	}

	/**
	 * Data source that follows the current actor.
	 *
	 * @param enabled Whether to add a DataSource that is the one of the current actor,
	 * for declarative transactions, repositories, JPA and the like.
	 */
	public record Routing(@DefaultValue("false") boolean enabled) {
	}

}
