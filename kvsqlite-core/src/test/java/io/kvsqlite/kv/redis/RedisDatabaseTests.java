package io.kvsqlite.kv.redis;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Databases in Redis, used through JDBC: how often the server is asked, counted by the
 * server, and what is left after it was killed.
 */
@RequiresDocker
class RedisDatabaseTests {

	private static final AtomicInteger tests = new AtomicInteger();

	private static final ServerContainer redis = ServerContainer.redis("--appendonly", "yes", "--appendfsync",
			"always");

	private static RedisClient client;

	private RedisCommands<String, String> commands;

	private ActorDataSourceFactory factory;

	@BeforeAll
	static void startRedis() {
		redis.start();
		client = RedisClient.create(RedisURI.create("127.0.0.1", redis.port()));
	}

	@AfterAll
	static void stopRedis() {
		client.shutdown();
		redis.close();
	}

	@BeforeEach
	void connect() {
		this.commands = client.connect().sync();
		this.factory = ActorDataSourceFactory.builder(store()).build();
		this.factory.store().ping();
	}

	private static RedisKvStore store() {
		return RedisKvStore.standalone(RedisURI.create("127.0.0.1", redis.port()))
			.keyPrefix("database-" + tests.incrementAndGet() + ":")
			.timeout(Duration.ofSeconds(20))
			.build();
	}

	@Test
	void roundTripsShouldStayWithinTheBudget() throws SQLException {
		try (ActorDataSourceFactory factory = this.factory; RedisKvStore store = (RedisKvStore) factory.store()) {
			DataSource dataSource = factory.dataSource("a");
			// every script is known to the server from here on
			execute(dataSource, "create table warm_up (x)");
			factory.close("a");
			assertThat(store.delete("a", true)).isTrue();

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
			assertRoundTrips("close", 1, () -> factory.close("a"));
			assertRoundTrips("open an actor and query it", 1, () -> query(dataSource, "select count(*) from t"));
			assertRoundTrips("a transaction of 10 MB", 3, () -> insertMegabytes(dataSource, 10));
			assertThat(query(dataSource, "pragma integrity_check")).isEqualTo("ok");
			assertThat(query(dataSource, "select count(*) from t")).isEqualTo("11");
		}
	}

	@Test
	void databaseWhoseServerIsKilledShouldHaveEveryAcknowledgedRow() throws Exception {
		try (ActorDataSourceFactory factory = this.factory; RedisKvStore store = (RedisKvStore) factory.store()) {
			DataSource dataSource = factory.dataSource("a");
			execute(dataSource, "create table t (id integer primary key, v)");
			execute(dataSource, "create index i on t (v)");
			AtomicInteger acknowledged = new AtomicInteger();
			AtomicInteger failed = new AtomicInteger();
			Thread writer = new Thread(() -> {
				while (!Thread.currentThread().isInterrupted()) {
					int next = acknowledged.get() + 1;
					try {
						execute(dataSource, "insert or replace into t values (%d, randomblob(3000))".formatted(next));
						acknowledged.set(next);
					}
					catch (SQLException ex) {
						failed.incrementAndGet();
					}
				}
			});
			writer.start();
			for (int round = 0; round < 3; round++) {
				int goal = acknowledged.get() + 100;
				Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> acknowledged.get() >= goal);
				redis.killServer();
				redis.restartServer();
			}
			int goal = acknowledged.get() + 50;
			Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> acknowledged.get() >= goal);
			writer.interrupt();
			writer.join(30_000);
			assertThat(writer.isAlive()).isFalse();
			factory.close("a");
			assertThat(query(dataSource, "pragma integrity_check")).isEqualTo("ok");
			assertThat(query(dataSource, "select count(*) = max(id) and max(id) between %d and %d from t"
				.formatted(acknowledged.get(), acknowledged.get() + 1))).isEqualTo("1");
			assertThat(failed.get()).as("a restart is over before the timeout").isLessThanOrEqualTo(1);
		}
	}

	private void assertRoundTrips(String step, long atMost, Step work) throws SQLException {
		long before = scripts();
		work.run();
		assertThat(scripts() - before).as("round trips to %s", step).isLessThanOrEqualTo(atMost);
	}

	// Scripts that clients sent; what runs inside a script is counted under its own name.
	private long scripts() {
		return this.commands.info("commandstats")
			.lines()
			.filter((line) -> line.startsWith("cmdstat_eval"))
			.mapToLong((line) -> Long.parseLong(line.substring(line.indexOf("calls=") + 6, line.indexOf(','))))
			.sum();
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
