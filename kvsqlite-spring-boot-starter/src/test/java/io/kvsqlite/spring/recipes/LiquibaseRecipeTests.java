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

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Liquibase for each actor when it is opened.
 */
class LiquibaseRecipeTests {

	private final MemoryKvStore store = new MemoryKvStore();

	static ActorInitializer liquibase(String changeLog, int version) {
		return (actorId, connection) -> {
			JdbcClient client = JdbcClient
				.create(new org.springframework.jdbc.datasource.SingleConnectionDataSource(connection, true));
			if (client.sql("PRAGMA user_version").query(Integer.class).single() == version) {
				return;
			}
			try (Liquibase liquibase = new Liquibase(changeLog, new ClassLoaderResourceAccessor(),
					new JdbcConnection(connection))) {
				liquibase.update(new Contexts());
			}
			client.sql("PRAGMA user_version = " + version).update();
		};
	}

	private ActorDataSourceFactory factory(String changeLog, int version) {
		return ActorDataSourceFactory.builder(this.store).initializer(liquibase(changeLog, version)).build();
	}

	private static JdbcClient client(ActorDataSourceFactory factory, String actorId) {
		return new ActorDatabases(factory, List.of(), new SqliteExceptionTranslator()).jdbcClient(actorId);
	}

	@Test
	void eachActorShouldBeUpdatedWhenItIsOpened() throws Exception {
		for (int opening = 0; opening < 2; opening++) {
			try (ActorDataSourceFactory factory = factory("db/liquibase/actor.sql", 1)) {
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
		try (ActorDataSourceFactory factory = factory("db/liquibase/broken.sql", 1)) {
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> client(factory, "a").sql("SELECT 1").query(Long.class).single())
				.withStackTraceContaining("nowhere");
		}
		try (ActorDataSourceFactory plain = ActorDataSourceFactory.builder(this.store).build()) {
			assertThat(client(plain, "a").sql("SELECT count(*) FROM sqlite_schema").query(Long.class).single())
				.isZero();
		}
		try (ActorDataSourceFactory factory = factory("db/liquibase/actor.sql", 2)) {
			assertThat(client(factory, "a").sql("SELECT count(*) FROM note").query(Long.class).single()).isOne();
		}
	}

}
