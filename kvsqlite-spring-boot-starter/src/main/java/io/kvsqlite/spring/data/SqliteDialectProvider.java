package io.kvsqlite.spring.data;

import java.util.Optional;

import org.springframework.data.jdbc.core.dialect.DialectResolver;
import org.springframework.data.relational.core.dialect.Dialect;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * Tells Spring Data JDBC of the {@link SqliteDialect} where the database is SQLite.
 */
class SqliteDialectProvider implements DialectResolver.JdbcDialectProvider {

	@Override
	public Optional<Dialect> getDialect(JdbcOperations operations) {
		Boolean sqlite = operations.execute((ConnectionCallback<Boolean>) (connection) -> "SQLite"
			.equals(connection.getMetaData().getDatabaseProductName()));
		return Boolean.TRUE.equals(sqlite) ? Optional.of(SqliteDialect.INSTANCE) : Optional.empty();
	}

}
