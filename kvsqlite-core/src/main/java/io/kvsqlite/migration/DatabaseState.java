package io.kvsqlite.migration;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * All of a database that Flyway looks at before it decides what to do: the schema, and
 * its own history without times.
 *
 * @param digest a hash of it
 */
record DatabaseState(String digest) {

	private static final Set<String> TIMES = Set.of("installed_on", "execution_time");

	/**
	 * Read the state of a database.
	 * @param connection to the database
	 * @param historyTable the name of Flyway's table
	 */
	static DatabaseState read(Connection connection, String historyTable) throws SQLException {
		MessageDigest digest = sha256();
		boolean history = false;
		try (Statement statement = connection.createStatement()) {
			try (ResultSet rows = statement
				.executeQuery("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")) {
				while (rows.next()) {
					for (int column = 1; column <= 4; column++) {
						add(digest, rows.getString(column));
					}
					history |= historyTable.equalsIgnoreCase(rows.getString(2));
				}
			}
			if (history) {
				add(digest, null);
				addHistory(digest, statement, historyTable);
			}
		}
		return new DatabaseState(HexFormat.of().formatHex(digest.digest()));
	}

	private static void addHistory(MessageDigest digest, Statement statement, String table) throws SQLException {
		String name = '"' + table.replace("\"", "\"\"") + '"';
		try (ResultSet rows = statement.executeQuery("SELECT * FROM %s ORDER BY 1".formatted(name))) {
			ResultSetMetaData columns = rows.getMetaData();
			while (rows.next()) {
				for (int column = 1; column <= columns.getColumnCount(); column++) {
					if (!TIMES.contains(columns.getColumnName(column))) {
						add(digest, rows.getString(column));
					}
				}
			}
		}
	}

	/**
	 * Add a value and its length, so that two rows never look like another two.
	 */
	private static void add(MessageDigest digest, @Nullable String value) {
		byte[] bytes = (value != null) ? value.getBytes(StandardCharsets.UTF_8) : new byte[0];
		digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, (value != null) ? bytes.length : -1));
		digest.update(bytes);
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
