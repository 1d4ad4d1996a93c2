package io.kvsqlite.migration;

import java.io.Reader;

import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.resource.LoadableResource;

/**
 * A script that runs beside the migrations, in the shape of a repeatable migration, for
 * which Flyway tells its statements.
 */
final class BesideScript extends LoadableResource {

	private final LoadableResource script;

	private final String name;

	BesideScript(LoadableResource script, Configuration configuration, String suffix) {
		this.script = script;
		this.name = configuration.getRepeatableSqlMigrationPrefix() + configuration.getSqlMigrationSeparator()
				+ "beside" + suffix;
	}

	@Override
	public Reader read() {
		return this.script.read();
	}

	@Override
	public String getAbsolutePath() {
		return this.script.getAbsolutePath();
	}

	@Override
	public String getAbsolutePathOnDisk() {
		return this.script.getAbsolutePathOnDisk();
	}

	@Override
	public String getFilename() {
		return this.name;
	}

	@Override
	public String getRelativePath() {
		return this.script.getRelativePath();
	}

}
