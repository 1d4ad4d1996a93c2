package io.kvsqlite.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.data.ActorExport;
import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.FlywayActorInitializer;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares what a migration leaves and says: by Flyway on a plain file, on an actor that
 * is opened, and on actors that {@link FleetMigration} migrates.
 */
class MigrationDifferentialTests {

	/**
	 * Flyway takes the first two, and the rest may get what it did to them.
	 */
	private static final int FLEET = 4;

	private static long replayed;

	@TempDir
	private Path directory;

	static List<MigrationCase> cases() {
		return MigrationCases.all();
	}

	@ParameterizedTest
	@MethodSource("cases")
	void everyWayShouldLeaveAndSayTheSame(MigrationCase migrationCase) throws Exception {
		Path scripts = Files.createDirectory(this.directory.resolve("scripts"));
		Path side = this.directory.resolve("side");
		Path file = this.directory.resolve("plain.sqlite");
		MemoryKvStore opened = new MemoryKvStore();
		MemoryKvStore fleet = new MemoryKvStore();
		for (int number = 0; number < migrationCase.stages().size(); number++) {
			MigrationCase.Stage stage = migrationCase.stages().get(number);
			write(scripts, stage, side);
			Supplier<FluentConfiguration> configurations = () -> migrationCase
				.configure(Flyway.configure().locations("filesystem:" + scripts));
			applicationOnFile(file, stage.sql());
			applicationOnActors(opened, 1, stage.sql());
			applicationOnActors(fleet, FLEET, stage.sql());
			List<String> before = DatabaseContent.read(file);
			Outcome plain = outcome(() -> configurations.get().dataSource(plain(file)).load().migrate());
			int runs = runs(side);
			Outcome onOpen = open(opened, configurations);
			int runsOnOpen = runs(side);
			List<Outcome> byFleet = fleet(fleet, configurations.get());
			int runsByFleet = runs(side);
			if (migrationCase.isRefused(number)) {
				assertThat(onOpen.message()).contains("nothing was run");
				assertThat(byFleet).allSatisfy((outcome) -> assertThat(outcome.message()).contains("nothing was run"));
				assertThat(content(opened, "a0")).isEqualTo(before);
				assertThat(content(fleet, "a3")).isEqualTo(before);
			}
			else {
				List<String> expected = DatabaseContent.read(file);
				if (migrationCase.isLocked()) {
					assertThat(plain.message()).contains("SQLITE_BUSY");
					assertThat(onOpen.type()).startsWith("FlywaySql");
					assertThat(onOpen.message()).contains("a second connection");
					plain = onOpen;
				}
				assertThat(onOpen).isEqualTo(plain);
				assertThat(content(opened, "a0")).isEqualTo(expected);
				for (int actor = 0; actor < FLEET; actor++) {
					assertThat(byFleet.get(actor)).as("fleet, actor %d", actor).isEqualTo(plain);
					assertThat(content(fleet, "a" + actor)).as("fleet, actor %d", actor).isEqualTo(expected);
				}
				assertThat(runsOnOpen).isEqualTo(runs);
				assertThat(runsByFleet).isEqualTo(FLEET * runs);
			}
		}
	}

	@AfterAll
	static void shortcutShouldHaveBeenTakenOften() {
		assertThat(replayed).isGreaterThan(40);
	}

	private static void write(Path scripts, MigrationCase.Stage stage, Path side) throws IOException {
		for (var file : stage.files().entrySet()) {
			Path path = scripts.resolve(file.getKey());
			if (file.getValue().isEmpty()) {
				Files.delete(path);
			}
			else {
				Files.writeString(path, file.getValue().replace("@SIDE@", side.toString()));
			}
		}
	}

	/**
	 * Return how often a script ran since the last time.
	 */
	private static int runs(Path side) throws IOException {
		if (!Files.exists(side)) {
			return 0;
		}
		int runs = Files.readAllLines(side).size();
		Files.delete(side);
		return runs;
	}

	private static SQLiteDataSource plain(Path file) {
		SQLiteConfig config = new SQLiteConfig();
		config.enforceForeignKeys(true);
		config.setBusyTimeout(20);
		SQLiteDataSource dataSource = new SQLiteDataSource(config);
		dataSource.setUrl("jdbc:sqlite:" + file);
		return dataSource;
	}

	private static void applicationOnFile(Path file, List<String> sql) throws SQLException {
		try (Connection connection = plain(file).getConnection()) {
			run(connection, sql);
		}
	}

	private static void applicationOnActors(MemoryKvStore store, int actors, List<String> sql) throws SQLException {
		try (ActorDataSourceFactory factory = builder(store).build()) {
			for (int actor = 0; actor < actors; actor++) {
				try (Connection connection = factory.dataSource("a" + actor).getConnection()) {
					run(connection, sql);
				}
			}
		}
	}

	private static void run(Connection connection, List<String> sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			for (String text : sql) {
				statement.execute(text);
			}
		}
	}

	private static ActorDataSourceFactory.Builder builder(MemoryKvStore store) {
		return ActorDataSourceFactory.builder(store).pragma("foreign_keys", "on");
	}

	/**
	 * Open an actor, and look whether its connection is like a new one.
	 */
	private static Outcome open(MemoryKvStore store, Supplier<FluentConfiguration> configurations) {
		return outcome(() -> {
			try (ActorDataSourceFactory factory = builder(store).initializer(new FlywayActorInitializer(configurations))
				.build(); Connection connection = factory.dataSource("a0").getConnection()) {
				assertThat(number(connection, "PRAGMA foreign_keys")).isOne();
				assertThat(number(connection, "PRAGMA recursive_triggers")).isZero();
				assertThat(number(connection, "SELECT count(*) FROM sqlite_temp_schema")).isZero();
				assertThat(number(connection, "SELECT 'a' LIKE 'A'")).isOne();
				assertThat(number(connection, "SELECT count(*) FROM pragma_database_list")).isLessThanOrEqualTo(2);
			}
		});
	}

	private static long number(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			rows.next();
			return rows.getLong(1);
		}
	}

	private static List<Outcome> fleet(MemoryKvStore store, FluentConfiguration configuration) throws Exception {
		try (ActorDataSourceFactory factory = builder(store).build()) {
			FleetMigration migration = new FleetMigration(factory, configuration, false, false, new HastyClock());
			Outcome[] outcomes = new Outcome[FLEET];
			Outcome all = outcome(() -> {
				ActorFleet.Report report = migration.migrate(new ActorFleet(store, "").maxFailures(FLEET + 1));
				report.failures()
					.forEach((failure) -> outcomes[failure.actorId().charAt(1) - '0'] = Outcome.of(failure.cause()));
			});
			for (int actor = 0; actor < FLEET; actor++) {
				if (outcomes[actor] == null) {
					outcomes[actor] = all;
				}
			}
			replayed += migration.replayed();
			return List.of(outcomes);
		}
	}

	private List<String> content(MemoryKvStore store, String actorId) throws Exception {
		Path file = Files.createTempDirectory(this.directory, "export").resolve(actorId + ".sqlite");
		new ActorExport(store).toFile(actorId, file);
		return DatabaseContent.read(file);
	}

	private static Outcome outcome(Work work) {
		try {
			work.run();
			return new Outcome("success", "");
		}
		catch (Exception ex) {
			return Outcome.of(ex);
		}
	}

	/**
	 * Something that may fail.
	 */
	private interface Work {

		void run() throws Exception;

	}

	/**
	 * How a migration ended.
	 *
	 * @param type success, or the type of the exception
	 * @param message its message and those of its causes
	 */
	private record Outcome(String type, String message) {

		static Outcome of(Throwable failure) {
			Throwable first = failure;
			while (!(first instanceof FlywayException) && first.getCause() != null) {
				first = first.getCause();
			}
			StringBuilder message = new StringBuilder();
			for (Throwable cause = first; cause != null; cause = cause.getCause()) {
				message.append(cause.getClass().getSimpleName()).append(": ").append(cause.getMessage()).append('\n');
			}
			return new Outcome(first.getClass().getSimpleName(), message.toString());
		}

	}

	/**
	 * A clock whose every look is a second later, so that two runs are enough to learn.
	 */
	private static final class HastyClock extends Clock {

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
		public Clock withZone(@Nullable ZoneId zone) {
			return this;
		}

	}

}
