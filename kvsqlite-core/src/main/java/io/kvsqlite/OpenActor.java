package io.kvsqlite;

import java.sql.SQLException;

/**
 * An actor that is open, as the set of open actors sees it. {@link #isUsable} and
 * {@link #abort} may be called by any thread, the others by whoever has the actor.
 */
interface OpenActor {

	/**
	 * Return whether nothing fatal has happened to it.
	 */
	boolean isUsable();

	/**
	 * Give up memory that an idle actor does not need.
	 */
	void trim();

	/**
	 * Make everything that is done with it fail from now on, what runs included. It has
	 * to be closed all the same.
	 */
	void abort();

	/**
	 * Close it. It is given up even if that fails.
	 */
	void close() throws SQLException;

}
