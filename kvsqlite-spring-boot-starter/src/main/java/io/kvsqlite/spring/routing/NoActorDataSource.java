package io.kvsqlite.spring.routing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * The data source of no actor, with a {@link NoActorConnection} for whoever asks.
 * Thread-safe.
 */
final class NoActorDataSource extends AbstractDataSource {

	@Override
	public Connection getConnection() throws SQLException {
		return NoActorConnection.open();
	}

	@Override
	public Connection getConnection(@Nullable String username, @Nullable String password) throws SQLException {
		throw new SQLFeatureNotSupportedException("There are no users; call getConnection() without");
	}

	@Override
	public String toString() {
		return "DataSource of no actor";
	}

}
