package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvFoundOwner;
import org.jspecify.annotations.Nullable;

/**
 * A write under an ownership, which the server applies if the commit before it is the
 * last: one statement. Where that was not so, it says what was found instead; after an
 * ordinary commit, which only puts keys, that takes a second statement.
 *
 * @param statements the statements
 * @param ownership the ownership
 * @param parts what to write
 * @param before the commit that it follows
 */
record FencedWrite(Statements statements, Ownership ownership, WriteParts parts, KvCommit before) {

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
			statement.setLong(1, this.before.number() + 1);
			this.ownership.bind(statement, 2);
			int next = bindBefore(statement, 2 + Ownership.PARAMETERS);
			this.parts.bind(statement, next);
			boolean applied = statement.executeUpdate() > 0;
			Replication.require(statement);
			return applied;
		}
	}

	private int bindBefore(PreparedStatement statement, int first) throws SQLException {
		statement.setLong(first, this.before.number());
		statement.setObject(first + 1, Ownership.uuid(this.before.writer()));
		return first + 2;
	}

	private Found look(Connection connection) throws SQLException {
		KvFoundOwner owner = look(connection, this.statements, this.ownership.id());
		return new Found(false, owner);
	}

	/**
	 * Look at what an ownership is checked against.
	 * @param id the actor's id in UTF-8
	 * @return what is there, {@code null} if there is no record of the actor
	 */
	static @Nullable KvFoundOwner look(Connection connection, Statements statements, byte[] id) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(statements.fence)) {
			statement.setBytes(1, id);
			try (ResultSet row = statement.executeQuery()) {
				return row.next() ? owner(row, 1) : null;
			}
		}
	}

	private Found writeAndDelete(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.parts.sql(this.statements))) {
			statement.setBytes(1, this.ownership.id());
			statement.setLong(2, this.before.number() + 1);
			this.ownership.bind(statement, 3);
			int next = bindBefore(statement, 3 + Ownership.PARAMETERS);
			next = bindBefore(statement, next);
			this.parts.bind(statement, next);
			try (ResultSet row = statement.executeQuery()) {
				Replication.require(statement);
				row.next();
				return (row.getLong(1) == 1) ? Found.APPLIED : new Found(false, owner(row, 2));
			}
		}
	}

	/**
	 * Read epoch, fence, number and fence of the last commit, nulls if there is no record
	 * of the actor.
	 */
	private static @Nullable KvFoundOwner owner(ResultSet row, int first) throws SQLException {
		long epoch = row.getLong(first);
		if (row.wasNull()) {
			return null;
		}
		UUID fence = row.getObject(first + 1, UUID.class);
		return new KvFoundOwner((fence != null) ? Ownership.fence(fence) : KvFence.NONE, epoch, commit(row, first + 2));
	}

	/**
	 * Read number and fence of a commit.
	 */
	static KvCommit commit(ResultSet row, int first) throws SQLException {
		long number = row.getLong(first);
		if (number < 0) {
			throw new KvCorruptionException("An actor's row in PostgreSQL has commit number %d".formatted(number));
		}
		return (number > 0) ? new KvCommit(number, Ownership.fence(row.getObject(first + 1, UUID.class)))
				: KvCommit.NONE;
	}

	/**
	 * What a write found.
	 *
	 * @param applied whether it was applied
	 * @param owner what it found instead, {@code null} if there is no record of the actor
	 */
	record Found(boolean applied, @Nullable KvFoundOwner owner) {

		private static final Found APPLIED = new Found(true, null);

		/**
		 * Return whether an ownership is current, and this the last commit.
		 */
		boolean is(Ownership ownership, KvCommit lastCommit) {
			return this.owner != null && this.owner.fence().equals(ownership.fence())
					&& this.owner.epoch() == ownership.epoch() && this.owner.lastCommit().equals(lastCommit);
		}

	}

}
