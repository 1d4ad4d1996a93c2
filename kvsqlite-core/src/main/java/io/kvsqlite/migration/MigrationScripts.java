package io.kvsqlite.migration;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import javax.sql.DataSource;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreMigrationType;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Event;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.migration.JavaMigration;
import org.flywaydb.core.api.resource.LoadableResource;
import org.flywaydb.core.internal.info.MigrationInfoImpl;
import org.flywaydb.core.internal.resource.StringResource;
import org.flywaydb.core.internal.scanner.Scanner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scripts that a configuration of Flyway names: which there are, and which of them
 * cannot do on an actor what they do on a file. Nothing of them is run. Immutable.
 */
public final class MigrationScripts {

	private static final Logger logger = LoggerFactory.getLogger(MigrationScripts.class);

	/**
	 * These come before Flyway's first table, and so before anything else in a new file.
	 */
	private static final Set<Event> EARLY = Set.of(Event.BEFORE_CONNECT, Event.AFTER_CONNECT, Event.BEFORE_VALIDATE,
			Event.AFTER_VALIDATE, Event.BEFORE_CREATE_SCHEMA, Event.CREATE_SCHEMA, Event.BEFORE_BASELINE);

	private final Configuration configuration;

	private final List<MigrationInfo> migrations;

	private final boolean callbacks;

	private final List<ScriptRefusal> refusals;

	private final Set<String> withForeignKeys;

	private MigrationScripts(Configuration configuration, List<MigrationInfo> migrations, boolean callbacks,
			List<ScriptRefusal> refusals, Set<String> withForeignKeys) {
		this.configuration = configuration;
		this.migrations = migrations;
		this.callbacks = callbacks;
		this.refusals = List.copyOf(refusals);
		this.withForeignKeys = Set.copyOf(withForeignKeys);
	}

	/**
	 * Look at the scripts.
	 * @param configuration what Flyway is to do; its data source does not count
	 * @return what there is
	 * @throws FlywayException if the migrations cannot be used, such as two of the same
	 * version
	 */
	public static MigrationScripts of(Configuration configuration) {
		Resources all = new Resources(resources(configuration));
		Map<LoadableResource, Event> callbacks = callbacks(configuration, all);
		try (Rehearsal rehearsal = new Rehearsal()) {
			List<MigrationInfo> migrations = resolve(configuration, rehearsal.dataSource(),
					all.without(callbacks.keySet()));
			List<ScriptRefusal> refusals = new ArrayList<>();
			for (MigrationInfo migration : migrations) {
				if (migration.getState() == MigrationState.PENDING) {
					refusal(configuration, rehearsal, migration, false).ifPresent(
							(reason) -> refusals.add(new ScriptRefusal(migration.getScript(), migration, reason)));
				}
			}
			callbacks.forEach((callback, event) -> refusals
				.addAll(beside(configuration, rehearsal, all, callback, EARLY.contains(event))));
			if (configuration.getInitSql() != null) {
				refusals.addAll(
						beside(configuration, rehearsal, all, new StringResource(configuration.getInitSql()), true));
			}
			return new MigrationScripts(configuration, migrations,
					!callbacks.isEmpty() || configuration.getCallbacks().length > 0, refusals,
					rehearsal.withForeignKeys());
		}
	}

	/**
	 * Return the migrations that there are.
	 * @return Flyway's description of each, as for an empty database
	 */
	public List<MigrationInfo> migrations() {
		return this.migrations;
	}

	/**
	 * Return whether anything runs beside the migrations: callbacks in Java, SQL or
	 * another language.
	 * @return whether there are any
	 */
	public boolean hasCallbacks() {
		return this.callbacks;
	}

	/**
	 * Refuse what is about to run on an actor and would do something else there than on a
	 * file, before any of it runs. What the actor's history says was applied, elsewhere
	 * perhaps, does not count.
	 * @param connection to the actor
	 * @throws FlywayException if a script is refused
	 * @throws SQLException if the history could not be read
	 */
	public void check(Connection connection) throws SQLException {
		if (this.refusals.isEmpty()) {
			return;
		}
		AppliedMigrations applied = AppliedMigrations.read(connection, this.configuration);
		for (ScriptRefusal refusal : this.refusals) {
			if (refusal.migration() == null || !applied.contains(refusal.migration())) {
				throw new FlywayException("%s cannot run on an actor, and nothing was run: %s"
					.formatted(refusal.script(), refusal.reason()));
			}
		}
	}

	/**
	 * Refuse to go on if a script makes a foreign key.
	 */
	void refuseForeignKeys() {
		if (!this.withForeignKeys.isEmpty()) {
			throw ForeignKeys.undecided("'%s'".formatted(this.withForeignKeys.iterator().next().strip()));
		}
	}

	private static Collection<LoadableResource> resources(Configuration configuration) {
		List<LoadableResource> resources = new ArrayList<>();
		ResourceProvider own = configuration.getResourceProvider();
		ResourceProvider provider = (own != null) ? own
				: new Scanner<>(JavaMigration.class, configuration, configuration.getLocations());
		resources.addAll(provider.getResources("", new String[] { "" }));
		if (configuration.getCallbackLocations().length > 0) {
			resources.addAll(new Scanner<>(JavaMigration.class, configuration, configuration.getCallbackLocations())
				.getResources("", new String[] { "" }));
		}
		return resources;
	}

	private static Map<LoadableResource, Event> callbacks(Configuration configuration, Resources resources) {
		Map<LoadableResource, Event> callbacks = new HashMap<>();
		for (LoadableResource resource : resources.all()) {
			String name = resource.getFilename();
			for (Event event : Event.values()) {
				if (name.startsWith(event.getId() + ".")
						|| name.startsWith(event.getId() + configuration.getSqlMigrationSeparator())) {
					callbacks.put(resource, event);
				}
			}
		}
		return callbacks;
	}

	/**
	 * Let Flyway find its migrations, with nothing to run beside them.
	 */
	private static List<MigrationInfo> resolve(Configuration configuration, DataSource dataSource,
			ResourceProvider resources) {
		return Arrays.asList(Flyway.configure(configuration.getClassLoader())
			.configuration(configuration)
			.skipDefaultCallbacks(true)
			.callbacks(new Callback[0])
			.initSql(null)
			.callbackLocations(new String[0])
			.resourceProvider(resources)
			.dataSource(dataSource)
			.load()
			.info()
			.all());
	}

	private static Optional<String> refusal(Configuration configuration, Rehearsal rehearsal, MigrationInfo migration,
			boolean early) {
		if (!(migration instanceof MigrationInfoImpl resolved) || migration.getType() != CoreMigrationType.SQL) {
			return Optional.empty();
		}
		try {
			return Optional
				.ofNullable(rehearsal.refusal(resolved.getResolvedMigration().getExecutor(), configuration, early));
		}
		catch (FlywayException ex) {
			logger.debug("{} cannot be read, which is for Flyway to say", migration.getScript(), ex);
			return Optional.empty();
		}
	}

	/**
	 * Return what is refused of a script that runs beside the migrations.
	 */
	private static List<ScriptRefusal> beside(Configuration configuration, Rehearsal rehearsal, Resources resources,
			LoadableResource script, boolean early) {
		String name = script.getFilename();
		Optional<String> suffix = Arrays.stream(configuration.getSqlMigrationSuffixes())
			.filter((ending) -> script instanceof StringResource || name.endsWith(ending))
			.findFirst();
		if (suffix.isEmpty()) {
			return List.of();
		}
		try {
			BesideScript migration = new BesideScript(script, configuration, suffix.get());
			return resolve(configuration, rehearsal.dataSource(), resources.configurationsAnd(migration)).stream()
				.flatMap((info) -> refusal(configuration, rehearsal, info, early).stream())
				.map((reason) -> new ScriptRefusal((script instanceof StringResource) ? "initSql" : name, null, reason))
				.toList();
		}
		catch (FlywayException ex) {
			logger.debug("{} cannot be read, which is for Flyway to say", name, ex);
			return List.of();
		}
	}

}
