package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;

/**
 * One of the things that are compared: opens databases of its kind.
 */
public enum Side {

	/**
	 * kvsqlite on the in-memory store.
	 */
	KVSQLITE_MEMORY("kvsqlite, memory") {

		@Override
		OpenSide open(Bench bench) {
			return new ActorSide(this, bench, (directory) -> new MemoryKvStore());
		}

	},

	/**
	 * kvsqlite on RocksDB, each commit synchronous: the default.
	 */
	KVSQLITE_ROCKSDB("kvsqlite, RocksDB") {

		@Override
		OpenSide open(Bench bench) {
			return new ActorSide(this, bench, RocksDbKvStore::new);
		}

	},

	/**
	 * kvsqlite on RocksDB, commits not synchronous.
	 */
	KVSQLITE_ROCKSDB_UNSYNCED("kvsqlite, RocksDB, sync off") {

		@Override
		OpenSide open(Bench bench) {
			return new ActorSide(this, bench,
					(directory) -> new RocksDbKvStore(RocksDbOptions.of(directory).withSync(false)));
		}

	},

	/**
	 * kvsqlite on a Redis server in a container.
	 */
	KVSQLITE_REDIS("kvsqlite, Redis") {

		@Override
		boolean isAvailable(Bench bench) {
			return bench.servers().available();
		}

		@Override
		OpenSide open(Bench bench) {
			String name = bench.servers().newName();
			return new ActorSide(this, bench, (directory) -> bench.servers().redisStore(name));
		}

	},

	/**
	 * kvsqlite on a PostgreSQL server in a container.
	 */
	KVSQLITE_POSTGRESQL("kvsqlite, PostgreSQL") {

		@Override
		boolean isAvailable(Bench bench) {
			return bench.servers().available();
		}

		@Override
		OpenSide open(Bench bench) {
			String name = bench.servers().newName();
			return new ActorSide(this, bench, (directory) -> bench.servers().postgresStore(name));
		}

	},

	/**
	 * A local file in its fastest mode: rollback journal in memory, no synchronisation,
	 * exclusive locking.
	 */
	FILE_FASTEST("file, fastest and unsafe", "PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF",
			"PRAGMA locking_mode=EXCLUSIVE"),

	/**
	 * A local file with a write-ahead log, each commit synchronous.
	 */
	FILE_WAL_FULL("file, WAL, FULL", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"),

	/**
	 * A local file with a write-ahead log, synchronous at checkpoints only.
	 */
	FILE_WAL_NORMAL("file, WAL, NORMAL", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL"),

	/**
	 * A local file with a rollback journal, each commit synchronous.
	 */
	FILE_ROLLBACK_FULL("file, rollback, FULL", "PRAGMA journal_mode=DELETE", "PRAGMA synchronous=FULL"),

	/**
	 * A local file with a rollback journal, each commit synchronous but for the
	 * directory.
	 */
	FILE_ROLLBACK_NORMAL("file, rollback, NORMAL", "PRAGMA journal_mode=DELETE", "PRAGMA synchronous=NORMAL"),

	/**
	 * sqlite-jdbc on a database in memory.
	 */
	SQLITE_MEMORY("sqlite-jdbc :memory:") {

		@Override
		Connection connect(Path directory, String actorId) throws SQLException {
			return DriverManager.getConnection("jdbc:sqlite::memory:");
		}

	};

	private final String label;

	private final String[] pragmas;

	Side(String label, String... pragmas) {
		this.label = label;
		this.pragmas = pragmas;
	}

	/**
	 * Return the name under which this side stands in tables and plots.
	 */
	String label() {
		return this.label;
	}

	/**
	 * Return whether this side can be opened on this machine.
	 */
	boolean isAvailable(Bench bench) {
		return true;
	}

	/**
	 * Open this side in a directory of its own.
	 */
	OpenSide open(Bench bench) throws IOException {
		return new FileSide(this, bench);
	}

	/**
	 * Connect to a local database as this side sets it up.
	 */
	Connection connect(Path directory, String actorId) throws SQLException {
		Connection connection = DriverManager.getConnection(url(directory, actorId));
		try (Statement statement = connection.createStatement()) {
			for (String pragma : this.pragmas) {
				statement.execute(pragma);
			}
		}
		return connection;
	}

	static String url(Path directory, String actorId) {
		return "jdbc:sqlite:" + directory.resolve(actorId + ".db");
	}

	/**
	 * An open side with a database for each actor.
	 */
	interface OpenSide extends AutoCloseable {

		/**
		 * Return a connection to an actor's database, to be closed after use.
		 */
		Connection connection(String actorId) throws SQLException;

		/**
		 * Let go of what is kept in memory of an actor that nobody uses.
		 */
		default void sleep(String actorId) throws SQLException {
		}

		/**
		 * Let go of everything that is kept in this process, as after a restart.
		 * @param evict whether to drop the operating system's cache of the files as well
		 */
		void chill(boolean evict) throws IOException, SQLException;

		/**
		 * Return the store behind the actors, to see what reaches it.
		 */
		default KvStore store() {
			throw new IllegalStateException("A side without a store");
		}

		@Override
		void close() throws IOException;

	}

	/**
	 * A file for each actor.
	 */
	private static final class FileSide implements OpenSide {

		private final Side side;

		private final Path directory;

		FileSide(Side side, Bench bench) throws IOException {
			this.side = side;
			this.directory = bench.newDirectory();
		}

		@Override
		public Connection connection(String actorId) throws SQLException {
			return this.side.connect(this.directory, actorId);
		}

		@Override
		public void chill(boolean evict) throws IOException {
			if (evict) {
				PageCache.evict(this.directory);
			}
		}

		@Override
		public void close() throws IOException {
			Directories.delete(this.directory);
		}

	}

	/**
	 * Makes a store.
	 */
	interface StoreMaker {

		/**
		 * Make a store.
		 * @param directory for what it keeps
		 * @return the store
		 */
		KvStore make(Path directory);

	}

}
