package io.kvsqlite.migration;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.Configuration;
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

	private Configuration configuration;

	@BeforeEach
	void writeMigration() throws Exception {
		Path migrations = Files.createDirectory(this.directory.resolve("migrations"));
		Files.writeString(migrations.resolve("V1__table.sql"),
				"CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);");
		this.configuration = Flyway.configure().locations("filesystem:" + migrations);
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
	@Tag("long")
	void tenThousandActorsShouldMigrate() throws Exception {
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory.resolve("store"))) {
			create(store, 10_000);
			try (ActorDataSourceFactory factory = factory(store)) {
				ActorFleet.Report report = new FleetMigration(factory, this.configuration)
					.migrate(new ActorFleet(store, "").parallelism(4));
				assertThat(report.failures()).isEmpty();
				assertThat(report.changed()).isEqualTo(10_000);
				System.out.println("10,000 actors migrated in " + report.duration());
			}
		}
	}

}
