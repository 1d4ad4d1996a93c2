package io.kvsqlite.driver;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStores;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

/**
 * The stores that connections of this process use: each is opened once, with one factory,
 * and closed with the last of its connections. Thread-safe.
 */
final class SharedStores {

	private final Map<String, Shared> stores = new HashMap<>();

	/**
	 * Return a connection that gives its store back when it is closed.
	 */
	Connection connect(ActorUrl url) throws SQLException {
		Shared shared = acquire(url);
		Connection connection = null;
		Connection returning = null;
		try {
			if (!url.create() && shared.store.owner(url.actorId()) == null) {
				throw new SQLException("There is no actor '%s' in %s; add create=true to make one"
					.formatted(Printable.id(url.actorId()), url.store()), "08001");
			}
			connection = shared.factory.dataSource(url.actorId()).getConnection();
			if (url.readOnly()) {
				connection.setReadOnly(true);
			}
			returning = ReturningConnection.of(connection, () -> release(shared));
			return returning;
		}
		catch (KvException ex) {
			throw failed(url, ex);
		}
		finally {
			if (returning == null) {
				giveBack(connection, shared);
			}
		}
	}

	private void giveBack(@Nullable Connection connection, Shared shared) throws SQLException {
		try {
			if (connection != null) {
				connection.close();
			}
		}
		finally {
			release(shared);
		}
	}

	private static SQLException failed(ActorUrl url, RuntimeException cause) {
		return new SQLException("The store %s cannot be used: %s".formatted(url.store(), cause.getMessage()), "08001",
				cause);
	}

	private synchronized Shared acquire(ActorUrl url) throws SQLException {
		String key = key(url);
		Shared shared = this.stores.get(key);
		if (shared == null) {
			shared = open(key, url);
			this.stores.put(key, shared);
		}
		else if (!shared.options.equals(url.options())) {
			throw new SQLException("The store %s is open in this process with other options: %s instead of %s"
				.formatted(url.store(), shared.options, url.options()), "08001");
		}
		shared.connections++;
		return shared;
	}

	private static String key(ActorUrl url) throws SQLException {
		try {
			return KvStores.canonical(url.store()).toUrl();
		}
		catch (IllegalArgumentException ex) {
			throw failed(url, ex);
		}
	}

	private static Shared open(String key, ActorUrl url) throws SQLException {
		try {
			// an option that cannot be must not leave a store behind that was made for it
			factory(new MemoryKvStore(), url).close();
			KvStore store = KvStores.open(url.store(), url.create());
			return new Shared(key, store, factory(store, url), url.options());
		}
		catch (KvException | IllegalArgumentException ex) {
			throw failed(url, ex);
		}
	}

	private static ActorDataSourceFactory factory(KvStore store, ActorUrl url) {
		ActorDataSourceFactory.Builder builder = ActorDataSourceFactory.builder(store);
		url.configure(builder);
		return builder.build();
	}

	private synchronized void release(Shared shared) {
		if (--shared.connections == 0) {
			this.stores.remove(shared.key);
			try {
				shared.factory.close();
			}
			finally {
				shared.store.close();
			}
		}
	}

	/**
	 * Return how many stores are open.
	 */
	synchronized int open() {
		return this.stores.size();
	}

	/**
	 * A store that is open.
	 */
	private static final class Shared {

		private final String key;

		private final KvStore store;

		private final ActorDataSourceFactory factory;

		private final Map<String, String> options;

		private int connections;

		Shared(String key, KvStore store, ActorDataSourceFactory factory, Map<String, String> options) {
			this.key = key;
			this.store = store;
			this.factory = factory;
			this.options = options;
		}

	}

}
