package io.kvsqlite.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.data.ActorExport;
import io.kvsqlite.data.ActorFleet;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreMigrationType;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteDataSource;

/**
 * Applies Flyway migrations to actors: all, or those whose ids begin with a prefix,
 * several at a time, until too many have failed.
 *
 * <p>
 * Each actor keeps Flyway's history in a table of its own. So a run that broke off can
 * simply be started again: actors that are up to date count as unchanged. An actor whose
 * migration fails keeps what Flyway left of it, which for SQLite is the state before the
 * failed migration.
 *
 * <h2>How it is fast</h2>
 *
 * Flyway takes milliseconds of processor time for each database, most of them before the
 * first statement. What it then does depends on the scripts, the schema that it finds,
 * and its history. So within one run, Flyway's statements are written down with the
 * schema and the history that it found; when it did the same to two databases in the same
 * state, the next one in that state gets these statements without Flyway, in one
 * transaction, the rows of the history among them. Flyway itself takes every database
 * where that does not hold: where migrations or callbacks are Java classes, where a
 * script depends on the clock, where a statement cannot be in a transaction, and where
 * one of them fails.
 *
 * <p>
 * Immutable and safe for use by many threads.
 */
public final class FleetMigration {

	private static final Logger logger = LoggerFactory.getLogger(FleetMigration.class);

	private static final String SQL = CoreMigrationType.SQL.name();

	private final ActorDataSourceFactory factory;

	private final Configuration configuration;

	private final boolean dryRun;

	private final Clock clock;

	/**
	 * Create a migration.
	 * @param factory opens the actors
	 * @param configuration what Flyway is to do, such as
	 * {@code Flyway.configure().locations("classpath:db/actor")}; its data source does
	 * not count
	 */
	public FleetMigration(ActorDataSourceFactory factory, Configuration configuration) {
		this(factory, configuration, false, Clock.systemUTC());
	}

	FleetMigration(ActorDataSourceFactory factory, Configuration configuration, boolean dryRun, Clock clock) {
		this.factory = factory;
		this.configuration = configuration;
		this.dryRun = dryRun;
		this.clock = clock;
	}

	/**
	 * Return the same migration, for real or not.
	 * @param dryRun whether each actor is copied to a temporary file, the copy is
	 * migrated, and the actor is left alone
	 * @return a migration
	 */
	public FleetMigration dryRun(boolean dryRun) {
		return new FleetMigration(this.factory, this.configuration, dryRun, this.clock);
	}

	/**
	 * Migrate actors.
	 * @param fleet which, how many at a time, and when to stop; of the factory's store
	 * @return how many were migrated ("changed"), were up to date ("unchanged"), failed
	 * @throws io.kvsqlite.kv.KvException if the actors could not be listed
	 * @throws InterruptedException if the thread was interrupted
	 */
	public ActorFleet.Report migrate(ActorFleet fleet) throws InterruptedException {
		LearnedMigrations learned = new LearnedMigrations();
		return fleet.forEach((actorId) -> migrate(actorId, learned));
	}

	/**
	 * Migrate one actor.
	 * @param actorId the actor
	 * @return whether there was anything to do
	 * @throws org.flywaydb.core.api.FlywayException if a migration failed
	 * @throws SQLException if the actor could not be opened
	 * @throws IOException if the temporary file of a dry run failed
	 */
	public boolean migrate(String actorId) throws SQLException, IOException {
		return migrate(actorId, new LearnedMigrations());
	}

	private boolean migrate(String actorId, LearnedMigrations learned) throws SQLException, IOException {
		if (!this.dryRun) {
			return migrate(this.factory.dataSource(actorId), learned);
		}
		Path directory = Files.createTempDirectory("kvsqlite-dry-run-");
		Path copy = directory.resolve("copy.sqlite");
		try {
			new ActorExport(this.factory.store()).toFile(actorId, copy);
			SQLiteDataSource dataSource = new SQLiteDataSource();
			dataSource.setUrl("jdbc:sqlite:" + copy);
			return migrate(dataSource, learned);
		}
		finally {
			Files.deleteIfExists(copy);
			Files.deleteIfExists(copy.resolveSibling("copy.sqlite-journal"));
			Files.delete(directory);
		}
	}

	private boolean migrate(DataSource dataSource, LearnedMigrations learned) throws SQLException {
		String historyTable = this.configuration.getTable();
		try (Connection connection = dataSource.getConnection()) {
			DatabaseState state = DatabaseState.read(connection, historyTable);
			Recording known = learned.known(state);
			if (known != null && isReplayed(known, connection)) {
				return known.changed();
			}
			Recorder recorder = new Recorder(connection, historyTable, this.clock);
			Flyway flyway = Flyway.configure(this.configuration.getClassLoader())
				.configuration(this.configuration)
				.dataSource(recorder.dataSource())
				.load();
			MigrateResult result = flyway.migrate();
			boolean changed = result.migrationsExecuted > 0;
			learned.learn(state, isSqlOnly(flyway, result) ? recorder.recording(changed) : null);
			return changed;
		}
	}

	/**
	 * Return whether a recording was repeated. If not, Flyway will find out what is wrong
	 * with this database, and say so in its own words.
	 */
	private static boolean isReplayed(Recording recording, Connection connection) throws SQLException {
		try {
			recording.replay(connection);
			return true;
		}
		catch (SQLException ex) {
			logger.debug("Flyway's statements failed on this database, which is left to Flyway now", ex);
			connection.rollback();
			connection.setAutoCommit(true);
			return false;
		}
	}

	private static boolean isSqlOnly(Flyway flyway, MigrateResult result) {
		return flyway.getConfiguration().getCallbacks().length == 0
				&& result.migrations.stream().allMatch((migration) -> SQL.equals(migration.type));
	}

}
