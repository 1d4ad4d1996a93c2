package io.kvsqlite.kv.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;

import io.kvsqlite.kv.KvFence;

/**
 * An actor's row as an opening left it. A later statement belongs to that opening if it
 * carries the same fence; nothing else tells for certain, for a server that goes back in
 * time gives numbers and epochs out again, to other actors too. The id names the actor,
 * and the epoch keeps out what knows of no fences.
 *
 * @param actor the actor's number
 * @param id the actor's id in UTF-8
 * @param epoch the epoch
 * @param fence the fence
 */
record Ownership(long actor, byte[] id, long epoch, KvFence fence) {

	/**
	 * How many parameters {@link #bind} sets.
	 */
	static final int PARAMETERS = 4;

	/**
	 * Set actor, id, epoch and fence, in that order.
	 * @param statement the statement
	 * @param first the first parameter
	 */
	void bind(PreparedStatement statement, int first) throws SQLException {
		statement.setLong(first, this.actor);
		statement.setBytes(first + 1, this.id);
		statement.setLong(first + 2, this.epoch);
		statement.setObject(first + 3, uuid(this.fence));
	}

	/**
	 * Return a fence as the server keeps it.
	 */
	static UUID uuid(KvFence fence) {
		return new UUID(fence.high(), fence.low());
	}

	/**
	 * Return what the server keeps as a fence.
	 */
	static KvFence fence(UUID uuid) {
		return new KvFence(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
	}

}
