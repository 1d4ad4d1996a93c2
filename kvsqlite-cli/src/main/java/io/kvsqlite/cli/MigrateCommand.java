package io.kvsqlite.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.migration.FleetMigration;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Applies Flyway migrations to actors.
 */
@Command(name = "migrate", mixinStandardHelpOptions = true, description = { "Applies Flyway migrations to actors.",
		"Broken off, it goes on where it was when it is started again." })
final class MigrateCommand implements Callable<Integer> {

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Parameters(index = "0", paramLabel = "STORE")
	private String store = "";

	@Option(names = "--locations", required = true, split = ",",
			description = "Where the migrations are, such as filesystem:/srv/migrations.")
	private List<String> locations = new ArrayList<>();

	@Option(names = "--baseline", description = "Take actors that have tables but no history for version 0.")
	private boolean baseline;

	@Option(names = "--pragma", paramLabel = "NAME=VALUE",
			description = { "What the application sets on each connection, such as foreign_keys=on.",
					"Without a word on foreign_keys, nothing that has foreign keys is migrated." })
	private Map<String, String> pragmas = new LinkedHashMap<>();

	@Option(names = "--dry-run", description = "Migrate temporary copies only.")
	private boolean dryRun;

	@Mixin
	private FleetOptions options = new FleetOptions();

	@Override
	public Integer call() throws Exception {
		FluentConfiguration configuration = Flyway.configure()
			.locations(this.locations.toArray(String[]::new))
			.failOnMissingLocations(true)
			.baselineOnMigrate(this.baseline)
			.baselineVersion("0");
		try (KvStore store = KvSqliteCommand.open(this.store, false);
				ActorDataSourceFactory factory = factory(store);
				ProgressBar bar = KvSqliteCommand.progressBar(this.spec)) {
			FleetMigration migration = new FleetMigration(factory, configuration).dryRun(this.dryRun);
			if (this.pragmas.keySet().stream().noneMatch("foreign_keys"::equalsIgnoreCase)) {
				migration = migration.refuseForeignKeys();
			}
			ActorFleet.Report report = migration.migrate(this.options.fleet(store, bar));
			return FleetOptions.report(this.spec, report, this.dryRun ? "would be migrated" : "migrated", "up to date");
		}
	}

	private ActorDataSourceFactory factory(KvStore store) {
		ActorDataSourceFactory.Builder builder = ActorDataSourceFactory.builder(store).maxOpenActors(64);
		this.pragmas.forEach(builder::pragma);
		return builder.build();
	}

}
