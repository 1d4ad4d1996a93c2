package io.kvsqlite.kv.jdbc;

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

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Databases in PostgreSQL, used through JDBC: how often the server is asked, counted on
 * the wire, what is stored, and what is left after the server was killed.
 */
@RequiresDocker
class PostgresDatabaseTests {

	private static final ServerContainer server = ServerContainer.postgresql();

	private static HikariDataSource direct;

	private static PostgresProxy proxy;

	private static HikariDataSource pool;

	private TestTables tables;

	private ActorDataSourceFactory factory;

	@BeforeAll
	static void start() throws Exception {
		server.start();
		direct = TestPools.pool(server, 4);
		proxy = new PostgresProxy(server.getHost(), server.port());
		pool = TestPools.pool("localhost", proxy.port(), 4);
	}

	@AfterAll
	static void stop() throws Exception {
		pool.close();
		proxy.close();
		direct.close();
		server.stop();
	}

	@BeforeEach
	void open() {
		this.tables = new TestTables(direct);
		// no renewal of the lease comes in between what is counted
		this.factory = ActorDataSourceFactory
			.builder(PostgresKvStore.builder(pool)
				.tablePrefix(this.tables.prefix())
				.leaseTime(Duration.ofMinutes(30))
				.build())
			.build();
		this.factory.store().ping();
	}

	@AfterEach
	void close() throws Exception {
		this.factory.close();
		this.factory.store().close();
		this.tables.close();
	}

	@Test
	void roundTripsShouldStayWithinTheBudget() throws SQLException {
		DataSource dataSource = this.factory.dataSource("a");
		assertRoundTrips("open a new actor", 2, () -> query(dataSource, "select 1"));
		assertRoundTrips("commit", 1, () -> execute(dataSource, "create table t (id integer primary key, v)"));
		assertRoundTrips("commit", 1, () -> execute(dataSource, "insert into t (v) values ('one')"));
		assertRoundTrips("warm read", 0, () -> query(dataSource, "select count(*) from t"));
		assertRoundTrips("rollback", 0, () -> {
			try (Connection connection = dataSource.getConnection()) {
				connection.setAutoCommit(false);
				try (Statement statement = connection.createStatement()) {
					statement.executeUpdate("insert into t (v) values ('two')");
				}
				connection.rollback();
			}
		});
		assertRoundTrips("close", 1, () -> this.factory.close("a"));
		assertRoundTrips("open an actor and query it", 1, () -> query(dataSource, "select count(*) from t"));
		int limit = this.factory.store().limits().maxKeys();
		assertRoundTrips("a transaction of 20 MB", 5200 / (limit - 1) + 4, () -> insertMegabytes(dataSource, 20));
		assertThat(query(dataSource, "pragma integrity_check")).isEqualTo("ok");
		assertThat(query(dataSource, "select count(*) from t")).isEqualTo("21");
	}

	@Test
	void databaseShouldBeStoredByteForByteAsInAnyStore() throws SQLException {
		try (MemoryKvStore memory = new MemoryKvStore();
				ActorDataSourceFactory other = ActorDataSourceFactory.builder(memory).build()) {
			for (ActorDataSourceFactory each : new ActorDataSourceFactory[] { this.factory, other }) {
				DataSource dataSource = each.dataSource("a");
				execute(dataSource, "create table t (id integer primary key, v text)");
				execute(dataSource, "with recursive c (i) as (select 1 union all select i + 1 from c where i < 5000)"
						+ " insert into t select i, printf('%0500d', i) from c");
				execute(dataSource, "create index i on t (v)");
				execute(dataSource, "delete from t where id % 3 > 0");
				execute(dataSource, "vacuum");
				execute(dataSource, "update t set v = 'short' where id % 2 = 0");
				each.close("a");
			}
			Map<String, String> stored = contents(this.factory.store());
			assertThat(stored).hasSizeGreaterThan(200).isEqualTo(contents(memory));
		}
	}

	@Test
	void databaseWhoseServerIsKilledShouldHaveEveryAcknowledgedRow() throws Exception {
		try (ActorDataSourceFactory factory = ActorDataSourceFactory
			.builder(PostgresKvStore.builder(direct).tablePrefix(this.tables.prefix()).build())
			.build()) {
			DataSource dataSource = factory.dataSource("a");
			execute(dataSource, "create table t (id integer primary key, v)");
			execute(dataSource, "create index i on t (v)");
			AtomicInteger acknowledged = new AtomicInteger();
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
					}
				}
			});
			writer.start();
			for (int round = 0; round < 3; round++) {
				awaitMore(acknowledged);
				server.killServer();
				server.restartServer();
			}
			awaitMore(acknowledged);
			stop.set(true);
			writer.join(60_000);
			assertThat(writer.isAlive()).isFalse();
			factory.close("a");
			assertThat(query(dataSource, "pragma integrity_check")).isEqualTo("ok");
			assertThat(query(dataSource, "select count(*) = max(id) and max(id) between %d and %d from t"
				.formatted(acknowledged.get(), acknowledged.get() + 1))).isEqualTo("1");
			factory.store().close();
		}
	}

	private static void awaitMore(AtomicInteger acknowledged) {
		int goal = acknowledged.get() + 50;
		Awaitility.await().atMost(Duration.ofSeconds(120)).until(() -> acknowledged.get() >= goal);
	}

	private static void assertRoundTrips(String step, int atMost, Step work) throws SQLException {
		int before = proxy.roundTrips();
		work.run();
		assertThat(proxy.roundTrips() - before).as("round trips to %s", step).isLessThanOrEqualTo(atMost);
	}

	private static Map<String, String> contents(KvStore store) {
		Map<String, String> contents = new TreeMap<>();
		try (KvSnapshot snapshot = store.snapshot("a")) {
			byte[][] keys = snapshot.keys(new byte[0], Integer.MAX_VALUE);
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
