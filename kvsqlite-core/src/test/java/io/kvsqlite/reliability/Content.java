package io.kvsqlite.reliability;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The content of a database as one number: schema, settings, and every row of every table
 * with its types.
 */
final class Content {

	private static final long PRIME = 0x100000001b3L;

	private long hash = 0xcbf29ce484222325L;

	private Content() {
	}

	static long of(Connection connection) throws SQLException {
		Content content = new Content();
		List<String> tables = new ArrayList<>();
		try (Statement statement = connection.createStatement()) {
			try (ResultSet rows = statement.executeQuery("SELECT type, name, tbl_name, sql FROM sqlite_schema "
					+ "WHERE name NOT LIKE 'sqlite_autoindex%' ORDER BY type, name")) {
				while (rows.next()) {
					content.addRow(rows, 4);
					if (rows.getString(1).equals("table") && !rows.getString(4).startsWith("CREATE VIRTUAL")) {
						tables.add(rows.getString(2));
					}
				}
			}
			for (String table : tables) {
				content.add(table);
				try (ResultSet rows = statement.executeQuery("SELECT * FROM \"" + table + "\" NOT INDEXED")) {
					int columns = rows.getMetaData().getColumnCount();
					while (rows.next()) {
						content.addRow(rows, columns);
					}
				}
			}
			for (String pragma : List.of("user_version", "application_id")) {
				try (ResultSet rows = statement.executeQuery("PRAGMA " + pragma)) {
					content.addRow(rows, 1);
				}
			}
		}
		return content.hash;
	}

	private void addRow(ResultSet rows, int columns) throws SQLException {
		for (int i = 1; i <= columns; i++) {
			add(rows.getObject(i));
		}
		mix(0x0d);
	}

	private void add(Object value) {
		if (value == null) {
			mix(1);
		}
		else if (value instanceof byte[] bytes) {
			mix(2);
			add(bytes);
		}
		else {
			mix(value instanceof String ? 3 : value instanceof Double ? 4 : 5);
			add(value.toString().getBytes(StandardCharsets.UTF_8));
		}
	}

	private void add(byte[] bytes) {
		mix(bytes.length);
		for (byte b : bytes) {
			this.hash = (this.hash ^ b) * PRIME;
		}
	}

	private void mix(int number) {
		this.hash = (this.hash ^ number) * PRIME;
		this.hash ^= this.hash >>> 29;
	}

	/**
	 * Let SQLite look over a database.
	 */
	static void check(Connection connection) throws SQLException {
		assertThat(problems(connection)).as("integrity_check and foreign_key_check").isEmpty();
	}

	/**
	 * Return what SQLite finds wrong with a database.
	 */
	static List<String> problems(Connection connection) throws SQLException {
		List<String> problems = new ArrayList<>();
		try (Statement statement = connection.createStatement()) {
			try (ResultSet rows = statement.executeQuery("PRAGMA integrity_check")) {
				while (rows.next()) {
					problems.add(rows.getString(1));
				}
			}
			if (!problems.remove("ok")) {
				problems.add("integrity_check does not say that all is well");
			}
			try (ResultSet rows = statement.executeQuery("PRAGMA foreign_key_check")) {
				while (rows.next()) {
					problems.add("foreign key of " + rows.getString(1));
				}
			}
		}
		return problems;
	}

}
