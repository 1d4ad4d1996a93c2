package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvIndeterminateException;

/**
 * Makes sure that what counts as done is on the synchronous standby, where the server has
 * one.
 *
 * <p>
 * The server waits for the standby after it has committed. When that wait is cancelled,
 * by a time-out or by somebody, it answers with success and a warning. So whoever changes
 * something looks at the warnings before the change counts. Which warning it was is not
 * asked: texts are translated, and no other is expected.
 *
 * <p>
 * When the wait ends with the connection, what was committed can be seen, though the
 * standby may not have it. So what is found to be there after an attempt whose answer
 * never came is {@linkplain #confirm confirmed} by a later change that waits: the standby
 * gets all in order.
 *
 * @param database the database
 * @param statements the statements
 * @param leaseId the lease of this owner, whose row is changed
 * @see <a href=
 * "https://github.com/postgres/postgres/blob/master/src/backend/replication/syncrep.c">SyncRepWaitForLSN</a>
 */
record Replication(Database database, Statements statements, UUID leaseId) {

	private static final String CLASS_OF_SUCCESS = "00";

	/**
	 * Refuse to count a statement that was a transaction of its own and returned with a
	 * warning.
	 * @throws NotReplicatedException if it did
	 */
	static void require(Statement statement) throws SQLException {
		refuse(statement.getWarnings());
	}

	/**
	 * The same of a commit on a connection whose warnings were cleared before.
	 * @throws NotReplicatedException if it returned with a warning
	 */
	static void require(Connection connection) throws SQLException {
		refuse(connection.getWarnings());
	}

	/**
	 * Notices, which are of the class of success, say nothing of this.
	 */
	private static void refuse(@Nullable SQLWarning first) throws NotReplicatedException {
		for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
			String state = warning.getSQLState();
			if (state == null || !state.startsWith(CLASS_OF_SUCCESS)) {
				throw new NotReplicatedException(warning);
			}
		}
	}

	/**
	 * Make sure of what was found to be there.
	 * @param subject what the message of a failure begins with
	 * @throws KvIndeterminateException if that was not possible
	 */
	void confirm(String subject) {
		int changed;
		try {
			changed = this.database.write(subject, this.database.timeout(), this::touch).result();
		}
		catch (KvDefiniteException ex) {
			throw new KvIndeterminateException(subject + ", or it was and may not be on the standby", ex);
		}
		if (changed == 0) {
			throw new KvIndeterminateException(
					subject + ", or it was and may not be on the standby: the lease of this owner is gone");
		}
	}

	private int touch(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.statements.touchLease)) {
			statement.setObject(1, this.leaseId);
			int changed = statement.executeUpdate();
			require(statement);
			return changed;
		}
	}

	/**
	 * The server has committed, and warned that the standby may not have it.
	 */
	static final class NotReplicatedException extends SQLException {

		private static final long serialVersionUID = 1L;

		NotReplicatedException(SQLWarning warning) {
			super("the server committed, but the standby may not have it: " + warning.getMessage(),
					warning.getSQLState(), warning);
		}

	}

}
