package io.kvsqlite.spring.autoconfigure;

import java.nio.file.Path;
import java.util.List;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StartupLog}: what is said when an application starts.
 */
class StartupLogTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class, KvSqliteAutoConfiguration.class));

	@TempDir
	private Path directory;

	private final Logger logger = (Logger) LoggerFactory.getLogger(StartupLog.class);

	private final ListAppender<ILoggingEvent> events = new ListAppender<>();

	private Level levelBefore;

	@BeforeEach
	void listen() {
		this.levelBefore = this.logger.getLevel();
		this.logger.setLevel(Level.INFO);
		this.events.start();
		this.logger.addAppender(this.events);
	}

	@AfterEach
	void stopListening() {
		this.logger.detachAppender(this.events);
		this.logger.setLevel(this.levelBefore);
	}

	private List<String> lines(Level level) {
		return this.events.list.stream()
			.filter((event) -> event.getLevel() == level)
			.map(ILoggingEvent::getFormattedMessage)
			.toList();
	}

	@Test
	void embeddedStoreShouldBeToldByItsAbsoluteDirectory() {
		Path relative = Path.of("").toAbsolutePath().relativize(this.directory);
		this.runner.withPropertyValues("kvsqlite.store.type=rocksdb", "kvsqlite.store.rocksdb.directory=" + relative)
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(lines(Level.INFO)).singleElement()
			.asString()
			.contains("'rocksdb', directory " + this.directory + "; a commit is on the disk when it returns; "
					+ "at most 1,000 actors open, 16,384 keys and 64 MiB in one write");
	}

	@Test
	void embeddedStoreThatDoesNotSynchroniseShouldBeToldAsSuch() {
		this.runner
			.withPropertyValues("kvsqlite.store.type=rocksdb", "kvsqlite.store.rocksdb.directory=" + this.directory,
					"kvsqlite.store.rocksdb.sync=false")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(lines(Level.INFO)).singleElement().asString().contains("the last commits may be lost");
	}

	@Test
	void serversShouldBeToldWithoutPasswords() {
		this.runner
			.withPropertyValues("kvsqlite.store.type=redis",
					"spring.data.redis.url=redis://me:secret@redis.example:7000", "kvsqlite.store.redis.replicas=1")
			.run((context) -> assertThat(context).hasNotFailed());
		this.runner.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
			.withPropertyValues("kvsqlite.store.type=postgresql", "spring.datasource.password=secret",
					"spring.datasource.url=jdbc:postgresql://me:secret@db.example:5432/app?user=me&password=secret")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(lines(Level.INFO)).hasSize(2).noneMatch((line) -> line.contains("secret"));
		assertThat(lines(Level.INFO).get(0))
			.contains("'redis', redis.example:7000; a commit is as durable as Redis's " + "persistence and 1 replicas");
		assertThat(lines(Level.INFO).get(1))
			.contains("'postgresql', jdbc:postgresql://db.example:5432/app; a commit is");
	}

	@Test
	void storeOfTheApplicationsOwnShouldBeToldByItsType() {
		this.runner.withBean(KvStore.class, MemoryKvStore::new).run((context) -> assertThat(context).hasNotFailed());
		assertThat(lines(Level.INFO)).singleElement().asString().contains("'memory'; at most 1,000 actors open");
	}

	private ApplicationContextRunner embeddedByDefault() {
		return this.runner.withPropertyValues("kvsqlite.store.rocksdb.directory=" + this.directory);
	}

	@Test
	void serverThatIsConfiguredBesideTheDefaultShouldBeWarnedOf() {
		embeddedByDefault().withPropertyValues("spring.data.redis.host=redis.example")
			.run((context) -> assertThat(context).hasNotFailed());
		embeddedByDefault().withPropertyValues("spring.datasource.url=jdbc:postgresql://db.example/app")
			.run((context) -> assertThat(context).hasNotFailed());
		embeddedByDefault().withBean(JdbcConnectionDetails.class, PostgresqlService::new)
			.run((context) -> assertThat(context).hasNotFailed());
		embeddedByDefault().withBean(DataRedisConnectionDetails.class, RedisService::new)
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(lines(Level.WARN)).hasSize(4)
			.allMatch((line) -> line.startsWith("Redis is configured") || line.startsWith("PostgreSQL is configured"))
			.allMatch((line) -> line.contains("set kvsqlite.store.type to redis or postgresql"));
	}

	@Test
	void nothingShouldBeWarnedOfWhenTheStoreWasChosenOrThereIsNoServer() {
		embeddedByDefault().run((context) -> assertThat(context).hasNotFailed());
		embeddedByDefault().withPropertyValues("spring.datasource.url=jdbc:h2:mem:app")
			.run((context) -> assertThat(context).hasNotFailed());
		embeddedByDefault().withPropertyValues("kvsqlite.store.type=rocksdb", "spring.data.redis.host=redis.example")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(lines(Level.WARN)).isEmpty();
		assertThat(lines(Level.INFO)).hasSize(3);
	}

	/**
	 * What a service connection of Testcontainers or Docker Compose provides.
	 */
	private static final class PostgresqlService implements JdbcConnectionDetails {

		@Override
		public String getUsername() {
			return "test";
		}

		@Override
		public String getPassword() {
			return "test";
		}

		@Override
		public String getJdbcUrl() {
			return "jdbc:postgresql://localhost:5432/test";
		}

	}

	private static final class RedisService implements DataRedisConnectionDetails {

		@Override
		public Standalone getStandalone() {
			return Standalone.of("localhost", 6379);
		}

	}

}
