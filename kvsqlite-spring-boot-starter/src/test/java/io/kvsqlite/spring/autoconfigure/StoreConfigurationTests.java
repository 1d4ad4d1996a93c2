package io.kvsqlite.spring.autoconfigure;

import java.util.concurrent.CopyOnWriteArrayList;
import java.sql.Connection;
import java.sql.SQLException;
import java.nio.file.Path;
import java.util.List;

import javax.sql.DataSource;

import io.kvsqlite.ActorListener;
import io.kvsqlite.CloseReason;
import io.kvsqlite.spring.autoconfigure.health.KvSqliteHealthContributorAutoConfiguration;
import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.redis.RedisKvStore;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.RestartableKvStore;
import io.kvsqlite.spring.health.KvStoreHealthIndicator;
import io.kvsqlite.sqlite.UnsupportedSqliteException;
import io.lettuce.core.RedisURI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.context.annotation.Primary;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for how stores are configured, stopped and started again.
 */
class StoreConfigurationTests {

	/**
	 * Nobody listens on the discard port of this machine.
	 */
	private static final int NOBODY = 9;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class, KvSqliteAutoConfiguration.class,
				KvSqliteJdbcAutoConfiguration.class, KvSqliteHealthContributorAutoConfiguration.class))
		.withPropertyValues("spring.data.redis.port=" + NOBODY, "kvsqlite.store.timeout=1s");

	@TempDir
	private Path directory;

	@Test
	void redisShouldBeReachedWhereSpringBootSays() {
		this.runner
			.withPropertyValues("kvsqlite.store.type=redis", "spring.data.redis.host=redis.example",
					"spring.data.redis.port=6380", "spring.data.redis.username=me", "spring.data.redis.password=secret",
					"spring.data.redis.database=2")
			.run((context) -> {
				assertThat(context.getBean(RestartableKvStore.class).current()).isInstanceOf(RedisKvStore.class);
				RedisURI uri = RedisStoreClient.uris(context.getBean(DataRedisConnectionDetails.class)).get(0);
				assertThat(uri.getHost()).isEqualTo("redis.example");
				assertThat(uri.getPort()).isEqualTo(6380);
				assertThat(uri.getDatabase()).isEqualTo(2);
				assertThat(uri.getCredentialsProvider().resolveCredentials().block().getUsername()).isEqualTo("me");
			});
	}

	@Test
	void redisClusterAndSentinelShouldBeReachedByTheirNodes() {
		this.runner.withPropertyValues("kvsqlite.store.type=redis", "spring.data.redis.cluster.nodes=one:7000,two:7001")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				List<RedisURI> uris = RedisStoreClient.uris(context.getBean(DataRedisConnectionDetails.class));
				assertThat(uris).extracting(RedisURI::getHost).containsExactly("one", "two");
				assertThat(uris).extracting(RedisURI::getPort).containsExactly(7000, 7001);
			});
		this.runner
			.withPropertyValues("kvsqlite.store.type=redis", "spring.data.redis.sentinel.master=main",
					"spring.data.redis.sentinel.nodes=one:26379,two:26379", "spring.data.redis.sentinel.password=s")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				RedisURI uri = RedisStoreClient.uris(context.getBean(DataRedisConnectionDetails.class)).get(0);
				assertThat(uri.getSentinelMasterId()).isEqualTo("main");
				assertThat(uri.getSentinels()).extracting(RedisURI::getHost).containsExactly("one", "two");
			});
	}

	@Test
	void redisWithReplicasToReadFromShouldBeRefused() {
		this.runner.withPropertyValues("kvsqlite.store.type=redis", "spring.data.redis.masterreplica.nodes=one:1,two:2")
			.run((context) -> assertThat(FailureReports.of(context.getStartupFailure()))
				.contains("spring.data.redis.masterreplica.nodes"));
	}

	@Test
	void remoteStoreThatIsNotThereShouldFailAtFirstUseAndInHealth() {
		this.runner.withPropertyValues("kvsqlite.store.type=redis").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(KvStoreHealthIndicator.class).health().getStatus()).isEqualTo(Status.DOWN);
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> databases.jdbcClient("a").sql("SELECT 1").query().singleRow())
				.withMessageContaining("Actor 'a'");
		});
	}

	@Test
	void remoteStoreThatIsNotThereShouldFailTheStartWhereThatIsAskedFor() {
		this.runner.withPropertyValues("kvsqlite.store.type=redis", "kvsqlite.store.fail-fast=true").run((context) -> {
			assertThat(context).hasFailed();
			assertThat(FailureReports.of(context.getStartupFailure())).contains("does not answer", "spring.data.redis",
					"kvsqlite.store.fail-fast=false");
		});
	}

	/**
	 * RocksDB says it in the same way when it is opened on a full disk.
	 */
	@Test
	void storeThatIsFullAtTheStartShouldBeReported() {
		this.runner.withPropertyValues("kvsqlite.store.type=memory")
			.withBean(ActorDataSourceFactoryCustomizer.class, () -> (builder) -> {
				throw new KvStoreFullException("RocksDB could not open: No space left on device");
			})
			.run((context) -> {
				assertThat(context).hasFailed();
				assertThat(FailureReports.of(context.getStartupFailure())).contains("has no room left",
						"No space left on device", "kvsqlite.store.rocksdb.directory");
			});
	}

	@Test
	void postgresqlShouldUseTheQualifiedDataSourceOrElseThePrimaryOne() {
		this.runner.withUserConfiguration(TwoDataSources.class)
			.withPropertyValues("kvsqlite.store.type=postgresql")
			.run((context) -> {
				assertThat(context.getBean(KvStore.class).type()).isEqualTo("postgresql");
				assertThatExceptionOfType(DataAccessException.class).isThrownBy(
						() -> context.getBean(ActorDatabases.class).jdbcClient("a").sql("SELECT 1").query().singleRow())
					.withStackTraceContaining("the qualified one");
			});
		this.runner.withBean(DataSource.class, () -> new Unusable("the only one"))
			.withPropertyValues("kvsqlite.store.type=postgresql")
			.run((context) -> assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(
						() -> context.getBean(ActorDatabases.class).jdbcClient("a").sql("SELECT 1").query().singleRow())
				.withStackTraceContaining("the only one"));
	}

	@Test
	void directoryThatThisProcessUsesShouldBeReported() {
		ApplicationContextRunner onDisk = this.runner
			.withPropertyValues("kvsqlite.store.rocksdb.directory=" + this.directory);
		onDisk.run((first) -> onDisk.run((second) -> assertThat(FailureReports.of(second.getStartupFailure()))
			.contains(this.directory.toString())
			.contains("is in use by another store of this process")
			.contains("Close the other store first")));
	}

	@Test
	void sqliteThatCannotBeUsedShouldBeReported() {
		assertThat(FailureReports.of(new IllegalStateException(
				new UnsupportedSqliteException("sqlite-jdbc 3.7.2 cannot be used: too old", null))))
			.contains("sqlite-jdbc 3.7.2 cannot be used: too old")
			.contains("org.xerial:sqlite-jdbc");
	}

	@Test
	void contextWhenStoppedShouldLetGoOfTheDirectoryAndWhenStartedShouldGoOn() {
		ApplicationContextRunner onDisk = this.runner
			.withPropertyValues("kvsqlite.store.rocksdb.directory=" + this.directory);
		onDisk.run((first) -> {
			ConfigurableApplicationContext context = (ConfigurableApplicationContext) first
				.getSourceApplicationContext();
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			databases.jdbcClient("a").sql("CREATE TABLE t (x)").update();
			context.stop();
			assertThat(databases.factory().openActors()).isZero();
			onDisk.run((second) -> second.getBean(ActorDatabases.class)
				.jdbcClient("a")
				.sql("INSERT INTO t VALUES (1)")
				.update());
			context.start();
			assertThat(databases.jdbcClient("a").sql("SELECT count(*) FROM t").query(Integer.class).single())
				.isEqualTo(1);
		});
	}

	@Test
	void memoryStoreWhenStoppedAndStartedShouldKeepItsData() {
		this.runner.withPropertyValues("kvsqlite.store.type=memory").run((first) -> {
			ConfigurableApplicationContext context = (ConfigurableApplicationContext) first
				.getSourceApplicationContext();
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			databases.jdbcClient("a").sql("CREATE TABLE t (x)").update();
			context.stop();
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> databases.jdbcClient("a").sql("SELECT 1").query().singleRow())
				.withMessageContaining("the factory is stopped");
			context.start();
			assertThat(databases.jdbcClient("a").sql("SELECT count(*) FROM t").query(Integer.class).single()).isZero();
		});
	}

	@Test
	void actorsShouldStopBeforeTheStore() {
		List<String> order = new CopyOnWriteArrayList<>();
		this.runner.withPropertyValues("kvsqlite.store.type=memory")
			.withBean(ActorListener.class, () -> new ActorListener() {

				@Override
				public void actorClosed(String actorId, CloseReason reason) {
					order.add(actorId + " " + reason);
				}

			})
			.run((context) -> {
				ActorDataSourceFactory factory = context.getBean(ActorDataSourceFactory.class);
				context.getBean(ActorDatabases.class).jdbcClient("a").sql("CREATE TABLE t (x)").update();
				assertThat(factory.openActors()).isEqualTo(1);
			});
		assertThat(order).containsExactly("a SHUTDOWN");
	}

	/**
	 * Spring is not told that the store depends on the pool, since that may be one of
	 * two; it follows from the order in which they were made.
	 */
	@Test
	void poolShouldBeClosedAfterTheStoreThatUsesIt() {
		List<String> events = new CopyOnWriteArrayList<>();
		this.runner.withBean("pool", DataSource.class, () -> new Pool(events))
			.withPropertyValues("kvsqlite.store.type=postgresql")
			.withUserConfiguration(LastUse.class)
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(events).isNotEmpty().endsWith("pool closed").filteredOn("pool closed"::equals).hasSize(1);
		assertThat(events).contains("connection asked for");
	}

	@Configuration(proxyBeanMethods = false)
	static class LastUse {

		@Bean
		DisposableBean lastUse(ActorDatabases databases) {
			return () -> assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> databases.jdbcClient("a").sql("SELECT 1").query().singleRow());
		}

	}

	private static final class Pool extends DriverManagerDataSource implements AutoCloseable {

		private final List<String> events;

		private Pool(List<String> events) {
			this.events = events;
		}

		@Override
		public Connection getConnection() throws SQLException {
			this.events.add("connection asked for");
			throw new SQLException("no connection", "08001");
		}

		@Override
		public void close() {
			this.events.add("pool closed");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoDataSources {

		@Bean
		@Primary
		DataSource primary() {
			return new Unusable("the primary one");
		}

		@Bean
		@KvSqliteDataSource
		DataSource forActors() {
			return new Unusable("the qualified one");
		}

	}

	private static final class Unusable extends DriverManagerDataSource {

		private final String name;

		private Unusable(String name) {
			this.name = name;
		}

		@Override
		public Connection getConnection() throws SQLException {
			throw new SQLException("no connection from " + this.name, "08001");
		}

	}

}
