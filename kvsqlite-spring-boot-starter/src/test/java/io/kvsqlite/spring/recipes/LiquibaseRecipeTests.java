package io.kvsqlite.spring.recipes;

import java.util.List;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.ActorInitializer;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.SqliteExceptionTranslator;
import liquibase.Contexts;
import liquibase.Liquibase;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.ClassLoaderResourceAccessor;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Liquibase for each actor when it is opened.
 */
class LiquibaseRecipeTests {

	private final MemoryKvStore store = new MemoryKvStore();

	private ActorDataSourceFactory factory(ActorInitializer initializer) {
		return ActorDataSourceFactory.builder(this.store).initializer(initializer).build();
	}

	private static JdbcClient client(ActorDataSourceFactory factory, String actorId) {
		return new ActorDatabases(factory, List.of(), new SqliteExceptionTranslator()).jdbcClient(actorId);
	}

	@Test
	void eachActorShouldBeUpdatedWhenItIsOpened() throws Exception {
		for (int opening = 0; opening < 2; opening++) {
			try (ActorDataSourceFactory factory = factory(new Application().liquibase())) {
				for (String actorId : List.of("a", "b")) {
					assertThat(client(factory, actorId).sql("SELECT text FROM note").query(String.class).list())
						.containsExactly("first; with a semicolon");
					assertThat(client(factory, actorId).sql("SELECT count(*) FROM DATABASECHANGELOG")
						.query(Long.class)
						.single()).isEqualTo(2);
					assertThat(client(factory, actorId).sql("SELECT count(*) FROM DATABASECHANGELOGLOCK WHERE LOCKED")
						.query(Long.class)
						.single()).isZero();
				}
			}
		}
	}

	@Test
	void changeSetThatFailsShouldLeaveTheActorAsItWasAndUnlocked() {
		try (ActorDataSourceFactory factory = factory(broken())) {
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> client(factory, "a").sql("SELECT 1").query(Long.class).single())
				.withStackTraceContaining("nowhere");
		}
		try (ActorDataSourceFactory plain = ActorDataSourceFactory.builder(this.store).build()) {
			assertThat(client(plain, "a").sql("SELECT count(*) FROM sqlite_schema").query(Long.class).single())
				.isZero();
		}
		try (ActorDataSourceFactory factory = factory(new Application().liquibase())) {
			assertThat(client(factory, "a").sql("SELECT count(*) FROM note").query(Long.class).single()).isOne();
		}
	}

	private static ActorInitializer broken() {
		return (actorId, connection) -> {
			try (Liquibase liquibase = new Liquibase("db/liquibase/broken.sql", new ClassLoaderResourceAccessor(),
					new JdbcConnection(connection))) {
				liquibase.update(new Contexts());
			}
		};
	}

	/**
	 * The recipe.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Application {

		private static final int CHANGE_LOG_VERSION = 1;

		@Bean
		ActorInitializer liquibase() {
			return (actorId, connection) -> {
				JdbcClient client = JdbcClient.create(new SingleConnectionDataSource(connection, true));
				if (client.sql("PRAGMA user_version").query(Integer.class).single() == CHANGE_LOG_VERSION) {
					return;
				}
				try (Liquibase liquibase = new Liquibase("db/actor.sql", new ClassLoaderResourceAccessor(),
						new JdbcConnection(connection))) {
					liquibase.update(new Contexts());
				}
				client.sql("PRAGMA user_version = " + CHANGE_LOG_VERSION).update();
			};
		}

	}

}
