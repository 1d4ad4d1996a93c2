package io.kvsqlite.interop;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What a database holds, as a few lines that are equal exactly when the content is:
 * written in the same way by {@code src/test/node/digest.mjs}.
 */
final class DatabaseDigest {

	private DatabaseDigest() {
	}

	static String of(Connection connection) throws SQLException {
		StringBuilder lines = new StringBuilder();
		try (Statement statement = connection.createStatement()) {
			lines.append("integrity ")
				.append(String.join("; ", column(statement, "PRAGMA integrity_check")))
				.append('\n');
			for (String pragma : List.of("page_size", "encoding", "user_version")) {
				lines.append(pragma).append(' ').append(column(statement, "PRAGMA " + pragma).get(0)).append('\n');
			}
			for (String object : column(statement,
					"SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")) {
				lines.append(object).append('\n');
			}
			for (String table : column(statement,
					"SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name")) {
				appendRows(statement, table, lines);
			}
		}
		return lines.toString();
	}

	private static void appendRows(Statement statement, String table, StringBuilder lines) throws SQLException {
		String columns = column(statement,
				"SELECT group_concat('quote(\"' || name || '\")', ' || '','' || ' ORDER BY cid) FROM pragma_table_info('%s')"
					.formatted(table))
			.get(0);
		MessageDigest hash = sha256();
		int rows = 0;
		try (ResultSet result = statement.executeQuery("SELECT %s FROM \"%s\" NOT INDEXED".formatted(columns, table))) {
			while (result.next()) {
				hash.update(result.getString(1).getBytes(StandardCharsets.UTF_8));
				hash.update((byte) '\n');
				rows++;
			}
		}
		lines.append("rows %s %d %s\n".formatted(table, rows, HexFormat.of().formatHex(hash.digest())));
	}

	private static List<String> column(Statement statement, String sql) throws SQLException {
		List<String> values = new ArrayList<>();
		try (ResultSet result = statement.executeQuery(sql)) {
			while (result.next()) {
				values.add(result.getString(1));
			}
		}
		return values;
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
