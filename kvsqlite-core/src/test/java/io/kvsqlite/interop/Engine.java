package io.kvsqlite.interop;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Supplier;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * kvsqlite over a store whose writes are recorded.
 */
final class Engine {

	private final Supplier<? extends KvStore> stores;

	Engine(KvLimits limits) {
		this(() -> new MemoryKvStore(limits));
	}

	/**
	 * Create an engine over stores of any kind.
	 * @param stores gives a store without actors each time
	 */
	Engine(Supplier<? extends KvStore> stores) {
		this.stores = stores;
	}

	/**
	 * Run a script.
	 * @param database the actor's namespace before
	 * @param script the SQL
	 * @return the namespace as it was before the script, then every write that the script
	 * and the close made
	 */
	KvLog run(KvLog database, String script) throws SQLException {
		try (RecordingKvStore store = new RecordingKvStore(this.stores.get())) {
			store.load(database);
			return run(store, script);
		}
	}

	/**
	 * Run a script on a new database.
	 * @param script the SQL
	 * @return every write that the open, the script and the close made
	 */
	KvLog run(String script) throws SQLException {
		try (RecordingKvStore store = new RecordingKvStore(this.stores.get())) {
			return run(store, script);
		}
	}

	private static KvLog run(RecordingKvStore store, String script) throws SQLException {
		store.forget();
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
				Connection connection = factory.dataSource(RecordingKvStore.ACTOR).getConnection()) {
			StockSqlite.execute(connection, script);
		}
		KvLog log = store.log();
		assertThat(KvLog.inWords(store.stored())).as("what the store holds").isEqualTo(KvLog.inWords(log.namespace()));
		return log;
	}

	/**
	 * Return what a database holds, a hot journal rolled back.
	 * @param database the actor's namespace
	 * @return see {@link DatabaseDigest}
	 */
	String digest(KvLog database) throws SQLException {
		return digestOfPrefix(database, database.writes().size());
	}

	/**
	 * Return what a prefix of a log holds once it is opened.
	 * @param log the log
	 * @param count how many writes were applied
	 * @return see {@link DatabaseDigest}
	 */
	String digestOfPrefix(KvLog log, int count) throws SQLException {
		try (RecordingKvStore store = new RecordingKvStore(this.stores.get())) {
			store.load(new KvLog(log.writes().subList(0, count)));
			try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
					Connection connection = factory.dataSource(RecordingKvStore.ACTOR).getConnection()) {
				return DatabaseDigest.of(connection);
			}
		}
	}

}
