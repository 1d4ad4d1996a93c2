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
 * whose answer was lost. If an earlier attempt came as far as committing and there is no
 * actor of this id, it is gone with all that anybody wrote to it. If there is one, under
 * another ownership, the attempt was not carried out, or the actor was made anew since:
 * then nothing tells what became of it.
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
	 * @return what became of it
	 */
	Result run(Connection connection) throws SQLException {
		if (deleteAll(connection)) {
			return Result.DELETED;
		}
		if (!this.taken) {
			return Result.NOT_OWNED;
		}
		return exists(connection) ? Result.UNKNOWN : Result.DELETED;
	}

	private boolean deleteAll(Connection connection) throws SQLException {
		return new DeletionTransaction(connection, this.statements).run(this.statements.deleteOwned,
				(statement) -> this.ownership.bind(statement, 1), (commit) -> this.taken = true);
	}

	private boolean exists(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.statements.exists)) {
			statement.setBytes(1, this.ownership.id());
			try (ResultSet row = statement.executeQuery()) {
				return row.next();
			}
		}
	}

	/**
	 * What became of the actor.
	 */
	enum Result {

		/**
		 * It is gone.
		 */
		DELETED,

		/**
		 * The ownership is not current; nothing was deleted.
		 */
		NOT_OWNED,

		/**
		 * The ownership is not current; an earlier attempt may have deleted it.
		 */
		UNKNOWN

	}

}
