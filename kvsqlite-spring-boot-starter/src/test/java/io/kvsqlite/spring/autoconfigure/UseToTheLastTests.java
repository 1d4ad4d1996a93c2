package io.kvsqlite.spring.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.ActorLifecycle;
import io.kvsqlite.spring.RestartableKvStore;
import io.kvsqlite.spring.autoconfigure.routing.KvSqliteRoutingAutoConfiguration;
import io.kvsqlite.spring.routing.ActorContext;
import jakarta.annotation.PreDestroy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Beans may use their actors as long as they live, as with a connection pool: the actors
 * and the store are destroyed after whoever depends on them.
 */
class UseToTheLastTests {

	private static final List<String> ALL = List.of("closed event", "stop in phase -2147483648", "stop in phase 0",
			"stop in phase 1024", "stop in phase 2147483647", "pre-destroy", "destroy");

	private final MemoryKvStore data = new MemoryKvStore();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(KvSqliteAutoConfiguration.class, KvSqliteJdbcAutoConfiguration.class,
				KvSqliteRoutingAutoConfiguration.class, DataSourceAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
				JdbcClientAutoConfiguration.class))
		.withPropertyValues("kvsqlite.routing.enabled=true", "kvsqlite.actors.close-timeout=2s")
		.withBean("kvStore", RestartableKvStore.class,
				() -> new RestartableKvStore(() -> this.data.sibling("application")));

	/**
	 * The ways in which a bean comes to its actor.
	 */
	enum Way {

		DATABASES(OfDatabases.class), FACTORY(OfFactory.class), ROUTING(OfRouting.class),
		TRANSACTION(OfTransaction.class);

		private final Class<?> configuration;

		Way(Class<?> configuration) {
			this.configuration = configuration;
		}

	}

	@ParameterizedTest
	@EnumSource
	void beanShouldWriteWheneverTheContextIsClosed(Way way) {
		this.runner.withUserConfiguration(way.configuration, Phases.class)
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(Words.class));
		assertThat(words()).containsExactlyInAnyOrderElementsOf(ALL);
		assertThat(this.data.owner("last words").live()).isFalse();
	}

	@Test
	void contextThatStopsShouldLetGoOfActorsAndStoreAndServeAgainToTheLast() {
		this.runner.withUserConfiguration(OfDatabases.class).run((context) -> {
			ConfigurableApplicationContext source = (ConfigurableApplicationContext) context
				.getSourceApplicationContext();
			ActorDataSourceFactory factory = context.getBean(ActorDataSourceFactory.class);
			source.stop();
			assertThat(factory.openActors()).isZero();
			assertThat(context.getBean(ActorLifecycle.class).isRunning()).isFalse();
			source.start();
		});
		assertThat(words()).contains("closed event", "pre-destroy", "destroy");
	}

	@Test
	void closeOfAContextThatWasStoppedShouldEndWithoutAnActor() {
		this.runner.run((context) -> {
			context.getBean(ActorDatabases.class).jdbcClient("a").sql("CREATE TABLE t (x)").update();
			((ConfigurableApplicationContext) context.getSourceApplicationContext()).stop();
		});
		assertThat(this.data.owner("a").live()).isFalse();
	}

	@Test
	void closeShouldEndInTimeThoughAConnectionIsNeverGivenBack() {
		long[] begin = new long[1];
		this.runner.run((context) -> {
			context.getBean(ActorDataSourceFactory.class).dataSource("a").getConnection();
			begin[0] = System.nanoTime();
		});
		assertThat(Duration.ofNanos(System.nanoTime() - begin[0])).isLessThan(Duration.ofSeconds(10));
		assertThat(this.data.sibling("next").open("a", new byte[0][]).session().epoch()).isPositive();
	}

	private List<String> words() {
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.data.sibling("reader")).build()) {
			return JdbcClient.create(factory.dataSource("last words"))
				.sql("SELECT word FROM words")
				.query(String.class)
				.list();
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class OfDatabases {

		@Bean
		Words words(ActorDatabases databases) {
			return new Words((word) -> insert(databases.jdbcClient("last words"), word));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OfFactory {

		@Bean
		Words words(ActorDataSourceFactory factory, KvStore store) {
			return new Words((word) -> {
				store.ping();
				insert(JdbcClient.create(factory.dataSource("last words")), word);
			});
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OfRouting {

		@Bean
		Words words(JdbcClient client) {
			return new Words((word) -> ActorContext.run("last words", () -> insert(client, word)));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement
	static class OfTransaction {

		@Bean
		Notes notes(JdbcClient client) {
			return new Notes(client);
		}

		@Bean
		Words words(Notes notes) {
			return new Words((word) -> ActorContext.run("last words", () -> notes.add(word)));
		}

	}

	static class Notes {

		private final JdbcClient client;

		Notes(JdbcClient client) {
			this.client = client;
		}

		@Transactional
		public void add(String word) {
			insert(this.client, word);
		}

	}

	private static void insert(JdbcClient client, String word) {
		client.sql("CREATE TABLE IF NOT EXISTS words (word TEXT)").update();
		client.sql("INSERT INTO words VALUES (?)").param(word).update();
	}

	/**
	 * Writes whenever it is told that the end is near.
	 */
	static class Words implements DisposableBean {

		private final Consumer<String> writer;

		Words(Consumer<String> writer) {
			this.writer = writer;
		}

		private void write(String word) {
			this.writer.accept(word);
		}

		@EventListener(ContextClosedEvent.class)
		void closed() {
			write("closed event");
		}

		@PreDestroy
		void preDestroy() {
			write("pre-destroy");
		}

		@Override
		public void destroy() {
			write("destroy");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Phases {

		@Bean
		Phase first(Words words) {
			return new Phase(Integer.MAX_VALUE, words);
		}

		@Bean
		Phase afterTheActors(Words words) {
			return new Phase(RestartableKvStore.PHASE, words);
		}

		@Bean
		Phase afterTheStore(Words words) {
			return new Phase(0, words);
		}

		@Bean
		Phase last(Words words) {
			return new Phase(Integer.MIN_VALUE, words);
		}

	}

	/**
	 * Writes when its phase stops.
	 */
	static final class Phase implements SmartLifecycle {

		private final int phase;

		private final Words words;

		private volatile boolean running;

		private Phase(int phase, Words words) {
			this.phase = phase;
			this.words = words;
		}

		@Override
		public int getPhase() {
			return this.phase;
		}

		@Override
		public void start() {
			this.running = true;
		}

		@Override
		public void stop() {
			this.words.write("stop in phase " + this.phase);
			this.running = false;
		}

		@Override
		public boolean isRunning() {
			return this.running;
		}

	}

}
