package io.kvsqlite.migration;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * All that a database file holds, as lines to compare, apart from times and from the
 * table in which the starter keeps its stamp.
 */
final class DatabaseContent {

	private static final List<String> PRAGMAS = List.of("user_version", "application_id", "auto_vacuum", "page_size",
			"encoding", "integrity_check", "foreign_key_check");

	private DatabaseContent() {
	}

	static List<String> read(Path file) throws SQLException {
		List<String> lines = new ArrayList<>();
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement()) {
			for (String pragma : PRAGMAS) {
				lines.add(pragma + " = " + rows(statement, "PRAGMA " + pragma, 1));
			}
			lines.addAll(rows(statement,
					"SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name <> 'kvsqlite_migrations' ORDER BY 1, 2",
					4));
			for (String table : rows(statement, "SELECT name FROM sqlite_schema WHERE type = 'table' "
					+ "AND name <> 'kvsqlite_migrations' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY 1", 1)) {
				lines.addAll(table(statement, table));
			}
		}
		return lines;
	}

	private static List<String> table(Statement statement, String table) throws SQLException {
		String name = '"' + table.replace("\"", "\"\"") + '"';
		List<String> columns = rows(statement,
				"SELECT name FROM pragma_table_info('%s') WHERE name NOT IN ".formatted(table.replace("'", "''"))
						+ "('installed_on', 'execution_time')",
				1);
		StringBuilder sql = new StringBuilder("SELECT ");
		columns.forEach((column) -> sql.append("quote(\"").append(column.replace("\"", "\"\"")).append("\"),"));
		sql.setLength(sql.length() - 1);
		return rows(statement, sql + " FROM " + name + " ORDER BY 1", columns.size()).stream()
			.map((row) -> table + ": " + row)
			.toList();
	}

	private static List<String> rows(Statement statement, String sql, int columns) throws SQLException {
		List<String> rows = new ArrayList<>();
		try (ResultSet result = statement.executeQuery(sql)) {
			while (result.next()) {
				StringBuilder row = new StringBuilder();
				for (int column = 1; column <= columns; column++) {
					row.append((column > 1) ? "|" : "").append(result.getString(column));
				}
				rows.add(row.toString());
			}
		}
		return rows;
	}

}
