package io.kvsqlite.spring.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.ActorInitializer;
import io.kvsqlite.ActorListener;
import io.kvsqlite.CloseReason;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.ActorDataSourceCustomizer;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.ActorLifecycle;
import io.kvsqlite.spring.RestartableKvStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.datasource.DelegatingDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link KvSqliteAutoConfiguration} and {@link KvSqliteJdbcAutoConfiguration}.
 */
class KvSqliteAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(KvSqliteAutoConfiguration.class, KvSqliteJdbcAutoConfiguration.class));

	private final ApplicationContextRunner memory = this.runner.withPropertyValues("kvsqlite.store.type=memory");

	@TempDir
	private Path directory;

	@Test
	void storeWhenNothingIsSetShouldBeRocksDb() {
		this.runner.withPropertyValues("kvsqlite.store.rocksdb.directory=" + this.directory.resolve("data"))
			.run((context) -> {
				assertThat(context).hasSingleBean(KvStore.class).hasSingleBean(ActorDataSourceFactory.class);
				assertThat(context.getBean(KvStore.class).type()).isEqualTo("rocksdb");
				assertThat(count(context.getBean(ActorDataSourceFactory.class).dataSource("a"))).isZero();
				assertThat(this.directory.resolve("data/CURRENT")).exists();
			});
	}

	@Test
	void storeWhenMemoryIsAskedForShouldBeThat() {
		this.memory.run((context) -> {
			assertThat(context.getBean(KvStore.class).type()).isEqualTo("memory");
			assertThat(context.getBean(ActorDatabases.class).jdbcClient("a").sql("SELECT 1").query(Long.class).single())
				.isEqualTo(1);
		});
	}

	@Test
	void everythingWhenDisabledShouldBeOff() {
		this.runner.withPropertyValues("kvsqlite.enabled=false", "kvsqlite.store.type=nonsense")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(KvStore.class)
				.doesNotHaveBean(ActorDataSourceFactory.class)
				.doesNotHaveBean(ActorDatabases.class)
				.doesNotHaveBean(ActorLifecycle.class));
	}

	@Test
	void storeWhenUserHasOneShouldBackOff() {
		this.runner.withBean("mine", KvStore.class, MemoryKvStore::new).run((context) -> {
			assertThat(context).hasSingleBean(KvStore.class).doesNotHaveBean(RestartableKvStore.class);
			assertThat(context.getBean(ActorDataSourceFactory.class).store()).isSameAs(context.getBean("mine"));
		});
	}

	@Test
	void storeWhenUserHasFactoryOnAnotherShouldNotBeOpened() {
		ActorDataSourceFactory factory = ActorDataSourceFactory.builder(new MemoryKvStore()).build();
		Path unused = this.directory.resolve("unused");
		this.runner.withPropertyValues("kvsqlite.store.rocksdb.directory=" + unused)
			.withBean(ActorDataSourceFactory.class, () -> factory)
			.run((context) -> {
				assertThat(context.getBean(ActorDataSourceFactory.class)).isSameAs(factory);
				assertThat(context.getBean(ActorDatabases.class).factory()).isSameAs(factory);
				assertThat(context.getBeanFactory().containsSingleton("kvStore")).isFalse();
				assertThat(unused).doesNotExist();
				assertThat(context).doesNotHaveBean(StoreDescription.class);
			});
	}

	@Test
	void storeWhenUserHasFactoryOnItShouldBeTheConfiguredOneAndFollowTheContext() {
		Path used = this.directory.resolve("used");
		ApplicationContextRunner onDisk = this.runner.withPropertyValues("kvsqlite.store.rocksdb.directory=" + used)
			.withUserConfiguration(OwnFactory.class);
		onDisk.run((context) -> {
			assertThat(context).hasSingleBean(ActorDataSourceFactory.class).hasSingleBean(KvStore.class);
			ActorDataSourceFactory factory = context.getBean(ActorDataSourceFactory.class);
			assertThat(factory.maxOpenActors()).isEqualTo(7);
			assertThat(factory.store()).isSameAs(context.getBean(KvStore.class));
			count(factory.dataSource("a"));
			assertThat(used).exists();
			((ConfigurableApplicationContext) context.getSourceApplicationContext()).stop();
			assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> factory.store().ping());
		});
		onDisk.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void storeThatIsNowhereWhenUserHasFactoryShouldFailWhoeverAsksForIt() {
		this.runner.withPropertyValues("kvsqlite.store.type=postgresql")
			.withBean(ActorDataSourceFactory.class, () -> ActorDataSourceFactory.builder(new MemoryKvStore()).build())
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThatException().isThrownBy(() -> context.getBean(KvStore.class))
					.withRootCauseInstanceOf(MissingStoreException.class);
			});
	}

	@Configuration(proxyBeanMethods = false)
	static class OwnFactory {

		@Bean
		ActorDataSourceFactory mine(KvStore store) {
			return ActorDataSourceFactory.builder(store).maxOpenActors(7).build();
		}

	}

	@Test
	void factoryShouldFollowProperties() {
		this.memory
			.withPropertyValues("kvsqlite.actors.max-open=7", "kvsqlite.actors.connection-timeout=20ms",
					"kvsqlite.actors.cache-size=100KB", "kvsqlite.actors.pragmas.foreign-keys=on")
			.run((context) -> {
				ActorDataSourceFactory factory = context.getBean(ActorDataSourceFactory.class);
				assertThat(factory.maxOpenActors()).isEqualTo(7);
				try (Connection connection = factory.dataSource("a").getConnection()) {
					assertThat(query(connection, "PRAGMA cache_size")).isEqualTo(-100);
					assertThat(query(connection, "PRAGMA foreign_keys")).isEqualTo(1);
					assertThat(catchTimeout(factory.dataSource("a"))).contains("within 20 ms");
				}
			});
	}

	@ParameterizedTest
	@CsvSource({ "foreign-keys", "foreign_keys", "foreignKeys", "[foreign_keys]" })
	void pragmaUnderEveryFormOfItsNameShouldBeSet(String name) {
		this.memory.withPropertyValues("kvsqlite.actors.pragmas." + name + "=on").run((context) -> {
			try (Connection connection = context.getBean(ActorDataSourceFactory.class)
				.dataSource("a")
				.getConnection()) {
				assertThat(query(connection, "PRAGMA foreign_keys")).isEqualTo(1);
			}
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			kvsqlite.enabled | maybe | maybe | boolean
			kvsqlite.store.type | mongo | mongo | MEMORY
			kvsqlite.store.fail-fast | sometimes | sometimes | boolean
			kvsqlite.store.owner-name | ' ' | owner-name | must not be empty
			kvsqlite.store.lease-duration | 10ms | PT0.01S | at least 1s
			kvsqlite.store.timeout | 0s | PT0S | at least 1s
			kvsqlite.store.redis.key-prefix | 'a{b}' | a{b} | no braces
			kvsqlite.store.redis.connections | 0 | '0' | at least 1
			kvsqlite.store.redis.replicas | -1 | '-1' | must not be negative
			kvsqlite.store.redis.replica-timeout | 0s | PT0S | more than zero
			kvsqlite.store.postgresql.table-prefix | 'My Tables' | My Tables | lower-case
			kvsqlite.store.postgresql.create-tables | why | why | boolean
			kvsqlite.migrations.enabled | 7up | 7up | boolean
			kvsqlite.health.timeout | 0s | PT0S | more than zero
			kvsqlite.store.redis.wait-for-fsync | always | always | boolean
			kvsqlite.store.rocksdb.directory | ' ' | rocksdb.directory | must not be empty
			kvsqlite.store.rocksdb.sync | perhaps | perhaps | boolean
			kvsqlite.store.rocksdb.block-cache-size | -1MB | -1048576B | must not be negative
			kvsqlite.store.rocksdb.write-buffer-size | 1KB | 1024B | at least 64KB
			kvsqlite.store.rocksdb.compression | gzip | gzip | ZSTD
			kvsqlite.actors.max-open | 0 | '0' | at least 1
			kvsqlite.actors.max-open | many | many | int
			kvsqlite.actors.idle-timeout | 0s | PT0S | more than zero
			kvsqlite.actors.idle-timeout | soon | soon | duration
			kvsqlite.actors.connection-timeout | -1s | PT-1S | more than zero
			kvsqlite.actors.close-timeout | 0s | PT0S | more than zero
			kvsqlite.actors.transaction-memory | 63KB | 64512B | at least 64KB
			kvsqlite.actors.cache-size | -1B | -1B | must not be negative
			kvsqlite.actors.cache-size | big | big | DataSize
			kvsqlite.actors.preload-chunks | 0 | '0' | at least 1
			kvsqlite.actors.statement-cache-size | -1 | '-1' | at least 0
			kvsqlite.actors.read-ahead-chunks | 0 | '0' | at least 1
			kvsqlite.actors.pragmas.foreign-kees | on | foreign-kees | foreign_keys
			kvsqlite.actors.pragmas.journal-mode | wal | wal | one atomic write
			kvsqlite.actors.pragmas.foreign-keys | 'on; DROP' | on; DROP | plain word
			""")
	void propertyWithWrongValueShouldFailNamingPropertyValueAndWhatIsAllowed(String property, String value,
			String quoted, String allowed) {
		this.memory.withPropertyValues(property + "=" + value).run((context) -> {
			assertThat(context).hasFailed();
			String report = FailureReports.of(context.getStartupFailure());
			assertThat(report).contains(property).contains(quoted).contains(allowed);
		});
	}

	@Test
	void migrationsThatAreNowhereShouldFailNamingPropertyValueAndWhatIsAllowed() {
		this.memory.withConfiguration(AutoConfigurations.of(KvSqliteFlywayAutoConfiguration.class))
			.withPropertyValues("kvsqlite.migrations.locations=classpath:db/nowhere")
			.run((context) -> assertThat(FailureReports.of(context.getStartupFailure()))
				.contains("kvsqlite.migrations.locations")
				.contains("classpath:db/nowhere")
				.contains("V1__create.sql"));
	}

	@Test
	void routingWithWrongValueShouldFailNamingPropertyValueAndWhatIsAllowed() {
		this.memory.withPropertyValues("kvsqlite.routing.enabled=certainly")
			.run((context) -> assertThat(FailureReports.of(context.getStartupFailure()))
				.contains("kvsqlite.routing.enabled")
				.contains("certainly")
				.contains("boolean"));
	}

	/**
	 * So that a new property cannot be forgotten above.
	 */
	@Test
	void everyPropertyShouldBeTriedWithAWrongValue() throws Exception {
		String tried = KvSqliteAutoConfigurationTests.class
			.getDeclaredMethod("propertyWithWrongValueShouldFailNamingPropertyValueAndWhatIsAllowed", String.class,
					String.class, String.class, String.class)
			.getAnnotation(CsvSource.class)
			.textBlock() + "kvsqlite.migrations.locations | kvsqlite.routing.enabled |";
		assertThat(propertyNames()).hasSizeGreaterThan(25)
			.allSatisfy((name) -> assertThat(tried).containsAnyOf(name + " |", name + "."));
	}

	private static List<String> propertyNames() throws IOException {
		List<String> names = new ArrayList<>();
		for (URL url : Collections.list(KvSqliteAutoConfigurationTests.class.getClassLoader()
			.getResources("META-INF/spring-configuration-metadata.json"))) {
			try (InputStream file = url.openStream()) {
				Matcher name = Pattern
					.compile("\"name\": \"(kvsqlite\\.[a-z.-]+)\",\\s+\"type\": \"(?!io\\.kvsqlite\\.spring[^\"]*\\$)")
					.matcher(new String(file.readAllBytes(), StandardCharsets.UTF_8));
				while (name.find()) {
					names.add(name.group(1));
				}
			}
		}
		return names;
	}

	@Test
	void listenersShouldAllHear() {
		List<String> events = new ArrayList<>();
		this.memory.withBean("first", ActorListener.class, () -> recorder("first", events))
			.withBean("second", ActorListener.class, () -> recorder("second", events))
			.run((context) -> {
				ActorDataSourceFactory factory = context.getBean(ActorDataSourceFactory.class);
				count(factory.dataSource("a"));
				factory.close("a");
			});
		assertThat(events).containsExactly("first opened a", "second opened a", "first closed a", "second closed a");
	}

	@Test
	void initializersShouldRunInOrder() {
		this.memory.withUserConfiguration(Initializers.class).run((context) -> {
			try (Connection connection = context.getBean(ActorDataSourceFactory.class)
				.dataSource("a")
				.getConnection()) {
				assertThat(query(connection, "SELECT count(*) FROM t")).isEqualTo(1);
			}
		});
	}

	@Test
	void customizersShouldChangeOptionsBuilderAndDataSources() {
		this.runner.withPropertyValues("kvsqlite.store.rocksdb.directory=" + this.directory.resolve("not-used"))
			.withBean(RocksDbOptionsCustomizer.class,
					() -> (options) -> io.kvsqlite.kv.rocksdb.RocksDbOptions.of(this.directory.resolve("used")))
			.withBean(ActorDataSourceFactoryCustomizer.class, () -> (builder) -> builder.maxOpenActors(3))
			.withBean(ActorDataSourceCustomizer.class, () -> (actorId, dataSource) -> new Named(actorId, dataSource))
			.run((context) -> {
				assertThat(this.directory.resolve("used")).exists();
				assertThat(this.directory.resolve("not-used")).doesNotExist();
				assertThat(context.getBean(ActorDataSourceFactory.class).maxOpenActors()).isEqualTo(3);
				DataSource dataSource = context.getBean(ActorDatabases.class).dataSource("a");
				assertThat(dataSource.unwrap(Named.class).actorId).isEqualTo("a");
				assertThat(count(dataSource)).isZero();
			});
	}

	@Test
	void contextWhenClosedShouldLetGoOfTheDirectory() {
		ApplicationContextRunner onDisk = this.runner
			.withPropertyValues("kvsqlite.store.rocksdb.directory=" + this.directory);
		for (int run = 0; run < 3; run++) {
			int expected = run;
			onDisk.run((context) -> {
				ActorDatabases databases = context.getBean(ActorDatabases.class);
				databases.jdbcClient("a").sql("CREATE TABLE IF NOT EXISTS t (x)").update();
				assertThat(databases.jdbcClient("a").sql("SELECT count(*) FROM t").query(Integer.class).single())
					.isEqualTo(expected);
				databases.jdbcClient("a").sql("INSERT INTO t VALUES (1)").update();
			});
		}
	}

	@Test
	void contextWhenRefreshFailsAfterTheStoreWasMadeShouldLetGoOfTheDirectory() throws Exception {
		ApplicationContextRunner onDisk = this.runner
			.withPropertyValues("kvsqlite.store.rocksdb.directory=" + this.directory);
		onDisk.withUserConfiguration(Broken.class).run((context) -> assertThat(context).hasFailed());
		assertThat(Files.exists(this.directory.resolve("CURRENT"))).isTrue();
		onDisk.run((context) -> assertThat(context).hasNotFailed());
	}

	private static String catchTimeout(DataSource dataSource) {
		try (Connection connection = dataSource.getConnection()) {
			return "connected: " + connection;
		}
		catch (SQLException ex) {
			return String.valueOf(ex.getMessage());
		}
	}

	private static int count(DataSource dataSource) throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			return query(connection, "SELECT count(*) FROM sqlite_schema");
		}
	}

	private static int query(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			rows.next();
			return rows.getInt(1);
		}
	}

	private static ActorListener recorder(String name, List<String> events) {
		return new ActorListener() {

			@Override
			public void actorOpened(String actorId, long nanos, boolean created) {
				events.add(name + " opened " + actorId);
			}

			@Override
			public void actorClosed(String actorId, CloseReason reason) {
				events.add(name + " closed " + actorId);
			}

		};
	}

	private static final class Named extends DelegatingDataSource {

		private final String actorId;

		private Named(String actorId, DataSource dataSource) {
			super(dataSource);
			this.actorId = actorId;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Initializers {

		@Bean
		@Order(2)
		ActorInitializer fill() {
			return (actorId, connection) -> execute(connection, "INSERT INTO t VALUES (1)");
		}

		@Bean
		@Order(1)
		ActorInitializer make() {
			return (actorId, connection) -> execute(connection, "CREATE TABLE t (x)");
		}

		private static void execute(Connection connection, String sql) throws SQLException {
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate(sql);
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Broken {

		@Bean
		Object broken(ActorDatabases databases) {
			databases.jdbcClient("a").sql("CREATE TABLE t (x)").update();
			throw new IllegalStateException("broken on purpose");
		}

	}

}
