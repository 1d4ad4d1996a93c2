package io.kvsqlite.migration;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import org.flywaydb.core.api.configuration.FluentConfiguration;

/**
 * A case of the comparison: scripts in stages, each of which ends with a migration.
 */
final class MigrationCase {

	private final String name;

	private final List<Stage> stages = new ArrayList<>();

	private UnaryOperator<FluentConfiguration> configuration = UnaryOperator.identity();

	private boolean refused;

	private boolean locked;

	private MigrationCase(String name) {
		this.name = name;
		this.stages.add(new Stage());
	}

	static MigrationCase of(String name) {
		return new MigrationCase(name);
	}

	/**
	 * Add a script to the current stage.
	 */
	MigrationCase script(String file, String text) {
		current().files.put(file, text);
		return this;
	}

	/**
	 * Begin another stage, with the scripts of those before.
	 */
	MigrationCase then() {
		this.stages.add(new Stage());
		return this;
	}

	/**
	 * Run SQL of the application before the current stage migrates.
	 */
	MigrationCase application(String... sql) {
		current().sql.addAll(List.of(sql));
		return this;
	}

	MigrationCase configured(UnaryOperator<FluentConfiguration> configuration) {
		UnaryOperator<FluentConfiguration> before = this.configuration;
		this.configuration = (flyway) -> configuration.apply(before.apply(flyway));
		return this;
	}

	/**
	 * Expect that the last stage is refused on an actor before anything runs.
	 */
	MigrationCase refused() {
		this.refused = true;
		return this;
	}

	/**
	 * Expect that the database is locked on a file, and that an actor says why.
	 */
	MigrationCase locked() {
		this.locked = true;
		return this;
	}

	boolean isLocked() {
		return this.locked;
	}

	boolean isRefused(int stage) {
		return this.refused && stage == this.stages.size() - 1;
	}

	List<Stage> stages() {
		return this.stages;
	}

	FluentConfiguration configure(FluentConfiguration flyway) {
		return this.configuration.apply(flyway);
	}

	private Stage current() {
		return this.stages.get(this.stages.size() - 1);
	}

	@Override
	public String toString() {
		return this.name;
	}

	/**
	 * What happens before one migration.
	 */
	static final class Stage {

		private final Map<String, String> files = new LinkedHashMap<>();

		private final List<String> sql = new ArrayList<>();

		/**
		 * The scripts that are written, by their names; an empty one is deleted.
		 */
		Map<String, String> files() {
			return this.files;
		}

		List<String> sql() {
			return this.sql;
		}

	}

}
