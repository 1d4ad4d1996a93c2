package io.kvsqlite;

import java.sql.SQLException;

/**
 * An actor that is open, as the set of open actors sees it. {@link #isUsable},
 * {@link #abort} and {@link #release} may be called by any thread, the others by whoever
 * has the actor.
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
	 * Make everything that is done with it fail from now on, what runs included. Waits
	 * for nothing. It has to be closed all the same.
	 */
	void abort();

	/**
	 * Give it up in the store, after an abort, though somebody may have it.
	 */
	void release();

	/**
	 * Close it without a call of the store, after an abort. The store keeps it for its
	 * owner.
	 */
	void abandon() throws SQLException;

	/**
	 * Close it. It is given up even if that fails.
	 */
	void close() throws SQLException;

}
