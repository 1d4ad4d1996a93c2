package io.kvsqlite.jdbc;

import java.sql.Connection;

/**
 * Connections that somebody tried to give back where the stack did not suffice. They are
 * given back by another thread, that looks here from time to time. Thread-safe.
 *
 * <p>
 * Whoever leaves one behind has no stack for a call, so all that it does is to set
 * fields.
 */
public final class LeftBehind {

	/**
	 * Whether there may be some.
	 */
	volatile boolean any;

	/**
	 * Create a place where nothing was left.
	 */
	public LeftBehind() {
	}

	/**
	 * Return whether something was left behind since this was asked last.
	 * @return whether to look at all connections that are handed out
	 */
	public boolean take() {
		boolean any = this.any;
		if (any) {
			this.any = false;
		}
		return any;
	}

	/**
	 * Return whether a connection was left behind.
	 * @param connection the connection, as it was handed out
	 * @return whether to close it
	 */
	public static boolean isLeft(Connection connection) {
		return ((LogicalConnection) connection).hold.isLeftBehind();
	}

}
