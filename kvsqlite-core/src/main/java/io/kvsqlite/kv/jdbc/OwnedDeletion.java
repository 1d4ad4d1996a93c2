package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Deletes an actor for the session that owns it. May be run several times over, on one
 * connection after another. Used by one thread.
 *
 * <p>
 * An attempt that does not find its row finds out whether that is an earlier one's doing,
 * whose answer was lost. The number of an actor is never used again. So if there is a row
 * of that number, under another ownership, no earlier attempt was carried out, and none
 * will be. If there is none, and an earlier attempt came as far as committing, the actor
 * is gone with all that anybody wrote to it.
 */
final class OwnedDeletion {

	private final Statements statements;

	private final Ownership ownership;

	private boolean taken;

	OwnedDeletion(Statements statements, Ownership ownership) {
		this.statements = statements;
		this.ownership = ownership;
	}

	/**
	 * Delete the actor.
	 * @return whether it is deleted; if not, the ownership is no longer current
	 */
	boolean run(Connection connection) throws SQLException {
		return deleteAll(connection) || (this.taken && !exists(connection));
	}

	private boolean deleteAll(Connection connection) throws SQLException {
		return new DeletionTransaction(connection, this.statements).run(this.statements.deleteOwned,
				(statement) -> this.ownership.bind(statement, 1), (commit) -> this.taken = true);
	}

	private boolean exists(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.statements.exists)) {
			statement.setLong(1, this.ownership.actor());
			try (ResultSet row = statement.executeQuery()) {
				return row.next();
			}
		}
	}

}
