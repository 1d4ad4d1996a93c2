package io.kvsqlite.migration;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Pattern;

import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * Foreign keys where nobody said whether they are enforced.
 */
final class ForeignKeys {

	private static final Pattern REFERENCES = Pattern.compile("\\breferences\\b", Pattern.CASE_INSENSITIVE);

	private ForeignKeys() {
	}

	/**
	 * Return whether a statement may make a foreign key.
	 */
	static boolean areIn(String sql) {
		return REFERENCES.matcher(sql).find();
	}

	/**
	 * Refuse a database that has some.
	 * @throws FlywayException if it has
	 */
	static void refuse(Connection connection) throws SQLException {
		String table = table(connection);
		if (table != null) {
			throw undecided("Table '%s'".formatted(table));
		}
	}

	private static @Nullable String table(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT s.name FROM sqlite_schema s, "
						+ "pragma_foreign_key_list(s.name) WHERE s.type = 'table' LIMIT 1")) {
			return rows.next() ? rows.getString(1) : null;
		}
	}

	static FlywayException undecided(String where) {
		return new FlywayException(where + " has foreign keys, and a migration does something else where they are "
				+ "enforced. Nothing was run. Say what the application has set: PRAGMA foreign_keys=on or "
				+ "foreign_keys=off");
	}

}
