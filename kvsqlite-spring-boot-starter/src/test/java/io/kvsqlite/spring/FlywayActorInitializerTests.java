package io.kvsqlite.spring;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.CountingKvStore;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link FlywayActorInitializer}.
 */
class FlywayActorInitializerTests {

	private final MemoryKvStore store = new MemoryKvStore();

	/**
	 * How often Flyway was asked, the once that finds the migrations included.
	 */
	private final List<FluentConfiguration> asked = new ArrayList<>();

	private FlywayActorInitializer initializer(String... folders) {
		return new FlywayActorInitializer(() -> {
			FluentConfiguration configuration = Flyway.configure();
			for (String folder : folders) {
				configuration.locations("classpath:db/test/" + folder);
			}
			this.asked.add(configuration);
			return configuration;
		});
	}

	private ActorDataSourceFactory factory(KvStore store, String folder) {
		return ActorDataSourceFactory.builder(store).initializer(initializer(folder)).build();
	}

	private static JdbcClient client(ActorDataSourceFactory factory, String actorId) {
		return new ActorDatabases(factory, List.of(), new SqliteExceptionTranslator()).jdbcClient(actorId);
	}

	@Test
	void openWhenActorIsNewShouldMigrate() {
		try (ActorDataSourceFactory factory = factory(this.store, "two")) {
			client(factory, "a").sql("INSERT INTO note (text, title) VALUES ('x', 'y')").update();
			assertThat(client(factory, "a").sql("SELECT version FROM flyway_schema_history ORDER BY version")
				.query(String.class)
				.list()).containsExactly("1", "2");
		}
	}

	@Test
	void openWhenActorIsUpToDateShouldNotAskFlyway() throws Exception {
		try (ActorDataSourceFactory factory = factory(this.store, "one")) {
			assertThat(client(factory, "a").sql("SELECT count(*) FROM note").query(Long.class).single()).isZero();
			assertThat(this.asked).hasSize(2);
			factory.close("a");
			assertThat(client(factory, "a").sql("SELECT count(*) FROM note").query(Long.class).single()).isZero();
			assertThat(this.asked).hasSize(2);
		}
	}

	@Test
	void openWhenThereAreNewMigrationsShouldRunThoseAndKeepTheData() {
		try (ActorDataSourceFactory factory = factory(this.store, "one")) {
			client(factory, "a").sql("INSERT INTO note (text) VALUES ('x')").update();
		}
		try (ActorDataSourceFactory factory = factory(this.store, "two")) {
			assertThat(client(factory, "a").sql("SELECT title FROM note WHERE text = 'x'").query().singleRow())
				.containsEntry("title", null);
		}
	}

	/**
	 * The creation, Flyway's table, the migration and the stamp: Flyway's commits, and
	 * one of ours.
	 */
	@Test
	void migrationsOfANewActorShouldTakeAWriteEachBesideThree() {
		CountingKvStore counting = new CountingKvStore(this.store);
		try (ActorDataSourceFactory factory = factory(counting, "one")) {
			client(factory, "a").sql("SELECT count(*) FROM note").query(Long.class).single();
		}
		assertThat(counting.counts().writes()).isEqualTo(4);
	}

	@Test
	void openWhenMigrationFailsShouldNameBothAndLeaveTheDatabaseAsItWas() {
		try (ActorDataSourceFactory factory = factory(this.store, "one")) {
			client(factory, "a").sql("INSERT INTO note (text) VALUES ('x')").update();
		}
		long commit = this.store.owner("a").commit();
		try (ActorDataSourceFactory factory = factory(this.store, "broken")) {
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> client(factory, "a").sql("SELECT count(*) FROM note").query(Long.class).single())
				.withMessageContaining("Actor 'a'")
				.withMessageContaining("V2__fails.sql")
				.withStackTraceContaining("nowhere");
			assertThat(factory.openActors()).isZero();
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> client(factory, "new").sql("SELECT 1").query(Long.class).single());
		}
		assertThat(this.store.owner("a").commit()).isEqualTo(commit);
		try (ActorDataSourceFactory factory = factory(this.store, "one")) {
			assertThat(client(factory, "a").sql("SELECT text FROM note").query(String.class).list())
				.containsExactly("x");
		}
	}

	@Test
	void initializerWhenMigrationsCannotBeUsedShouldFailAtOnce() {
		assertThatExceptionOfType(FlywayException.class).isThrownBy(() -> initializer("duplicate"))
			.withMessageContaining("more than one migration with version 1");
	}

	@Test
	void initializerWhenThereAreNoMigrationsShouldDoNothing() {
		FlywayActorInitializer nothing = new FlywayActorInitializer(() -> Flyway.configure().locations(new String[0]));
		assertThat(nothing.hasMigrations()).isFalse();
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.store).initializer(nothing).build()) {
			assertThat(client(factory, "a").sql("SELECT count(*) FROM sqlite_schema").query(Long.class).single())
				.isZero();
		}
	}

	/**
	 * Prints what an open costs with and without Flyway being asked, each the median of
	 * many, taken in turns.
	 */
	@Test
	@Tag("long")
	void stampShouldCostAFractionOfWhatFlywayDoes() throws Exception {
		FlywayActorInitializer initializer = initializer("two");
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.store).build();
				Connection connection = factory.dataSource("a").getConnection()) {
			initializer.initialize("a", connection);
			Flyway flyway = Flyway.configure()
				.locations("classpath:db/test/two")
				.dataSource(new SingleConnectionDataSource(connection, true))
				.load();
			List<Long> stamps = new ArrayList<>();
			List<Long> flyways = new ArrayList<>();
			for (int i = 0; i < 2_000; i++) {
				stamps.add(nanos(() -> initializer.initialize("a", connection)));
				if (i % 10 == 0) {
					flyways.add(nanos(flyway::migrate));
				}
			}
			System.out.printf("migrations: stamp %.1f us, Flyway %.1f us%n", median(stamps) / 1e3,
					median(flyways) / 1e3);
			assertThat(median(stamps) * 10).isLessThan(median(flyways));
		}
	}

	private static long nanos(ThrowingCallable work) {
		long start = System.nanoTime();
		try {
			work.call();
		}
		catch (Throwable ex) {
			throw new IllegalStateException(ex);
		}
		return System.nanoTime() - start;
	}

	private static long median(List<Long> values) {
		return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
	}

}
