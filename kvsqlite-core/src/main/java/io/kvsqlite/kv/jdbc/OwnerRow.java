package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * An actor's row.
 *
 * @param holder the name of the holder, if there is one
 * @param live whether its lease has not ended
 * @param lease its lease, if there is a holder
 * @param epoch the epoch
 * @param commit the number of the last commit
 */
record OwnerRow(@Nullable String holder, boolean live, @Nullable UUID lease, long epoch, long commit) {

	/**
	 * Read an actor's row.
	 * @param connection where
	 * @param statements the statements
	 * @param id the actor's id in UTF-8
	 * @return the row, {@code null} if there is none
	 */
	static @Nullable OwnerRow read(Connection connection, Statements statements, byte[] id) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(statements.owner)) {
			statement.setBytes(1, id);
			try (ResultSet row = statement.executeQuery()) {
				return row.next() ? new OwnerRow(row.getString(1), row.getBoolean(2), row.getObject(3, UUID.class),
						row.getLong(4), row.getLong(5)) : null;
			}
		}
	}

}
