package io.kvsqlite.migration;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import org.awaitility.Awaitility;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.migration.BaseJavaMigration;
import org.flywaydb.core.api.migration.Context;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FleetMigration}.
 */
class FleetMigrationTests {

	@TempDir
	private Path directory;

	private Path migrations;

	private Configuration configuration;

	@BeforeEach
	void writeMigration() throws Exception {
		this.migrations = Files.createDirectory(this.directory.resolve("migrations"));
		Files.writeString(this.migrations.resolve("V1__table.sql"),
				"CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);");
		this.configuration = Flyway.configure().locations("filesystem:" + this.migrations);
	}

	private static void create(KvStore store, int count) throws Exception {
		try (ActorDataSourceFactory factory = factory(store)) {
			for (int i = 0; i < count; i++) {
				factory.dataSource("a%05d".formatted(i)).getConnection().close();
			}
		}
	}

	private static ActorDataSourceFactory factory(KvStore store) {
		return ActorDataSourceFactory.builder(store).maxOpenActors(8).build();
	}

	private static long count(ActorDataSourceFactory factory, String actorId, String sql) throws Exception {
		try (Connection connection = factory.dataSource(actorId).getConnection();
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(sql)) {
			rows.next();
			return rows.getLong(1);
		}
	}

	private static long tables(ActorDataSourceFactory factory, String actorId) throws Exception {
		return count(factory, actorId, "SELECT count(*) FROM sqlite_schema WHERE name = 'item'");
	}

	@Test
	void migrateShouldReachEveryActorOnce() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		create(store, 20);
		try (ActorDataSourceFactory factory = factory(store)) {
			FleetMigration migration = new FleetMigration(factory, this.configuration);
			ActorFleet fleet = new ActorFleet(store, "").parallelism(3);
			ActorFleet.Report first = migration.migrate(fleet);
			assertThat(first.failures()).isEmpty();
			assertThat(first.changed()).isEqualTo(20);
			ActorFleet.Report second = migration.migrate(fleet);
			assertThat(second.changed()).isZero();
			assertThat(second.unchanged()).isEqualTo(20);
			assertThat(tables(factory, "a00019")).isEqualTo(1);
		}
	}

	@Test
	void dryRunShouldLeaveTheActorsAlone() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		create(store, 3);
		try (ActorDataSourceFactory factory = factory(store)) {
			ActorFleet.Report report = new FleetMigration(factory, this.configuration).dryRun(true)
				.migrate(new ActorFleet(store, ""));
			assertThat(report.failures()).isEmpty();
			assertThat(report.changed()).isEqualTo(3);
			assertThat(count(factory, "a00000", "SELECT count(*) FROM sqlite_schema")).isZero();
		}
	}

	@Test
	void migrateShouldReportActorsThatFailAndStop() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		create(store, 10);
		try (ActorDataSourceFactory factory = factory(store)) {
			for (String broken : new String[] { "a00002", "a00004", "a00006" }) {
				try (Connection connection = factory.dataSource(broken).getConnection();
						Statement statement = connection.createStatement()) {
					statement.executeUpdate("CREATE VIEW item AS SELECT 1");
				}
			}
			Configuration lenient = Flyway.configure()
				.configuration(this.configuration)
				.baselineOnMigrate(true)
				.baselineVersion("0");
			ActorFleet.Report report = new FleetMigration(factory, lenient)
				.migrate(new ActorFleet(store, "").maxFailures(2));
			assertThat(report.failures()).extracting(ActorFleet.Failure::actorId).containsExactly("a00002", "a00004");
			assertThat(report.failures().get(0).cause()).isInstanceOf(FlywayException.class);
			assertThat(report.stopped()).isTrue();
			assertThat(report.changed()).isEqualTo(3);
			assertThat(tables(factory, "a00009")).isZero();
		}
	}

	/**
	 * A clock whose every look is a second later, so that two runs are enough to learn.
	 */
	private static Clock hasty() {
		return new Clock() {

			private final AtomicLong seconds = new AtomicLong();

			@Override
			public Instant instant() {
				return Instant.ofEpochSecond(this.seconds.incrementAndGet());
			}

			@Override
			public ZoneId getZone() {
				return ZoneOffset.UTC;
			}

			@Override
			public Clock withZone(ZoneId zone) {
				return this;
			}

		};
	}

	private static FleetMigration learning(ActorDataSourceFactory factory, Configuration configuration) {
		return new FleetMigration(factory, configuration, false, false, hasty());
	}

	private static String id(int i) {
		return "a%05d".formatted(i);
	}

	private static List<String> history(ActorDataSourceFactory factory, String actorId) throws Exception {
		List<String> rows = new ArrayList<>();
		try (Connection connection = factory.dataSource(actorId).getConnection();
				Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery("SELECT installed_rank, version, description, type, script,"
						+ " checksum, installed_by, success FROM flyway_schema_history ORDER BY 1")) {
			while (result.next()) {
				StringBuilder row = new StringBuilder();
				for (int column = 1; column <= 8; column++) {
					row.append(result.getString(column)).append('|');
				}
				rows.add(row.toString());
			}
		}
		return rows;
	}

	@Test
	void whatIsRepeatedWithoutFlywayShouldBeAsFlywayLeavesIt() throws Exception {
		Files.writeString(this.migrations.resolve("V2__index.sql"), """
				-- a comment; with a semicolon
				CREATE INDEX item_name ON item (name);
				INSERT INTO item (name) VALUES ('it''s; one'), ('${what}');
				CREATE TRIGGER t AFTER INSERT ON item BEGIN UPDATE item SET name = 'x'; SELECT 1; END;
				""");
		Files.writeString(this.migrations.resolve("R__view.sql"), "CREATE VIEW v AS SELECT count(*) AS n FROM item;");
		Configuration configuration = Flyway.configure()
			.configuration(this.configuration)
			.placeholders(Map.of("what", "two"));
		MemoryKvStore store = new MemoryKvStore();
		create(store, 10);
		try (ActorDataSourceFactory factory = factory(store)) {
			FleetMigration migration = learning(factory, configuration);
			ActorFleet.Report report = migration.migrate(new ActorFleet(store, ""));
			assertThat(report.failures()).isEmpty();
			assertThat(report.changed()).isEqualTo(10);
			assertThat(migration.replayed()).isEqualTo(8);
			for (int i = 0; i < 10; i++) {
				assertThat(history(factory, id(i))).isEqualTo(history(factory, id(0))).hasSize(3);
				assertThat(count(factory, id(i), "SELECT n FROM v")).isEqualTo(2);
				assertThat(count(factory, id(i), "SELECT count(*) FROM item WHERE name = 'two'")).isEqualTo(1);
				assertThat(count(factory, id(i),
						"SELECT count(*) FROM flyway_schema_history WHERE "
								+ "execution_time >= 0 AND julianday(installed_on) > julianday('now') - 1"))
					.isEqualTo(3);
			}
			Flyway after = Flyway.configure().configuration(configuration).dataSource(factory.dataSource(id(9))).load();
			assertThat(after.validateWithResult().validationSuccessful).isTrue();
			assertThat(after.info().pending()).isEmpty();
			assertThat(after.migrate().migrationsExecuted).isZero();
			ActorFleet.Report again = learning(factory, configuration).migrate(new ActorFleet(store, ""));
			assertThat(again.unchanged()).isEqualTo(10);
		}
	}

	@Test
	void actorsInAnotherStateShouldGetWhatFlywayWouldDo() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		create(store, 12);
		try (ActorDataSourceFactory factory = factory(store)) {
			// every third actor has the first migration already
			for (int i = 0; i < 12; i += 3) {
				new FleetMigration(factory, this.configuration).migrate(id(i));
			}
			Files.writeString(this.migrations.resolve("V2__column.sql"), "ALTER TABLE item ADD COLUMN size INTEGER;");
			ActorFleet.Report report = learning(factory, this.configuration).migrate(new ActorFleet(store, ""));
			assertThat(report.failures()).isEmpty();
			assertThat(report.changed()).isEqualTo(12);
			for (int i = 0; i < 12; i++) {
				assertThat(history(factory, id(i))).isEqualTo(history(factory, id(1))).hasSize(2);
				assertThat(count(factory, id(i), "SELECT count(size) FROM item")).isZero();
			}
		}
	}

	@Test
	void actorWhoseRowsStandAgainstAMigrationShouldFailAsWithFlywayAlone() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		create(store, 6);
		try (ActorDataSourceFactory factory = factory(store)) {
			learning(factory, this.configuration).migrate(new ActorFleet(store, ""));
			execute(factory, id(4), "INSERT INTO item (name) VALUES ('twice'), ('twice')");
			Files.writeString(this.migrations.resolve("V2__unique.sql"),
					"CREATE TABLE other (x); CREATE UNIQUE INDEX item_name ON item (name);");
			ActorFleet.Report report = learning(factory, this.configuration).migrate(new ActorFleet(store, ""));
			assertThat(report.changed()).isEqualTo(4);
			assertThat(report.stopped()).isTrue();
			assertThat(report.failures()).singleElement().satisfies((failure) -> {
				assertThat(failure.actorId()).isEqualTo(id(4));
				assertThat(failure.cause()).isInstanceOf(FlywayException.class).hasMessageContaining("V2__unique.sql");
			});
			assertThat(history(factory, id(4))).hasSize(1);
			assertThat(count(factory, id(4), "SELECT count(*) FROM sqlite_schema WHERE name = 'other'")).isZero();
			// mended, it goes on where it was
			execute(factory, id(4), "DELETE FROM item WHERE rowid = 1");
			ActorFleet.Report rest = learning(factory, this.configuration).migrate(new ActorFleet(store, ""));
			assertThat(rest.changed()).isEqualTo(2);
			assertThat(rest.unchanged()).isEqualTo(4);
		}
	}

	private static void execute(ActorDataSourceFactory factory, String actorId, String sql) throws Exception {
		try (Connection connection = factory.dataSource(actorId).getConnection();
				Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	@Test
	void statementsThatCannotBeInATransactionShouldBeLeftToFlyway() throws Exception {
		Files.writeString(this.migrations.resolve("V2__rows.sql"), """
				CREATE TABLE part (item INTEGER REFERENCES item ON DELETE CASCADE);
				INSERT INTO item VALUES (1, 'one');
				INSERT INTO part VALUES (1);
				""");
		Files.writeString(this.migrations.resolve("V3__rebuild.sql"), """
				PRAGMA foreign_keys = OFF;
				CREATE TABLE item2 (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
				INSERT INTO item2 SELECT * FROM item;
				DROP TABLE item;
				ALTER TABLE item2 RENAME TO item;
				PRAGMA foreign_keys = ON;
				""");
		Files.writeString(this.migrations.resolve("V3__rebuild.sql.conf"), "executeInTransaction=false");
		MemoryKvStore store = new MemoryKvStore();
		create(store, 5);
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store)
			.pragma("foreign_keys", "on")
			.build()) {
			FleetMigration migration = learning(factory, this.configuration);
			ActorFleet.Report report = migration.migrate(new ActorFleet(store, ""));
			assertThat(report.failures()).isEmpty();
			for (int i = 0; i < 5; i++) {
				assertThat(count(factory, id(i), "SELECT count(*) FROM part")).isEqualTo(1);
				assertThat(history(factory, id(i))).hasSize(3);
			}
			assertThat(migration.replayed()).isZero();
		}
	}

	@Test
	void migrationsInJavaShouldRunForEachActor() throws Exception {
		AtomicInteger runs = new AtomicInteger();
		Configuration withJava = Flyway.configure()
			.configuration(this.configuration)
			.javaMigrations(new V2__Count(runs));
		MemoryKvStore store = new MemoryKvStore();
		create(store, 5);
		try (ActorDataSourceFactory factory = factory(store)) {
			ActorFleet.Report report = learning(factory, withJava).migrate(new ActorFleet(store, ""));
			assertThat(report.changed()).isEqualTo(5);
			assertThat(runs).hasValue(5);
			assertThat(count(factory, id(4), "SELECT id FROM item")).isEqualTo(5);
		}
	}

	@Test
	void scriptThatDependsOnTheClockShouldRunForEachActor() throws Exception {
		Files.writeString(this.migrations.resolve("V2__time.sql"),
				"INSERT INTO item (name) VALUES ('${flyway:timestamp}');");
		MemoryKvStore store = new MemoryKvStore();
		create(store, 3);
		try (ActorDataSourceFactory factory = factory(store)) {
			// each actor in a second of its own
			ActorFleet fleet = new ActorFleet(store, "").listener((actorId, failure, finished) -> {
				long second = Instant.now().getEpochSecond();
				Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> Instant.now().getEpochSecond() > second);
			});
			FleetMigration migration = new FleetMigration(factory, this.configuration);
			assertThat(migration.migrate(fleet).changed()).isEqualTo(3);
			assertThat(migration.replayed()).isZero();
		}
	}

	@Test
	void failuresShouldBeBoundedByThoseAtWorkTogether() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		create(store, 60);
		Files.writeString(this.migrations.resolve("V1__table.sql"), "CREATE TABLE wrong (");
		try (ActorDataSourceFactory factory = factory(store)) {
			ActorFleet.Report report = new FleetMigration(factory, this.configuration)
				.migrate(new ActorFleet(store, "").parallelism(3).maxFailures(4));
			assertThat(report.stopped()).isTrue();
			assertThat(report.failures()).hasSizeBetween(4, 4 + 2);
			assertThat(report.changed()).isZero();
		}
	}

	@Test
	void actorThatFlywayRefusesShouldNotStayInUse() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		try (ActorDataSourceFactory factory = factory(store)) {
			try (Connection connection = factory.dataSource("a").getConnection();
					Statement statement = connection.createStatement()) {
				statement.executeUpdate("CREATE TABLE made_without_flyway (x)");
			}
			ActorFleet.Report report = new FleetMigration(factory, this.configuration)
				.migrate(new ActorFleet(store, ""));
			assertThat(report.failures()).hasSize(1);
			assertThat(factory.activeConnections()).isZero();
		}
	}

	@Test
	void dryRunShouldHaveThePragmasAndTheRulesOfTheFactory() throws Exception {
		Files.writeString(this.migrations.resolve("V2__orphan.sql"),
				"CREATE TABLE part (item REFERENCES item); INSERT INTO part VALUES (404);");
		MemoryKvStore store = new MemoryKvStore();
		create(store, 3);
		for (boolean enforced : new boolean[] { false, true }) {
			try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store)
				.pragma("foreign_keys", enforced ? "on" : "off")
				.build()) {
				ActorFleet.Report report = new FleetMigration(factory, this.configuration, true, false, hasty())
					.migrate(new ActorFleet(store, "").maxFailures(5));
				assertThat(report.failures()).hasSize(enforced ? 3 : 0);
				assertThat(report.changed()).isEqualTo(enforced ? 0 : 3);
				Configuration attaching = Flyway.configure()
					.configuration(this.configuration)
					.javaMigrations(new V2_1__Attach(this.directory.resolve("other.sqlite")));
				ActorFleet.Report refused = new FleetMigration(factory, attaching, true, false, hasty())
					.migrate(new ActorFleet(store, "").maxFailures(5));
				assertThat(refused.failures()).hasSize(3);
				assertThat(this.directory.resolve("other.sqlite")).doesNotExist();
			}
		}
	}

	@Test
	void foreignKeysShouldBeRefusedWhereNobodySaidWhetherTheyAreEnforced() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		create(store, 3);
		try (ActorDataSourceFactory factory = factory(store)) {
			execute(factory, id(1), "CREATE TABLE a (x REFERENCES a)");
			Configuration lenient = Flyway.configure()
				.configuration(this.configuration)
				.baselineOnMigrate(true)
				.baselineVersion("0");
			ActorFleet.Report report = new FleetMigration(factory, lenient).refuseForeignKeys()
				.migrate(new ActorFleet(store, "").maxFailures(5));
			assertThat(report.failures()).extracting(ActorFleet.Failure::actorId).containsExactly(id(1));
			assertThat(report.failures().get(0).cause()).hasMessageContaining("foreign_keys=on");
			assertThat(tables(factory, id(1))).isZero();
			assertThat(report.changed()).isEqualTo(2);
		}
	}

	@Test
	void dryRunShouldFindWhatWouldFail() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		create(store, 5);
		try (ActorDataSourceFactory factory = factory(store)) {
			execute(factory, id(3), "CREATE VIEW item AS SELECT 1");
			Configuration lenient = Flyway.configure().configuration(this.configuration).baselineOnMigrate(true);
			ActorFleet.Report report = new FleetMigration(factory, lenient, true, false, hasty())
				.migrate(new ActorFleet(store, "").maxFailures(5));
			assertThat(report.failures()).extracting(ActorFleet.Failure::actorId).containsExactly(id(3));
			assertThat(report.changed()).isEqualTo(4);
			assertThat(tables(factory, id(4))).isZero();
			assertThat(factory.activeConnections()).isZero();
		}
	}

	@Test
	@Tag("long")
	void tenThousandActorsShouldMigrate() throws Exception {
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory.resolve("store"))) {
			create(store, 10_000);
			try (ActorDataSourceFactory factory = factory(store)) {
				ActorFleet fleet = new ActorFleet(store, "").parallelism(8);
				ActorFleet.Report report = new FleetMigration(factory, this.configuration).migrate(fleet);
				assertThat(report.failures()).isEmpty();
				assertThat(report.changed()).isEqualTo(10_000);
				System.out.println("10,000 actors migrated in " + report.duration());
				ActorFleet.Report again = new FleetMigration(factory, this.configuration).migrate(fleet);
				assertThat(again.unchanged()).isEqualTo(10_000);
				System.out.println("and found up to date in " + again.duration());
			}
		}
	}

	/**
	 * A migration that reaches beyond the actor.
	 */
	public static final class V2_1__Attach extends BaseJavaMigration {

		private final Path file;

		V2_1__Attach(Path file) {
			this.file = file;
		}

		@Override
		public boolean canExecuteInTransaction() {
			return false;
		}

		@Override
		public void migrate(Context context) throws Exception {
			try (Statement statement = context.getConnection().createStatement()) {
				statement.execute("ATTACH '%s' AS other".formatted(this.file));
			}
		}

	}

	/**
	 * A migration whose effect depends on when it runs.
	 */
	public static final class V2__Count extends BaseJavaMigration {

		private final AtomicInteger runs;

		V2__Count(AtomicInteger runs) {
			this.runs = runs;
		}

		@Override
		public void migrate(Context context) throws Exception {
			try (Statement statement = context.getConnection().createStatement()) {
				statement.execute("INSERT INTO item (id) VALUES (%d)".formatted(this.runs.incrementAndGet()));
			}
		}

	}

}
