package io.kvsqlite.jdbc;

import java.sql.ResultSetMetaData;
import java.sql.SQLException;

/**
 * The columns of a result set, for as long as that (or the prepared statement) is open.
 * In sqlite-jdbc it is the result set itself, which must not be handed out.
 */
final class LogicalResultSetMetaData extends DelegatingResultSetMetaData {

	private final Guarded<?> origin;

	LogicalResultSetMetaData(Guarded<?> origin, ResultSetMetaData delegate) {
		super(origin.hold, delegate);
		this.origin = origin;
	}

	@Override
	ResultSetMetaData open() throws SQLException {
		this.origin.open();
		return this.delegate;
	}

	@Override
	public String toString() {
		return "The columns of " + this.hold.description();
	}

}
