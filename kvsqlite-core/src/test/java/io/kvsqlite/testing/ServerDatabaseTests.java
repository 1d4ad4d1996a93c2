package io.kvsqlite.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Databases kept by a server, used through JDBC: how often the server is asked, what it
 * stores, and what is left after it was killed.
 */
public abstract class ServerDatabaseTests {

	private static final int KILLS = 3;

	/**
	 * Return the server, which is started and no other class's.
	 * @return the server
	 */
	protected abstract ServerContainer server();

	/**
	 * Open a store without actors on the server.
	 * @return the store; the test closes it
	 */
	protected abstract KvStore openStore();

	/**
	 * Open a store without actors whose requests are counted, and no renewal of its lease
	 * among them.
	 * @return the store; the test closes it
	 */
	protected abstract KvStore openCountedStore();

	/**
	 * Return how many requests the counted stores have made.
	 * @return their number, as counted on the wire or by the server
	 */
	protected abstract long requests();

	/**
	 * Return whether the store waits so long for a server that restarts that nobody sees
	 * a failure.
	 * @return whether restarts go unnoticed
	 */
	protected abstract boolean waitsForRestarts();

	@Test
	void roundTripsShouldStayWithinTheBudget() throws SQLException {
		try (KvStore store = openCountedStore();
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
			DataSource dataSource = factory.dataSource("a");
			// everything is prepared from here on
			execute(dataSource, "create table warm_up (x)");
			factory.close("a");
			assertThat(store.delete("a", true)).isTrue();

			assertRequests("open a new actor", 2, () -> query(dataSource, "select 1"));
			assertRequests("commit", 1, () -> execute(dataSource, "create table t (id integer primary key, v)"));
			assertRequests("commit", 1, () -> execute(dataSource, "insert into t (v) values ('one')"));
			assertRequests("warm read", 0, () -> query(dataSource, "select count(*) from t"));
			assertRequests("rollback", 0, () -> rollBack(dataSource, "insert into t (v) values ('two')"));
			assertRequests("close", 1, () -> factory.close("a"));
			assertRequests("open an actor and query it", 1, () -> query(dataSource, "select count(*) from t"));
			assertRequests("a transaction of 10 MB", 3, () -> insertMegabytes(dataSource, 10));
			int limit = store.limits().maxKeys();
			assertRequests("a transaction of 20 MB", 5200 / (limit - 1) + 4, () -> insertMegabytes(dataSource, 20));
			assertThat(query(dataSource, "pragma integrity_check")).isEqualTo("ok");
			assertThat(query(dataSource, "select count(*) from t")).isEqualTo("31");
		}
	}

	@Test
	void databaseShouldBeStoredByteForByteAsInAnyStore() throws SQLException {
		try (MemoryKvStore memory = new MemoryKvStore(); KvStore store = openStore()) {
			for (KvStore each : new KvStore[] { memory, store }) {
				try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(each).build()) {
					DataSource dataSource = factory.dataSource("a");
					execute(dataSource, "create table t (id integer primary key, v text)");
					execute(dataSource,
							"with recursive c (i) as (select 1 union all select i + 1 from c where i < 5000)"
									+ " insert into t select i, printf('%0500d', i) from c");
					execute(dataSource, "create index i on t (v)");
					execute(dataSource, "delete from t where id % 3 > 0");
					execute(dataSource, "vacuum");
					execute(dataSource, "update t set v = 'short' where id % 2 = 0");
				}
			}
			assertThat(contents(store)).hasSizeGreaterThan(200).isEqualTo(contents(memory));
		}
	}

	@Test
	void databaseWhoseServerIsKilledShouldHaveEveryAcknowledgedRow() throws Exception {
		try (KvStore store = openStore();
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
			DataSource dataSource = factory.dataSource("a");
			execute(dataSource, "create table t (id integer primary key, v)");
			execute(dataSource, "create index i on t (v)");
			AtomicInteger acknowledged = new AtomicInteger();
			AtomicInteger failed = new AtomicInteger();
			AtomicBoolean stop = new AtomicBoolean();
			Thread writer = new Thread(() -> {
				while (!stop.get()) {
					int next = acknowledged.get() + 1;
					try {
						execute(dataSource, "insert or replace into t values (%d, randomblob(3000))".formatted(next));
						acknowledged.set(next);
					}
					catch (SQLException ex) {
						// tried again under the same number, for nothing is known of it
						failed.incrementAndGet();
					}
				}
			});
			writer.start();
			for (int kill = 0; kill < KILLS; kill++) {
				awaitMore(acknowledged);
				server().killServer();
				server().restartServer();
			}
			awaitMore(acknowledged);
			stop.set(true);
			writer.join(Duration.ofMinutes(3).toMillis());
			assertThat(writer.isAlive()).isFalse();
			factory.close("a");
			assertThat(query(dataSource, "pragma integrity_check")).isEqualTo("ok");
			assertThat(query(dataSource, "select count(*) = max(id) and max(id) between %d and %d from t"
				.formatted(acknowledged.get(), acknowledged.get() + 1))).isEqualTo("1");
			if (waitsForRestarts()) {
				assertThat(failed).as("failures seen").hasValue(0);
			}
		}
	}

	private static void awaitMore(AtomicInteger acknowledged) {
		int goal = acknowledged.get() + 50;
		Awaitility.await().atMost(Duration.ofSeconds(120)).until(() -> acknowledged.get() >= goal);
	}

	private void assertRequests(String step, int atMost, Step work) throws SQLException {
		long before = requests();
		work.run();
		assertThat(requests() - before).as("requests to %s", step).isLessThanOrEqualTo(atMost);
	}

	private static Map<String, String> contents(KvStore store) {
		Map<String, String> contents = new TreeMap<>();
		try (KvSnapshot snapshot = store.snapshot("a")) {
			byte[][] keys = snapshot.keys(new byte[0], 100_000);
			byte[] @Nullable [] values = snapshot.read(keys);
			for (int i = 0; i < keys.length; i++) {
				contents.put(HexFormat.of().formatHex(keys[i]), HexFormat.of().formatHex(values[i]));
			}
		}
		return contents;
	}

	private static void insertMegabytes(DataSource dataSource, int megabytes) throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			try (PreparedStatement insert = connection.prepareStatement("insert into t (v) values (randomblob(?))")) {
				for (int i = 0; i < megabytes; i++) {
					insert.setInt(1, 1_000_000);
					insert.executeUpdate();
				}
			}
			connection.commit();
		}
	}

	private static void rollBack(DataSource dataSource, String sql) throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate(sql);
			}
			connection.rollback();
		}
	}

	private static void execute(DataSource dataSource, String sql) throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static String query(DataSource dataSource, String sql) throws SQLException {
		try (Connection connection = dataSource.getConnection();
				Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery(sql)) {
			assertThat(result.next()).isTrue();
			return result.getString(1);
		}
	}

	@FunctionalInterface
	private interface Step {

		void run() throws SQLException;

	}

}
