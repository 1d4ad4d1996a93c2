package io.kvsqlite.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What is done with a connection, again and again.
 */
abstract class Work {

	/**
	 * Text that neither repeats nor compresses to nothing.
	 */
	static final String RANDOM_TEXT = "hex(randomblob(%d))";

	/**
	 * Make the tables in an empty database.
	 */
	abstract void create(Connection connection) throws SQLException;

	/**
	 * Prepare the statements.
	 */
	abstract void prepare(Connection connection) throws SQLException;

	/**
	 * Do the work.
	 * @return how many operations that was
	 */
	abstract int operate() throws SQLException;

	/**
	 * Execute statements, each by itself.
	 */
	static void execute(Connection connection, String... statements) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

	/**
	 * Return the statement that fills a table.
	 * @param table the table, of which the columns {@code id} and {@code v} are set
	 * @param rows how many rows
	 * @param bytes how long each text is
	 */
	static String fill(String table, int rows, int bytes) {
		return "INSERT INTO " + table + " (id, v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
				+ " WHERE i < " + rows + ") SELECT i, " + RANDOM_TEXT.formatted(bytes / 2) + " FROM n";
	}

}
