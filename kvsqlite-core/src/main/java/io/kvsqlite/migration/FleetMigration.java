package io.kvsqlite.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.data.ActorExport;
import io.kvsqlite.data.ActorFleet;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.Configuration;
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
 * <p>
 * Immutable and safe for use by many threads.
 */
public final class FleetMigration {

	private final ActorDataSourceFactory factory;

	private final Configuration configuration;

	private final boolean dryRun;

	/**
	 * Create a migration.
	 * @param factory opens the actors
	 * @param configuration what Flyway is to do, such as
	 * {@code Flyway.configure().locations("classpath:db/actor")}; its data source does
	 * not count
	 */
	public FleetMigration(ActorDataSourceFactory factory, Configuration configuration) {
		this(factory, configuration, false);
	}

	private FleetMigration(ActorDataSourceFactory factory, Configuration configuration, boolean dryRun) {
		this.factory = factory;
		this.configuration = configuration;
		this.dryRun = dryRun;
	}

	/**
	 * Return the same migration, for real or not.
	 * @param dryRun whether each actor is copied to a temporary file, the copy is
	 * migrated, and the actor is left alone
	 * @return a migration
	 */
	public FleetMigration dryRun(boolean dryRun) {
		return new FleetMigration(this.factory, this.configuration, dryRun);
	}

	/**
	 * Migrate actors.
	 * @param fleet which, how many at a time, and when to stop; of the factory's store
	 * @return how many were migrated ("changed"), were up to date ("unchanged"), failed
	 * @throws io.kvsqlite.kv.KvException if the actors could not be listed
	 * @throws InterruptedException if the thread was interrupted
	 */
	public ActorFleet.Report migrate(ActorFleet fleet) throws InterruptedException {
		return fleet.forEach(this::migrate);
	}

	/**
	 * Migrate one actor.
	 * @param actorId the actor
	 * @return whether there was anything to do
	 * @throws org.flywaydb.core.api.FlywayException if a migration failed
	 * @throws IOException if the temporary file of a dry run failed
	 */
	public boolean migrate(String actorId) throws IOException {
		if (!this.dryRun) {
			return migrate(this.factory.dataSource(actorId));
		}
		Path directory = Files.createTempDirectory("kvsqlite-dry-run-");
		Path copy = directory.resolve("copy.sqlite");
		try {
			new ActorExport(this.factory.store()).toFile(actorId, copy);
			SQLiteDataSource dataSource = new SQLiteDataSource();
			dataSource.setUrl("jdbc:sqlite:" + copy);
			return migrate(dataSource);
		}
		finally {
			Files.deleteIfExists(copy);
			Files.deleteIfExists(copy.resolveSibling("copy.sqlite-journal"));
			Files.delete(directory);
		}
	}

	private boolean migrate(DataSource dataSource) {
		try (LentConnections lent = new LentConnections(dataSource)) {
			return Flyway.configure(this.configuration.getClassLoader())
				.configuration(this.configuration)
				.dataSource(lent.dataSource())
				.load()
				.migrate().migrationsExecuted > 0;
		}
	}

}
