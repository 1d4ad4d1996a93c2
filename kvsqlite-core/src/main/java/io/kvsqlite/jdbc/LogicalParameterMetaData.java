package io.kvsqlite.jdbc;

import java.sql.ParameterMetaData;
import java.sql.SQLException;

/**
 * The parameters of a prepared statement, for as long as that is open. In sqlite-jdbc it
 * is the statement itself, which must not be handed out.
 */
final class LogicalParameterMetaData extends DelegatingParameterMetaData {

	private final Guarded<?> origin;

	LogicalParameterMetaData(Guarded<?> origin, ParameterMetaData delegate) {
		super(origin.hold, delegate);
		this.origin = origin;
	}

	@Override
	ParameterMetaData open() throws SQLException {
		this.origin.open();
		return this.delegate;
	}

	@Override
	public String toString() {
		return "The parameters of " + this.hold.description();
	}

}
