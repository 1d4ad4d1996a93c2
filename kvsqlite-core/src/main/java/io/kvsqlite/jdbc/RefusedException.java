package io.kvsqlite.jdbc;

import java.sql.SQLException;

/**
 * A refusal of our own, for which SQLite was not asked: so the owner is not asked to
 * explain it either.
 */
final class RefusedException extends SQLException {

	private static final long serialVersionUID = 1L;

	/**
	 * The SQL state of a connection or statement that is closed.
	 */
	static final String CLOSED = "08003";

	/**
	 * The SQL state of an SQL statement that is not allowed here.
	 */
	static final String NOT_ALLOWED = "42000";

	/**
	 * The SQL state of an operation that the connection's scope refuses.
	 */
	static final String OUT_OF_SCOPE = "28000";

	/**
	 * The SQL state of a feature that SQLite does not have.
	 */
	static final String UNSUPPORTED = "0A000";

	RefusedException(String message, String sqlState) {
		super(message, sqlState);
	}

}
