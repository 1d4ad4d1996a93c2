package io.kvsqlite.migration;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.configuration.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * What a database's history says of migrations.
 *
 * @param versions the versions that were applied
 * @param repeatables the descriptions and checksums of repeatable migrations that were
 * applied
 * @param baseline the version below which, itself included, nothing runs any more,
 * {@code null} if there is none
 */
record AppliedMigrations(Set<String> versions, Set<String> repeatables, @Nullable MigrationVersion baseline) {

	static AppliedMigrations read(Connection connection, Configuration configuration) throws SQLException {
		String table = configuration.getTable();
		boolean history = false;
		boolean empty = true;
		try (Statement statement = connection.createStatement();
				ResultSet names = statement.executeQuery("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
			while (names.next()) {
				history |= table.equalsIgnoreCase(names.getString(1));
				empty &= "sqlite_sequence".equals(names.getString(1));
			}
		}
		if (history) {
			return history(connection, table);
		}
		return new AppliedMigrations(Set.of(), Set.of(),
				(!empty && configuration.isBaselineOnMigrate()) ? configuration.getBaselineVersion() : null);
	}

	private static AppliedMigrations history(Connection connection, String table) throws SQLException {
		Set<String> versions = new HashSet<>();
		Set<String> repeatables = new HashSet<>();
		MigrationVersion baseline = null;
		String name = '"' + table.replace("\"", "\"\"") + '"';
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(
						"SELECT version, description, checksum, type FROM %s WHERE success = 1".formatted(name))) {
			while (rows.next()) {
				String version = rows.getString(1);
				if (version == null) {
					repeatables.add(rows.getString(2) + '|' + rows.getString(3));
				}
				else if ("BASELINE".equals(rows.getString(4))) {
					baseline = MigrationVersion.fromVersion(version);
				}
				else {
					versions.add(MigrationVersion.fromVersion(version).getVersion());
				}
			}
		}
		return new AppliedMigrations(versions, repeatables, baseline);
	}

	/**
	 * Return whether a migration does not run any more.
	 */
	boolean contains(MigrationInfo migration) {
		MigrationVersion version = migration.getVersion();
		if (version == null) {
			return this.repeatables
				.contains(migration.getDescription() + '|' + Objects.toString(migration.getChecksum()));
		}
		return this.versions.contains(version.getVersion())
				|| (this.baseline != null && version.compareTo(this.baseline) <= 0);
	}

}
