package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * A write under an ownership, which the server applies if the commit before it is the
 * last: one statement. Where that was not so, it says what was found instead; after an
 * ordinary commit, which only puts keys, that takes a second statement.
 *
 * @param statements the statements
 * @param ownership the ownership
 * @param parts what to write
 * @param number the number of the commit that it makes
 */
record FencedWrite(Statements statements, Ownership ownership, WriteParts parts, long number) {

	/**
	 * Write, or find out why not. May be run again.
	 * @param connection a connection on which each statement is a transaction
	 * @return what was found
	 */
	Found run(Connection connection) throws SQLException {
		if (!this.parts.onlyPuts()) {
			return writeAndDelete(connection);
		}
		// Only the second sees what another transaction did that the first waited for.
		return put(connection) ? Found.APPLIED : look(connection);
	}

	private boolean put(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.parts.sql(this.statements))) {
			statement.setLong(1, this.number);
			this.ownership.bind(statement, 2);
			statement.setLong(5, this.number - 1);
			this.parts.bind(statement, 6);
			return statement.executeUpdate() > 0;
		}
	}

	private Found look(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.statements.fence)) {
			statement.setLong(1, this.ownership.actor());
			try (ResultSet row = statement.executeQuery()) {
				return row.next() ? Found.of(row, 1) : Found.NOTHING;
			}
		}
	}

	private Found writeAndDelete(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.parts.sql(this.statements))) {
			statement.setLong(1, this.ownership.actor());
			statement.setLong(2, this.number);
			this.ownership.bind(statement, 3);
			statement.setLong(6, this.number - 1);
			statement.setLong(7, this.number - 1);
			this.parts.bind(statement, 8);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				return (row.getLong(1) == 1) ? Found.APPLIED : Found.of(row, 2);
			}
		}
	}

	/**
	 * What a write found.
	 *
	 * @param applied whether it was applied; if so, the rest says nothing
	 * @param epoch the epoch in the actor's row
	 * @param lease the lease of the holder, if there is one
	 * @param commit the number of the last commit, {@link #NO_ROW} if there is no record
	 * of the actor
	 */
	record Found(boolean applied, long epoch, @Nullable UUID lease, long commit) {

		private static final long NO_ROW = -1;

		private static final Found APPLIED = new Found(true, 0, null, NO_ROW);

		private static final Found NOTHING = new Found(false, 0, null, NO_ROW);

		/**
		 * Read epoch, lease and commit number, nulls if there is no record of the actor.
		 */
		private static Found of(ResultSet row, int first) throws SQLException {
			long commit = row.getLong(first + 2);
			if (row.wasNull()) {
				return NOTHING;
			}
			return new Found(false, row.getLong(first), row.getObject(first + 1, UUID.class), commit);
		}

		boolean isOf(Ownership ownership) {
			return this.commit != NO_ROW && this.epoch == ownership.epoch() && ownership.lease().equals(this.lease);
		}

	}

}
