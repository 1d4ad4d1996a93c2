package io.kvsqlite.migration;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicLong;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.data.ActorExport;
import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.data.WorkDirectory;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreMigrationType;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * and its history. So within one run, Flyway's transactions are written down with the
 * schema and the history that it found; when it did the same to two databases in the same
 * state, the next one in that state gets the same statements in the same transactions
 * without Flyway, the rows of the history among them. Where a statement or a commit fails
 * then, Flyway itself goes on from the last commit, as its history permits, and says what
 * is wrong.
 *
 * <p>
 * Flyway takes every database where a repetition is not certain to be the same: where
 * there are callbacks, in whatever language, where migrations are not SQL, or come from
 * resolvers of the application, where a script depends on the clock, and where a
 * statement is outside of Flyway's transactions or leaves something on the connection.
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

	private final boolean foreignKeysRefused;

	private final Clock clock;

	private final AtomicLong replayed = new AtomicLong();

	/**
	 * Create a migration.
	 * @param factory opens the actors
	 * @param configuration what Flyway is to do, such as
	 * {@code Flyway.configure().locations("classpath:db/actor")}; its data source does
	 * not count
	 */
	public FleetMigration(ActorDataSourceFactory factory, Configuration configuration) {
		this(factory, configuration, false, false, Clock.systemUTC());
	}

	FleetMigration(ActorDataSourceFactory factory, Configuration configuration, boolean dryRun,
			boolean foreignKeysRefused, Clock clock) {
		this.factory = factory;
		this.configuration = configuration;
		this.dryRun = dryRun;
		this.foreignKeysRefused = foreignKeysRefused;
		this.clock = clock;
	}

	/**
	 * Return the same migration, for real or not.
	 * @param dryRun whether each actor is copied to a temporary file, the copy is
	 * migrated on a connection with the PRAGMAs and the rules of the factory's, and the
	 * actor is left alone. Callbacks and migrations in Java run, too
	 * @return a migration
	 */
	public FleetMigration dryRun(boolean dryRun) {
		return new FleetMigration(this.factory, this.configuration, dryRun, this.foreignKeysRefused, this.clock);
	}

	/**
	 * Return the same migration for a factory of which nobody said whether it enforces
	 * foreign keys: it refuses actors that have some, and scripts that make some.
	 * Enforced or not, the same script does different things to them.
	 * @return a migration
	 */
	public FleetMigration refuseForeignKeys() {
		return new FleetMigration(this.factory, this.configuration, this.dryRun, true, this.clock);
	}

	/**
	 * Migrate actors.
	 * @param fleet which, how many at a time, and when to stop; of the factory's store
	 * @return how many were migrated ("changed"), were up to date ("unchanged"), failed
	 * @throws io.kvsqlite.kv.KvException if the actors could not be listed
	 * @throws InterruptedException if the thread was interrupted
	 */
	public ActorFleet.Report migrate(ActorFleet fleet) throws InterruptedException {
		Run run = new Run();
		return fleet.forEach(run::migrate);
	}

	/**
	 * Migrate one actor.
	 * @param actorId the actor
	 * @return whether there was anything to do
	 * @throws org.flywaydb.core.api.FlywayException if a migration failed, or a script is
	 * refused because it would not do the same on a file; then nothing was run
	 * @throws SQLException if the actor could not be opened
	 * @throws IOException if the temporary file of a dry run failed
	 */
	public boolean migrate(String actorId) throws SQLException, IOException {
		return new Run().migrate(actorId);
	}

	/**
	 * Return how many databases were migrated, or found up to date, without Flyway.
	 */
	long replayed() {
		return this.replayed.get();
	}

	/**
	 * Opens a connection to one database.
	 */
	private interface Database {

		Connection open() throws SQLException;

	}

	/**
	 * One run over the actors, which looks at the scripts once and learns as it goes.
	 */
	private final class Run {

		private final MigrationScripts scripts = MigrationScripts.of(FleetMigration.this.configuration);

		private final LearnedMigrations learned = new LearnedMigrations();

		Run() {
			if (FleetMigration.this.foreignKeysRefused) {
				this.scripts.refuseForeignKeys();
			}
		}

		boolean migrate(String actorId) throws SQLException, IOException {
			ActorDataSourceFactory factory = FleetMigration.this.factory;
			if (!FleetMigration.this.dryRun) {
				return migrate(factory.dataSource(actorId)::getConnection);
			}
			try (WorkDirectory directory = WorkDirectory.create()) {
				Path copy = directory.path().resolve("copy.sqlite");
				new ActorExport(factory.store()).toFile(actorId, copy);
				return migrate(() -> factory.openFile(copy));
			}
		}

		private boolean migrate(Database database) throws SQLException {
			boolean begun;
			try (Connection connection = database.open()) {
				check(connection);
				DatabaseState state = DatabaseState.read(connection, FleetMigration.this.configuration.getTable());
				Recording known = this.learned.known(state);
				if (known == null) {
					return migrate(connection, state);
				}
				if (isReplayed(known, connection)) {
					FleetMigration.this.replayed.incrementAndGet();
					return known.changed();
				}
				begun = known.changed();
			}
			// what failed may have ended its transaction, so on a connection like a new
			// one
			try (Connection connection = database.open()) {
				return flyway(LentConnection.dataSource(connection)).migrate().migrationsExecuted > 0 || begun;
			}
		}

		private void check(Connection connection) throws SQLException {
			this.scripts.check(connection);
			if (FleetMigration.this.foreignKeysRefused) {
				ForeignKeys.refuse(connection);
			}
		}

		/**
		 * Let Flyway migrate, and learn from it.
		 */
		private boolean migrate(Connection connection, DatabaseState state) {
			Configuration configuration = FleetMigration.this.configuration;
			Recorder recorder = new Recorder(connection, configuration.getTable(), FleetMigration.this.clock);
			MigrateResult result = flyway(recorder.dataSource()).migrate();
			boolean changed = result.migrationsExecuted > 0;
			this.learned.learn(state, isRepeatable(result) ? recorder.recording(changed) : null);
			return changed;
		}

		private Flyway flyway(DataSource dataSource) {
			Configuration configuration = FleetMigration.this.configuration;
			return Flyway.configure(configuration.getClassLoader())
				.configuration(configuration)
				.dataSource(dataSource)
				.load();
		}

		/**
		 * Return whether all that happened were statements of SQL scripts.
		 */
		private boolean isRepeatable(MigrateResult result) {
			Configuration configuration = FleetMigration.this.configuration;
			return !this.scripts.hasCallbacks() && configuration.getResolvers().length == 0
					&& configuration.getResourceProvider() == null
					&& configuration.getJavaMigrationClassProvider() == null
					&& result.migrations.stream().allMatch((migration) -> SQL.equals(migration.type));
		}

		/**
		 * Return whether a recording was repeated to its end. If not, Flyway will find
		 * out what is wrong with this database, and say so in its own words.
		 */
		private static boolean isReplayed(Recording recording, Connection connection) {
			try {
				recording.replay(connection);
				return true;
			}
			catch (SQLException ex) {
				logger.debug("Flyway's statements failed on this database, which is left to Flyway now", ex);
				return false;
			}
		}

	}

}
