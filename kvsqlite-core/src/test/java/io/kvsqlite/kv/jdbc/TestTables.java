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

	@Override
	public void close() throws SQLException {
		try (Connection connection = this.dataSource.getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("DROP TABLE IF EXISTS %1$sactors, %1$schunks, %1$sleases".formatted(this.prefix));
			statement.execute("DROP SEQUENCE IF EXISTS %sepochs".formatted(this.prefix));
		}
	}

}
