package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

/**
 * Tables of one test, made by its stores and dropped at its end.
 */
final class TestTables implements AutoCloseable {

	private static final AtomicInteger count = new AtomicInteger();

	private final String prefix = "t%d_".formatted(count.incrementAndGet());

	private final DataSource dataSource;

	TestTables(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	String prefix() {
		return this.prefix;
	}

	/**
	 * Remember actors, chunks and the sequence.
	 */
	void remember(Connection connection) throws SQLException {
		run(connection, "DROP TABLE IF EXISTS %1$sactors_then, %1$schunks_then, %1$sepochs_then",
				"CREATE TABLE %1$sactors_then AS TABLE %1$sactors", "CREATE TABLE %1$schunks_then AS TABLE %1$schunks",
				"CREATE TABLE %1$sepochs_then AS SELECT last_value, is_called FROM %1$sepochs");
	}

	/**
	 * Go back to what was remembered.
	 */
	void goBack(Connection connection) throws SQLException {
		connection.setAutoCommit(false);
		run(connection, "DELETE FROM %1$sactors", "DELETE FROM %1$schunks",
				"INSERT INTO %1$sactors SELECT * FROM %1$sactors_then",
				"INSERT INTO %1$schunks SELECT * FROM %1$schunks_then",
				"SELECT setval('%1$sepochs', last_value, is_called) FROM %1$sepochs_then");
		connection.commit();
		connection.setAutoCommit(true);
	}

	private void run(Connection connection, String... statements) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql.formatted(this.prefix));
			}
		}
	}

	@Override
	public void close() throws SQLException {
		try (Connection connection = this.dataSource.getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("DROP TABLE IF EXISTS %1$sactors, %1$schunks, %1$sleases".formatted(this.prefix));
			statement.execute(
					"DROP TABLE IF EXISTS %1$sactors_then, %1$schunks_then, %1$sepochs_then".formatted(this.prefix));
			statement.execute("DROP SEQUENCE IF EXISTS %sepochs".formatted(this.prefix));
		}
	}

}
