package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvActorOwnedException;

/**
 * A transaction that deletes an actor. Its first statement takes the row away, so no
 * write can follow; the second begins after that, and so it sees all chunks that were
 * ever written.
 */
final class Deletion {

	private static final Logger logger = LoggerFactory.getLogger(Deletion.class);

	private final Statements statements;

	private final String actorId;

	private final byte[] id;

	private final boolean force;

	/**
	 * Remembered over attempts: the first may have been carried out without an answer.
	 */
	private boolean existed;

	Deletion(Statements statements, String actorId, byte[] id, boolean force) {
		this.statements = statements;
		this.actorId = actorId;
		this.id = id;
		this.force = force;
	}

	boolean run(Connection connection) throws SQLException {
		// A holder that dies or lets go between the two looks makes a second try
		// worth it.
		while (!deleteAll(connection) && !this.force && deletable(connection)) {
			logger.debug("Actor '{}' was given back just now", this.actorId);
		}
		return this.existed;
	}

	private boolean deleteAll(Connection connection) throws SQLException {
		connection.setAutoCommit(false);
		try {
			boolean deleted = deleteRecord(connection);
			connection.commit();
			connection.setAutoCommit(true);
			return deleted;
		}
		catch (SQLException ex) {
			rollBack(connection, ex);
			throw ex;
		}
	}

	private boolean deleteRecord(Connection connection) throws SQLException {
		String sql = this.force ? this.statements.deleteForced : this.statements.deleteUnheld;
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setBytes(1, this.id);
			try (ResultSet row = statement.executeQuery()) {
				if (!row.next()) {
					return false;
				}
				this.existed |= row.getLong(2) > 0;
				deleteChunks(connection, row.getLong(1));
				return true;
			}
		}
	}

	private void deleteChunks(Connection connection, long actor) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.statements.deleteChunks)) {
			statement.setLong(1, actor);
			statement.executeUpdate();
		}
	}

	/**
	 * Fail if a live owner holds the actor; else return whether it is there after all.
	 */
	private boolean deletable(Connection connection) throws SQLException {
		OwnerRow row = OwnerRow.read(connection, this.statements, this.id);
		if (row != null && row.live()) {
			throw new KvActorOwnedException(this.actorId, String.valueOf(row.holder()));
		}
		return row != null;
	}

	private void rollBack(Connection connection, SQLException ex) {
		try {
			connection.rollback();
		}
		catch (SQLException rollback) {
			ex.addSuppressed(rollback);
		}
	}

}
