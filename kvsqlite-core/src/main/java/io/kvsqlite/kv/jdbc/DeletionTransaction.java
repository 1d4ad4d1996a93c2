package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.LongConsumer;

/**
 * A transaction that deletes an actor. Its first statement takes the row away, if the
 * condition on it holds, so no write can follow; the second begins after that, and so it
 * sees all chunks that were ever written. Others see both or neither.
 *
 * @param connection a connection in auto-commit mode
 * @param statements the statements
 */
record DeletionTransaction(Connection connection, Statements statements) {

	/**
	 * Delete.
	 * @param sql deletes the row, if it may, and returns the actor's number and that of
	 * its last commit
	 * @param parameters sets what that statement is about
	 * @param found told the number of the last commit when the row was taken away, before
	 * the transaction is committed
	 * @return whether the row was there and could be deleted
	 */
	boolean run(String sql, Parameters parameters, LongConsumer found) throws SQLException {
		this.connection.setAutoCommit(false);
		try {
			boolean deleted = deleteRecord(sql, parameters, found);
			this.connection.clearWarnings();
			this.connection.commit();
			Replication.require(this.connection);
			this.connection.setAutoCommit(true);
			return deleted;
		}
		catch (SQLException ex) {
			rollBack(ex);
			throw ex;
		}
	}

	private boolean deleteRecord(String sql, Parameters parameters, LongConsumer found) throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement(sql)) {
			parameters.set(statement);
			try (ResultSet row = statement.executeQuery()) {
				if (!row.next()) {
					return false;
				}
				found.accept(row.getLong(2));
				deleteChunks(row.getLong(1));
				return true;
			}
		}
	}

	private void deleteChunks(long actor) throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement(this.statements.deleteChunks)) {
			statement.setLong(1, actor);
			statement.executeUpdate();
		}
	}

	private void rollBack(SQLException ex) {
		try {
			this.connection.rollback();
		}
		catch (SQLException rollback) {
			ex.addSuppressed(rollback);
		}
	}

	/**
	 * Sets the parameters of a statement.
	 */
	@FunctionalInterface
	interface Parameters {

		void set(PreparedStatement statement) throws SQLException;

	}

}
