package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.OwnerLease;

/**
 * Takes actors for one owner, each opening under a fence and a number of its own. Safe
 * for use by many threads.
 */
final class Openings {

	private final Database database;

	private final Statements statements;

	private final OwnerLease lease;

	private final UUID leaseId;

	private final AtomicLong count = new AtomicLong();

	Openings(Database database, Statements statements, OwnerLease lease) {
		this.database = database;
		this.statements = statements;
		this.lease = lease;
		this.leaseId = UUID.fromString(lease.id());
	}

	/**
	 * Take the actor, or return {@code null} if the server did not let us. The statement
	 * carries a fence and a number, the same when it is sent again: so it takes the actor
	 * once at most, never from a later opening of this owner, and what it took without
	 * our knowing is found and given back.
	 */
	@Nullable Opened take(String actorId, byte[] id, byte[][] keys) {
		long opening = this.count.incrementAndGet();
		KvFence fence = KvFence.draw();
		try {
			// The server gives up first, so that no statement lies in wait there.
			return this.database.call("Actor '%s' could not be opened".formatted(actorId),
					this.database.timeout().plusSeconds(2), (connection) -> take(connection, id, opening, fence, keys));
		}
		catch (RuntimeException ex) {
			this.lease.repeat(() -> undo(actorId, id, fence));
			throw ex;
		}
	}

	private @Nullable Opened take(Connection connection, byte[] id, long opening, KvFence fence, byte[][] keys)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.statements.open)) {
			statement.setQueryTimeout((int) Math.max(1, this.database.timeout().toSeconds()));
			statement.setBytes(1, id);
			statement.setBytes(2, id);
			statement.setString(3, this.lease.name());
			statement.setObject(4, this.leaseId);
			statement.setLong(5, opening);
			statement.setObject(6, Ownership.uuid(fence));
			WriteParts.bind(statement, 7, keys);
			try (ResultSet rows = statement.executeQuery()) {
				Replication.require(statement);
				rows.next();
				long actor = rows.getLong(1);
				if (rows.wasNull()) {
					return null;
				}
				Ownership ownership = new Ownership(actor, id, rows.getLong(2), fence);
				KvCommit commit = FencedWrite.commit(rows, 3);
				// Were the chunks read as of the commit that the row has? A null reads as
				// 0,
				// which is the number of no actor. An actor without commits has no
				// chunks;
				// those that were read belong to one of the same id that is gone.
				boolean current = rows.getLong(5) == actor && FencedWrite.commit(rows, 6).equals(commit);
				ChunkValues values = new ChunkValues();
				do {
					byte[] key = rows.getBytes(8);
					if (key != null) {
						values.add(key, rows.getBytes(9));
					}
				}
				while (rows.next());
				if (commit.number() == 0) {
					return new Opened(ownership, KvCommit.NONE, new ChunkValues());
				}
				return new Opened(ownership, commit, current ? values : null);
			}
		}
	}

	/**
	 * Give an actor back that an opening took whose answer never came.
	 */
	private void undo(String actorId, byte[] id, KvFence fence) {
		this.database.call("Actor '%s' could not be released".formatted(actorId), (connection) -> {
			try (PreparedStatement statement = connection.prepareStatement(this.statements.undo)) {
				statement.setBytes(1, id);
				statement.setObject(2, Ownership.uuid(fence));
				return statement.executeUpdate();
			}
		});
	}

	/**
	 * What an opening took.
	 *
	 * @param ownership the new ownership
	 * @param commit the last commit
	 * @param values the values that were read, or {@code null} if they are older than
	 * that commit
	 */
	record Opened(Ownership ownership, KvCommit commit, @Nullable ChunkValues values) {
	}

}
