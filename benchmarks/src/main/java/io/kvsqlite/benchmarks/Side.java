package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.stream.Stream;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import org.jspecify.annotations.Nullable;

/**
 * One of the things that are compared: opens connections to databases of its kind.
 */
public enum Side {

	/**
	 * kvsqlite on the in-memory store.
	 */
	KVSQLITE_MEMORY {

		@Override
		KvStore store(Path directory) {
			return new MemoryKvStore();
		}

	},

	/**
	 * kvsqlite on RocksDB, each commit synchronous.
	 */
	KVSQLITE_ROCKSDB {

		@Override
		KvStore store(Path directory) {
			return new RocksDbKvStore(directory.resolve("rocksdb"));
		}

	},

	/**
	 * A local file in its fastest mode: rollback journal in memory, no synchronisation,
	 * exclusive locking.
	 */
	FILE_FASTEST("PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF", "PRAGMA locking_mode=EXCLUSIVE"),

	/**
	 * A local file with a write-ahead log, each commit synchronous.
	 */
	FILE_WAL_FULL("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"),

	/**
	 * A local file with a rollback journal, each commit synchronous.
	 */
	FILE_ROLLBACK_FULL("PRAGMA journal_mode=DELETE", "PRAGMA synchronous=FULL"),

	/**
	 * sqlite-jdbc on a database in memory.
	 */
	SQLITE_MEMORY {

		@Override
		Connection connect(Path directory, String actorId) throws SQLException {
			return DriverManager.getConnection("jdbc:sqlite::memory:");
		}

	};

	private final String[] pragmas;

	Side(String... pragmas) {
		this.pragmas = pragmas;
	}

	/**
	 * Open this side in a directory of its own.
	 */
	Opened open() throws IOException {
		Path directory = Files.createTempDirectory("kvsqlite-benchmark");
		KvStore store = store(directory);
		return new Opened(this, directory, store,
				(store != null) ? ActorDataSourceFactory.builder(store).build() : null);
	}

	@Nullable KvStore store(Path directory) {
		return null;
	}

	Connection connect(Path directory, String actorId) throws SQLException {
		Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve(actorId + ".db"));
		try (Statement statement = connection.createStatement()) {
			for (String pragma : this.pragmas) {
				statement.execute(pragma);
			}
		}
		return connection;
	}

	/**
	 * An open side.
	 *
	 * @param side which one
	 * @param directory where its files are
	 * @param store its store, if it has one
	 * @param factory its factory, if it has one
	 */
	record Opened(Side side, Path directory, @Nullable KvStore store,
			@Nullable ActorDataSourceFactory factory) implements AutoCloseable {

		Connection connection(String actorId) throws SQLException {
			return (this.factory != null) ? this.factory.dataSource(actorId).getConnection()
					: this.side.connect(this.directory, actorId);
		}

		@Override
		public void close() throws IOException {
			if (this.factory != null) {
				this.factory.close();
			}
			if (this.store != null) {
				this.store.close();
			}
			try (Stream<Path> files = Files.walk(this.directory)) {
				for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
					Files.delete(file);
				}
			}
		}

	}

}
