package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimitExceededException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.jdbc.Database.Outcome;

/**
 * One ownership of one actor. Each call is one statement, or one transaction for a
 * deletion, which carries the epoch and the lease; the server applies or answers it only
 * while both are those of the actor's row.
 */
final class PostgresSession implements KvSession {

	private static final Logger logger = LoggerFactory.getLogger(PostgresSession.class);

	/**
	 * How often a write is repeated that found the actor's row locked and changed. Once
	 * is enough unless the row changes again.
	 */
	private static final int WRITE_ATTEMPTS = 10;

	private final PostgresKvStore store;

	private final String actorId;

	private final Ownership ownership;

	private final AtomicBoolean closed = new AtomicBoolean();

	/**
	 * Why this session serves nothing any more; set once.
	 */
	private final AtomicReference<@Nullable Supplier<KvDefiniteException>> end = new AtomicReference<>();

	private volatile long commit;

	PostgresSession(PostgresKvStore store, String actorId, Ownership ownership, long commit) {
		this.store = store;
		this.actorId = actorId;
		this.ownership = ownership;
		this.commit = commit;
	}

	@Override
	public String actorId() {
		return this.actorId;
	}

	@Override
	public long epoch() {
		return this.ownership.epoch();
	}

	@Override
	public long commit() {
		return this.commit;
	}

	Ownership ownership() {
		return this.ownership;
	}

	@Override
	public byte[] @Nullable [] read(byte[][] keys) {
		requireServing();
		Found found = this.store.database()
			.call("Actor '" + this.actorId + "' could not be read", (connection) -> read(connection, keys));
		if (found == null) {
			throw lost();
		}
		if (found.commit() != this.commit) {
			throw wentAstray(found.commit());
		}
		return found.values().inOrderOf(keys);
	}

	private @Nullable Found read(Connection connection, byte[][] keys) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.store.statements().read)) {
			statement.setLong(1, this.ownership.actor());
			WriteParts.bind(statement, 2, keys);
			this.ownership.bind(statement, 3);
			try (ResultSet rows = statement.executeQuery()) {
				if (!rows.next()) {
					return null;
				}
				long current = rows.getLong(1);
				ChunkValues values = new ChunkValues();
				do {
					byte[] key = rows.getBytes(2);
					if (key != null) {
						values.add(key, rows.getBytes(3));
					}
				}
				while (rows.next());
				return new Found(current, values);
			}
		}
	}

	@Override
	public void write(KvWrite write) {
		requireServing();
		if (!write.fits(this.store.limits())) {
			throw new KvLimitExceededException("A write of %d keys and %d bytes to actor '%s' is over the limits, %s"
				.formatted(write.keys(), write.bytes(), this.actorId, this.store.limits()));
		}
		boolean settled = false;
		try {
			write(WriteParts.of(write), this.commit + 1);
			settled = true;
		}
		catch (KvDefiniteException ex) {
			settled = true;
			throw ex;
		}
		catch (KvIndeterminateException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			throw new KvIndeterminateException("Commit %d of actor '%s' was not written, or it may have been: %s"
				.formatted(this.commit + 1, this.actorId, ex), ex);
		}
		finally {
			if (!settled) {
				long number = this.commit + 1;
				endWith(() -> new KvDefiniteException(
						"Whether commit %d of actor '%s' was written is not known; open the actor again to learn it"
							.formatted(number, this.actorId)));
			}
		}
	}

	/**
	 * Write until the answer is clear. What is written under a number is the same each
	 * time, so an earlier attempt that did arrive is as good as this one.
	 */
	private void write(WriteParts parts, long number) {
		FencedWrite write = new FencedWrite(this.store.statements(), this.ownership, parts, number);
		String subject = "Commit " + number + " of actor '" + this.actorId + "' was not written";
		boolean uncertain = false;
		for (int attempt = 1; attempt <= WRITE_ATTEMPTS; attempt++) {
			Outcome<FencedWrite.Found> outcome;
			try {
				outcome = this.store.database().write(subject, this.store.database().timeout(), write::run);
			}
			catch (KvDefiniteException ex) {
				if (uncertain) {
					throw new KvIndeterminateException(subject + ", or it may have been", ex);
				}
				throw ex;
			}
			uncertain |= outcome.uncertain();
			FencedWrite.Found found = outcome.result();
			if (found.applied()) {
				this.commit = number;
				return;
			}
			boolean current = found.isOf(this.ownership);
			if (current && found.commit() == number && uncertain) {
				this.commit = number;
				return;
			}
			if (current && found.commit() == number - 1) {
				// The row had changed when it was unlocked: by an earlier attempt of this
				// write or by a new owner, as the next attempt will tell.
				continue;
			}
			if (uncertain && found.commit() != number - 1) {
				// It may have been applied before the ownership ended.
				throw new KvIndeterminateException(subject + ", or it may have been: another owner has the actor now");
			}
			throw current ? wentAstray(found.commit()) : lost();
		}
		String message = subject + ": its owner record kept changing";
		throw uncertain ? new KvIndeterminateException(message) : new KvDefiniteException(message);
	}

	@Override
	public void delete() {
		requireServing();
		boolean deleted;
		try {
			deleted = this.store.deleteOwned(this.actorId, this.ownership);
		}
		catch (KvDefiniteException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			endWith(() -> new KvDefiniteException(
					"Whether actor '%s' was deleted is not known; open it again to learn it".formatted(this.actorId)));
			throw (ex instanceof KvIndeterminateException) ? ex : new KvIndeterminateException(
					"Actor '%s' was not deleted, or it may have been: %s".formatted(this.actorId, ex), ex);
		}
		if (!deleted) {
			throw lost();
		}
		this.store.remove(this);
		endWith(() -> new KvOwnershipLostException(this.actorId, epoch()));
	}

	/**
	 * Idempotent, and safe for any thread, also while another reads or writes.
	 */
	@Override
	public void close() {
		if (!this.closed.compareAndSet(false, true)) {
			return;
		}
		boolean empty = this.end.get() == null && this.commit == 0;
		endWith(this::sessionClosed);
		if (!this.store.remove(this)) {
			// the ownership was lost, or the store was closed and has released everything
			return;
		}
		try {
			release(empty);
		}
		catch (RuntimeException ex) {
			logger.debug("The release of actor '{}' will be tried again", this.actorId, ex);
			this.store.lease().repeat(() -> release(false));
		}
	}

	private void release(boolean empty) {
		this.store.database().call("Actor '%s' could not be released".formatted(this.actorId), (connection) -> {
			release(connection, empty);
			return null;
		});
	}

	/**
	 * An actor that was never written to leaves no row, unless a write got in between.
	 */
	private void release(Connection connection, boolean empty) throws SQLException {
		if (empty && update(connection, this.store.statements().forget) == 1) {
			return;
		}
		update(connection, this.store.statements().release);
	}

	private int update(Connection connection, String sql) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			this.ownership.bind(statement, 1);
			return statement.executeUpdate();
		}
	}

	private void requireServing() {
		this.store.requireOpen();
		Supplier<KvDefiniteException> reason = this.end.get();
		if (reason != null) {
			throw reason.get();
		}
	}

	/**
	 * The server does not have this ownership any more. When it was given back here
	 * meanwhile, say that.
	 */
	private KvDefiniteException lost() {
		this.store.remove(this);
		this.store.requireOpen();
		return endWith(() -> new KvOwnershipLostException(this.actorId, epoch()));
	}

	/**
	 * The ownership is ours, but the last commit is not the one we know: a server that
	 * forgot what it had acknowledged does that.
	 */
	private KvDefiniteException wentAstray(long found) {
		long known = this.commit;
		return endWith(() -> new KvCorruptionException(
				("Actor '%s' is at commit %d in PostgreSQL, but should be at %d: the server lost commits it had acknowledged"
						+ " (a replica promoted without them, a backup restored, fsync or synchronous_commit off),"
						+ " or reads are sent to a replica. Open the actor again")
					.formatted(this.actorId, found, known)));
	}

	private KvDefiniteException sessionClosed() {
		return new KvClosedException("The session on actor '%s' was closed".formatted(this.actorId));
	}

	/**
	 * End this session, unless it has ended already.
	 * @param reason makes the exception for every later call
	 * @return the exception to throw now
	 */
	private KvDefiniteException endWith(Supplier<KvDefiniteException> reason) {
		Supplier<KvDefiniteException> first = this.end.compareAndExchange(null, reason);
		return ((first != null) ? first : reason).get();
	}

	/**
	 * What a read found.
	 *
	 * @param commit the number of the last commit
	 * @param values the values
	 */
	private record Found(long commit, ChunkValues values) {
	}

}
