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
 * @param enabled whether to configure kvsqlite at all
 * @param store where actors' databases are kept
 * @param actors how actors are opened, used and closed
 * @param migrations migrations of each actor's database
 * @param health health of the store
 */
@ConfigurationProperties("kvsqlite")
public record KvSqliteProperties(@DefaultValue("true") boolean enabled, @DefaultValue Store store,
		@DefaultValue Actors actors, @DefaultValue Migrations migrations,
		@DefaultValue Health health) implements InitializingBean {

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
	 * @param type kind of store. Unless set, the first one whose library is on the class
	 * path: RocksDB, Redis, PostgreSQL
	 * @param failFast whether to fail the start of the application when the store cannot
	 * be reached
	 * @param rocksdb store in a directory of this machine
	 */
	public record Store(@Nullable StoreType type, @DefaultValue("false") boolean failFast,
			@DefaultValue RocksDb rocksdb) {

		private void validate() {
			this.rocksdb.validate();
		}

	}

	/**
	 * Store in a directory of this machine.
	 *
	 * @param directory directory of the data, made if it is missing. One process at a
	 * time can use it
	 * @param sync whether a commit is on the disk when it returns. Without it, commits
	 * survive the end of the process but the last ones may be lost when the machine stops
	 * @param blockCacheSize memory for blocks read from the disk
	 * @param writeBufferSize memory for writes that are in the log but in no table yet,
	 * up to three times over
	 * @param compression compression of chunks on the disk
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
	 * @param maxOpen most actors that are open at once. For one more, the least recently
	 * used of those that are idle is closed
	 * @param idleTimeout time without use after which an actor is closed
	 * @param connectionTimeout longest wait for an actor's connection
	 * @param closeTimeout longest wait for those who use an actor that is to be closed,
	 * and for all of them together when the application stops
	 * @param transactionMemory memory of a transaction before it goes to the store in
	 * parts
	 * @param cacheSize memory of SQLite's page cache, for each open actor
	 * @param preloadChunks first chunks of a database, 4 KiB each, that are read with its
	 * opening. Unless set, what the store thinks best
	 * @param readAheadChunks most chunks, 4 KiB each, that are read at once when reads
	 * run in a direction. 1 switches it off
	 * @param pragmas PRAGMAs to set on each connection, such as foreign-keys to on
	 */
	public record Actors(@DefaultValue("1000") int maxOpen, @DefaultValue("10m") Duration idleTimeout,
			@DefaultValue("30s") Duration connectionTimeout, @DefaultValue("10s") Duration closeTimeout,
			@DefaultValue("16MB") DataSize transactionMemory, @DefaultValue("2MB") DataSize cacheSize,
			@Nullable Integer preloadChunks, @DefaultValue("256") int readAheadChunks,
			@DefaultValue Map<String, String> pragmas) {

		private void validate() {
			Rule.atLeast("kvsqlite.actors.max-open", this.maxOpen, 1);
			Rule.positive("kvsqlite.actors.idle-timeout", this.idleTimeout);
			Rule.positive("kvsqlite.actors.connection-timeout", this.connectionTimeout);
			Rule.positive("kvsqlite.actors.close-timeout", this.closeTimeout);
			Rule.atLeast("kvsqlite.actors.transaction-memory", this.transactionMemory, LEAST_TRANSACTION_MEMORY);
			Rule.notNegative("kvsqlite.actors.cache-size", this.cacheSize);
			if (this.preloadChunks != null) {
				Rule.atLeast("kvsqlite.actors.preload-chunks", this.preloadChunks, 1);
			}
			Rule.atLeast("kvsqlite.actors.read-ahead-chunks", this.readAheadChunks, 1);
		}

	}

	/**
	 * Migrations of each actor's database.
	 *
	 * @param enabled whether to migrate actors' databases when they are opened, where
	 * Flyway is on the class path
	 * @param locations locations of the migrations, as Flyway writes them
	 */
	public record Migrations(@DefaultValue("true") boolean enabled,
			@DefaultValue(DEFAULT_LOCATION) List<String> locations) {

		static final String DEFAULT_LOCATION = "classpath:db/actor";

	}

	/**
	 * Health of the store.
	 *
	 * @param timeout longest time that the probe of the store may take
	 */
	public record Health(@DefaultValue("5s") Duration timeout) {

		private void validate() {
			Rule.positive("kvsqlite.health.timeout", this.timeout);
		}

	}

}
