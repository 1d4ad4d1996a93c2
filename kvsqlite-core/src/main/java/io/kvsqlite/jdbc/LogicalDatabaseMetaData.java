package io.kvsqlite.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What is known about the database, for as long as the connection is open.
 */
final class LogicalDatabaseMetaData extends DelegatingDatabaseMetaData {

	/**
	 * Tells tools what kind of database this is. The real URL names a file of ours that
	 * is nobody's business.
	 */
	private static final String URL = "jdbc:sqlite:kvsqlite";

	LogicalDatabaseMetaData(Hold hold, DatabaseMetaData delegate) {
		super(hold, delegate);
	}

	@Override
	DatabaseMetaData open() throws SQLException {
		this.hold.checkServing();
		return this.delegate;
	}

	@Override
	ResultSet results(ResultSet delegate) {
		return this.hold.metaDataResult(delegate);
	}

	@Override
	public Connection getConnection() throws SQLException {
		try {
			open();
			return this.hold.connection();
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
	}

	@Override
	public String getURL() throws SQLException {
		try {
			open();
			return URL;
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
	}

	@Override
	public boolean isReadOnly() throws SQLException {
		return this.hold.connection().isReadOnly();
	}

	@Override
	public int getDriverMajorVersion() {
		return this.delegate.getDriverMajorVersion();
	}

	@Override
	public int getDriverMinorVersion() {
		return this.delegate.getDriverMinorVersion();
	}

	@Override
	public String toString() {
		return "The metadata of " + this.hold.description();
	}

}
