package io.kvsqlite.jdbc;

import java.sql.SQLException;

import org.sqlite.SQLiteConnection;

/**
 * The owner of a physical connection, as the connection that is handed out sees it.
 *
 * <p>
 * All methods may be called by any thread. {@link #translate} and {@link #released} are
 * called with no lock of the connection held, so they may wait for a lock of the owner's;
 * the other two must not.
 */
public interface ConnectionOwner {

	/**
	 * Name the owner in messages.
	 * @return a short text such as {@code actor "notes/1"}
	 */
	String description();

	/**
	 * Explain a failure of the physical connection. Called once for every
	 * {@link SQLException} that it throws, on every path, before the application sees it.
	 * @param ex the exception of sqlite-jdbc
	 * @return the exception to throw instead, or the same
	 */
	SQLException translate(SQLException ex);

	/**
	 * Look whether something came up behind a call of the physical connection that
	 * returned as if all were well. Called after each, with the lock of the connection
	 * held: it must be cheap, and take no lock.
	 * @throws SQLException if something did. It is passed to {@link #translate}
	 */
	default void settle() throws SQLException {
	}

	/**
	 * Give the physical connection up: a call of it ended with something that is no
	 * {@link SQLException}. From then on it {@linkplain #isPoisoned() serves nothing}.
	 * Called with the lock of the connection held.
	 */
	default void giveUp() {
	}

	/**
	 * Return whether the connection must serve nothing any more, not even what is cached:
	 * after a write that failed or whose outcome is unknown, or a lost ownership. Asked
	 * before every operation, mostly with the lock of the connection held: it must be as
	 * cheap as reading a volatile field, and take no lock.
	 * @return whether every operation is refused. The refusal is passed to
	 * {@link #translate}
	 */
	default boolean isPoisoned() {
		return false;
	}

	/**
	 * Return where connections are left behind by a thread that has no stack to give them
	 * back.
	 * @return a place that somebody looks at
	 */
	default LeftBehind leftBehind() {
		return new LeftBehind();
	}

	/**
	 * Take the physical connection back. Called exactly once for each that was wrapped,
	 * whatever failed before; nothing that was made from the wrapper touches it
	 * afterwards.
	 * @param physical the connection
	 * @param reusable whether nothing was done with it that is not known to be undone: no
	 * transaction is open, no statement, and nothing is left that SQL or JDBC could tell
	 * but the settings that SQLite keeps in the structure of its connection, a temporary
	 * database and the numbers of what was changed, which only the owner sees. When not,
	 * it must be closed
	 */
	void released(SQLiteConnection physical, boolean reusable);

}
