package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.Printable;

/**
 * A read-only REPEATABLE READ transaction on a connection of its own: the view stays
 * however much is written meanwhile, and it costs a connection, and holds back vacuum,
 * until it is closed.
 */
final class PostgresSnapshot implements KvSnapshot {

	/**
	 * What is read when the actor does not exist: no actor has this number.
	 */
	private static final long NO_ACTOR = -1;

	private final PostgresKvStore store;

	private final String actorId;

	private final Connection connection;

	private final boolean autoCommit;

	private final int networkTimeout;

	private long actor = NO_ACTOR;

	private long commit;

	private boolean closed;

	/**
	 * Begin a view.
	 * @param store the store
	 * @param actorId the actor
	 * @param id its bytes
	 * @param connection a connection, which is given back when the view is closed, and
	 * also when this fails
	 * @throws SQLException if the server failed
	 */
	PostgresSnapshot(PostgresKvStore store, String actorId, byte[] id, Connection connection) throws SQLException {
		this.store = store;
		this.actorId = actorId;
		this.connection = connection;
		boolean begun = false;
		boolean previousAutoCommit = true;
		int previousTimeout = -1;
		try {
			previousAutoCommit = connection.getAutoCommit();
			previousTimeout = connection.getNetworkTimeout();
			connection.setNetworkTimeout(Runnable::run, (int) store.database().timeout().toMillis());
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement()) {
				statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
			}
			try (PreparedStatement statement = connection.prepareStatement(store.statements().snapshot)) {
				statement.setBytes(1, id);
				try (ResultSet row = statement.executeQuery()) {
					if (row.next()) {
						this.actor = row.getLong(1);
						this.commit = row.getLong(2);
					}
				}
			}
			begun = true;
		}
		finally {
			this.autoCommit = previousAutoCommit;
			this.networkTimeout = previousTimeout;
			if (!begun) {
				end();
			}
		}
	}

	@Override
	public synchronized long commit() {
		return this.commit;
	}

	@Override
	public synchronized byte[] @Nullable [] read(byte[][] keys) {
		requireReadable();
		try (PreparedStatement statement = this.connection.prepareStatement(this.store.statements().chunks)) {
			statement.setLong(1, this.actor);
			WriteParts.bind(statement, 2, keys);
			ChunkValues values = new ChunkValues();
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					values.add(rows.getBytes(1), rows.getBytes(2));
				}
			}
			return values.inOrderOf(keys);
		}
		catch (SQLException ex) {
			throw failure(ex);
		}
	}

	@Override
	public synchronized byte[][] keys(byte[] from, int limit) {
		PostgresKvStore.requirePositive(limit);
		requireReadable();
		try (PreparedStatement statement = this.connection.prepareStatement(this.store.statements().keys)) {
			statement.setLong(1, this.actor);
			statement.setBytes(2, from);
			statement.setInt(3, limit);
			List<byte[]> keys = new ArrayList<>();
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					keys.add(rows.getBytes(1));
				}
			}
			return keys.toArray(byte[][]::new);
		}
		catch (SQLException ex) {
			throw failure(ex);
		}
	}

	@Override
	public synchronized void close() {
		if (!this.closed) {
			this.closed = true;
			this.store.remove(this);
			end();
		}
	}

	private void end() {
		try {
			if (!this.connection.isClosed()) {
				this.connection.rollback();
			}
		}
		catch (SQLException ex) {
			// the transaction was read-only and is over either way
			PostgresKvStore.logger.debug("A snapshot of actor '{}' did not end in order", Printable.id(this.actorId),
					ex);
		}
		finally {
			Database.giveBack(this.connection, this.autoCommit, this.networkTimeout);
		}
	}

	private void requireReadable() {
		this.store.requireOpen();
		if (this.closed) {
			throw new KvClosedException("The snapshot of actor '%s' was closed".formatted(this.actorId));
		}
	}

	/**
	 * After any failure the transaction is over, and with it the view.
	 */
	private KvDefiniteException failure(SQLException ex) {
		String message = "The snapshot of actor '%s' at commit %d was lost: %s".formatted(this.actorId, this.commit,
				ex.getMessage());
		return switch (SqlFailure.of(ex)) {
			case CORRUPT, REFUSED, FULL -> Database.definite(message, ex);
			case CONFLICT, UNAVAILABLE, NOT_REPLICATED, TIMED_OUT, CUT -> new KvSnapshotLostException(message, ex);
		};
	}

}
