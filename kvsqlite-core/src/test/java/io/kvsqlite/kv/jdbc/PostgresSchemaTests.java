package io.kvsqlite.kv.jdbc;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.sqlite.SQLiteDataSource;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.CuttingProxy;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.TestPools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * How {@link PostgresKvStore} makes its tables, and what it says of servers and tables
 * that are not what it needs.
 */
@RequiresDocker
@Tag("once")
class PostgresSchemaTests {

	private static final byte[][] NO_KEYS = {};

	private static ServerContainer server;

	private static HikariDataSource dataSource;

	@BeforeAll
	static void start() {
		server = ServerContainer.sharedPostgresql();
		dataSource = TestPools.pool(server, 16);
	}

	@AfterAll
	static void stop() {
		dataSource.close();
	}

	@Test
	void storesThatStartTogetherShouldMakeTheTablesOnce() throws Exception {
		for (int round = 0; round < 5; round++) {
			try (TestTables tables = new TestTables(dataSource)) {
				int stores = 6;
				CountDownLatch together = new CountDownLatch(stores);
				ExecutorService executor = Executors.newFixedThreadPool(stores);
				List<Future<?>> futures = new ArrayList<>();
				for (int i = 0; i < stores; i++) {
					String actor = "actor-" + i;
					futures.add(executor.submit(() -> {
						try (PostgresKvStore store = store(tables)) {
							together.countDown();
							together.await();
							writeAndRead(store, actor);
						}
						return null;
					}));
				}
				for (Future<?> future : futures) {
					future.get(3, TimeUnit.MINUTES);
				}
				executor.shutdown();
			}
		}
	}

	@Test
	void tablesShouldKeepValuesUncompressedAndOutOfLine() throws Exception {
		try (TestTables tables = new TestTables(dataSource); PostgresKvStore store = store(tables)) {
			store.ping();
			assertThat(text("SELECT attstorage FROM pg_attribute WHERE attrelid = '%schunks'::regclass"
				.formatted(tables.prefix()) + " AND attname = 'value'")).isEqualTo("e");
			assertThat(text("SELECT reloptions::text FROM pg_class WHERE oid = '%sactors'::regclass"
				.formatted(tables.prefix()))).contains("fillfactor=50");
		}
	}

	@Test
	void tablesOfTheScriptShouldBeUsedAsTheyAre() throws Exception {
		try (InputStream script = PostgresKvStore.class.getResourceAsStream("schema-postgresql.sql")) {
			assertThat(script).isNotNull();
			execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
		}
		try (PostgresKvStore store = PostgresKvStore.builder(dataSource).createTables(false).build()) {
			writeAndRead(store, "a");
		}
		try (PostgresKvStore store = PostgresKvStore.builder(dataSource).build()) {
			assertThat(store.owner("a").commit()).isEqualTo(1);
		}
		execute("DROP TABLE kvsqlite_actors, kvsqlite_chunks, kvsqlite_leases; DROP SEQUENCE kvsqlite_epochs");
	}

	@Test
	void tablesOfAnotherSchemaShouldBeNamedByThePrefix() throws Exception {
		execute("CREATE SCHEMA tenants");
		try (PostgresKvStore store = PostgresKvStore.builder(dataSource).tablePrefix("tenants.db_").build()) {
			writeAndRead(store, "a");
		}
		assertThat(text("SELECT count(*) FROM tenants.db_actors")).isEqualTo("1");
	}

	@Test
	void tablesThatAreMissingShouldBeNamedWhenTheyAreNotToBeMade() throws Exception {
		try (TestTables tables = new TestTables(dataSource);
				PostgresKvStore store = PostgresKvStore.builder(dataSource)
					.tablePrefix(tables.prefix())
					.createTables(false)
					.build()) {
			assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(store::ping)
				.withMessageContaining(tables.prefix())
				.withMessageContaining("schema-postgresql.sql");
			assertThat(text("SELECT to_regclass('%sactors')".formatted(tables.prefix()))).isNull();
		}
	}

	@Test
	void tablesWithoutFencesShouldGetThemAndKeepTheirActors() throws Exception {
		try (TestTables tables = new TestTables(dataSource)) {
			makeTablesWithoutFences(tables);
			try (PostgresKvStore store = store(tables)) {
				KvSession session = store.open("a", NO_KEYS).session();
				assertThat(session.lastCommit()).isEqualTo(new KvCommit(1, KvFence.NONE));
				write(session, "2");
				assertThat(session.lastCommit()).isEqualTo(new KvCommit(2, session.fence()));
			}
			try (PostgresKvStore store = store(tables)) {
				assertThat(store.open("a", NO_KEYS).session().commit()).isEqualTo(2);
			}
		}
	}

	/**
	 * It knows of no fence, and takes the epoch up.
	 */
	@Test
	void processOfTheVersionWithoutFencesShouldEndTheSessionsOfThisOne() throws Exception {
		try (TestTables tables = new TestTables(dataSource)) {
			makeTablesWithoutFences(tables);
			try (PostgresKvStore store = store(tables)) {
				KvSession session = store.open("a", NO_KEYS).session();
				write(session, "2");
				execute("UPDATE %sactors SET epoch = epoch + 1, lease = gen_random_uuid()".formatted(tables.prefix()));
				assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(session, "3"));
			}
		}
	}

	@Test
	void tablesWithoutFencesShouldBeRefusedWhereTablesAreNotToBeMade() throws Exception {
		try (TestTables tables = new TestTables(dataSource)) {
			makeTablesWithoutFences(tables);
			try (PostgresKvStore store = PostgresKvStore.builder(dataSource)
				.tablePrefix(tables.prefix())
				.createTables(false)
				.build()) {
				assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(store::ping)
					.withMessageContaining("run ALTER TABLE %sactors ADD COLUMN".formatted(tables.prefix()))
					.withMessageNotContaining("\n");
			}
		}
	}

	private static void write(KvSession session, String value) {
		session.write(new KvWrite().put(new byte[] { 1 }, value.getBytes(StandardCharsets.UTF_8)));
	}

	/**
	 * Make an actor with one commit, as the version did that kept no fences.
	 */
	private static void makeTablesWithoutFences(TestTables tables) throws Exception {
		try (PostgresKvStore store = store(tables)) {
			write(store.open("a", NO_KEYS).session(), "1");
		}
		execute("ALTER TABLE %sactors DROP COLUMN fence, DROP COLUMN commit_fence".formatted(tables.prefix()));
	}

	@Test
	void tableOfAnotherProgramShouldBeLeftAlone() throws Exception {
		try (TestTables tables = new TestTables(dataSource); PostgresKvStore store = store(tables)) {
			execute("CREATE TABLE %sactors (id serial, name text)".formatted(tables.prefix()));
			execute("INSERT INTO %sactors (name) VALUES ('Harrison')".formatted(tables.prefix()));
			assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> store.open("a", NO_KEYS))
				.withMessageContaining("'%sactors' is not kvsqlite's".formatted(tables.prefix()))
				.withMessageContaining("[id, name]");
			assertThat(text("SELECT string_agg(name, ',') FROM %sactors".formatted(tables.prefix())))
				.isEqualTo("Harrison");
			assertThat(text("SELECT to_regclass('%schunks')".formatted(tables.prefix()))).isNull();
		}
	}

	@Test
	void tablesOfWhichSomeAreMissingShouldNotBeCompleted() throws Exception {
		try (TestTables tables = new TestTables(dataSource)) {
			try (PostgresKvStore store = store(tables)) {
				writeAndRead(store, "a");
			}
			execute("DROP TABLE %sleases".formatted(tables.prefix()));
			try (PostgresKvStore store = store(tables)) {
				assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(store::ping)
					.withMessageContaining("not %sleases".formatted(tables.prefix()));
			}
			assertThat(text("SELECT to_regclass('%sleases')".formatted(tables.prefix()))).isNull();
		}
	}

	@Test
	void serverOfAnotherKindShouldBeNamed() {
		SQLiteDataSource other = new SQLiteDataSource();
		other.setUrl("jdbc:sqlite::memory:");
		try (PostgresKvStore store = PostgresKvStore.builder(other).build()) {
			assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(store::ping)
				.withMessageContaining("SQLite");
		}
	}

	@Test
	void serverOfAnEarlierVersionShouldBeTurnedAway() throws Exception {
		try (CuttingProxy proxy = new CuttingProxy(server.getHost(), server.port());
				TestTables tables = new TestTables(dataSource);
				HikariDataSource pool = TestPools.pool("localhost", proxy.port(), 2);
				PostgresKvStore store = PostgresKvStore.builder(pool).tablePrefix(tables.prefix()).build()) {
			proxy.overwriteAnswers("server_version\0", "11");
			assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> store.open("a", NO_KEYS))
				.withMessageContaining("version 12 or later")
				.withMessageContaining("11");
			assertThat(text("SELECT to_regclass('%sactors')".formatted(tables.prefix()))).isNull();
		}
	}

	@Test
	void credentialsThatAreWrongShouldBeSaidToBe() {
		for (HikariDataSource wrong : List.of(pool("test", "guess"), pool("nobody", "test"))) {
			try (wrong; PostgresKvStore store = PostgresKvStore.builder(wrong).build()) {
				// the pool gives up after two seconds, in which a busy server may not
				// answer
				Awaitility.await()
					.atMost(Duration.ofMinutes(1))
					.untilAsserted(() -> assertThatExceptionOfType(KvDefiniteException.class)
						.isThrownBy(() -> store.open("a", NO_KEYS))
						.isNotInstanceOf(KvUnavailableException.class)
						.havingCause()
						.withStackTraceContaining("password authentication failed"));
			}
		}
	}

	@Test
	void serverThatIsNotThereShouldBeUnavailableAndUsedWhenItIs() throws Exception {
		PGSimpleDataSource nowhere = new PGSimpleDataSource();
		nowhere.setServerNames(new String[] { "localhost" });
		nowhere.setPortNumbers(new int[] { ServerContainer.freePort() });
		try (TestTables tables = new TestTables(dataSource);
				PostgresKvStore store = PostgresKvStore.builder(nowhere).tablePrefix(tables.prefix()).build()) {
			assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(store::ping)
				.withMessageContaining("refused");
			nowhere.setPortNumbers(new int[] { server.port() });
			nowhere.setUser("test");
			nowhere.setPassword("test");
			store.ping();
		}
	}

	@Test
	void userWithoutRightsShouldBeRefused() throws Exception {
		execute("CREATE ROLE reader LOGIN PASSWORD 'reader'");
		try (TestTables tables = new TestTables(dataSource); PostgresKvStore owner = store(tables)) {
			writeAndRead(owner, "a");
			execute("GRANT SELECT ON %1$sactors, %1$schunks, %1$sleases TO reader".formatted(tables.prefix()));
			try (HikariDataSource pool = pool("reader", "reader");
					PostgresKvStore store = PostgresKvStore.builder(pool).tablePrefix(tables.prefix()).build()) {
				assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> store.open("a", NO_KEYS))
					.isNotInstanceOf(KvUnavailableException.class)
					.withMessageContaining("permission denied");
			}
		}
	}

	@Test
	void readOnlyConnectionsShouldBeExplained() throws Exception {
		try (TestTables tables = new TestTables(dataSource); PostgresKvStore owner = store(tables)) {
			owner.ping();
			try (HikariDataSource pool = TestPools.pool(server, 2)) {
				pool.addDataSourceProperty("options", "-c default_transaction_read_only=on");
				try (PostgresKvStore store = PostgresKvStore.builder(pool).tablePrefix(tables.prefix()).build()) {
					assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> store.open("a", NO_KEYS))
						.withMessageContaining("primary");
				}
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "Kv_", "1kv_", "kv-", "kv; drop table x; --", "a.b.c_", "\"kv\"", "kv_\0",
			"a2345678901234567890123456789012345678901" })
	void prefixThatWouldNeedQuotingShouldBeRefused(String prefix) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> PostgresKvStore.builder(dataSource).tablePrefix(prefix).build());
	}

	@Test
	void timesBelowASecondShouldBeRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> PostgresKvStore.builder(dataSource).timeout(Duration.ofMillis(999)));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> PostgresKvStore.builder(dataSource).leaseDuration(Duration.ZERO));
	}

	private static PostgresKvStore store(TestTables tables) {
		return PostgresKvStore.builder(dataSource).tablePrefix(tables.prefix()).build();
	}

	private static void writeAndRead(PostgresKvStore store, String actorId) {
		try (KvSession session = store.open(actorId, NO_KEYS).session()) {
			session.write(new KvWrite().put(new byte[] { 1 }, new byte[] { 2 }));
			assertThat(session.read(new byte[][] { { 1 } })[0]).containsExactly(2);
		}
	}

	private static HikariDataSource pool(String user, String password) {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl("jdbc:postgresql://%s:%d/test".formatted(server.getHost(), server.port()));
		config.setUsername(user);
		config.setPassword(password);
		config.setMaximumPoolSize(2);
		config.setInitializationFailTimeout(-1);
		config.setConnectionTimeout(2000);
		return new HikariDataSource(config);
	}

	private static void execute(String sql) throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static String text(String sql) throws SQLException {
		try (Connection connection = dataSource.getConnection();
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery(sql)) {
			row.next();
			return row.getString(1);
		}
	}

}
