package io.kvsqlite.kv.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;

/**
 * An actor's row as an opening left it. A later statement belongs to that opening if it
 * carries the same epoch and the same lease.
 *
 * @param actor the actor's number
 * @param epoch the epoch
 * @param lease this store object's lease. Beside the epoch it is needed only where a
 * server lost epochs it had given out, and gives them out again
 */
record Ownership(long actor, long epoch, UUID lease) {

	/**
	 * Set actor, epoch and lease, in that order.
	 * @param statement the statement
	 * @param first the first parameter
	 */
	void bind(PreparedStatement statement, int first) throws SQLException {
		statement.setLong(first, this.actor);
		statement.setLong(first + 1, this.epoch);
		statement.setObject(first + 2, this.lease);
	}

}
