package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvFoundOwner;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimitExceededException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.kv.jdbc.Database.Outcome;

/**
 * One ownership of one actor. Each call is one statement, or one transaction for a
 * deletion, which names the actor and carries the fence; the server applies or answers it
 * only while that is the fence in the actor's row.
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

	private volatile KvCommit lastCommit;

	PostgresSession(PostgresKvStore store, String actorId, Ownership ownership, KvCommit lastCommit) {
		this.store = store;
		this.actorId = actorId;
		this.ownership = ownership;
		this.lastCommit = lastCommit;
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
	public KvFence fence() {
		return this.ownership.fence();
	}

	@Override
	public KvCommit lastCommit() {
		return this.lastCommit;
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
			throw refused(this.store.database()
				.call("Actor '" + this.actorId + "' could not be read",
						(connection) -> FencedWrite.look(connection, this.store.statements(), this.ownership.id())));
		}
		if (!found.commit().equals(this.lastCommit)) {
			throw refused(new KvFoundOwner(fence(), epoch(), found.commit()));
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
				KvCommit current = FencedWrite.commit(rows, 1);
				ChunkValues values = new ChunkValues();
				do {
					byte[] key = rows.getBytes(3);
					if (key != null) {
						values.add(key, rows.getBytes(4));
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
			write(WriteParts.of(write), this.lastCommit);
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
				.formatted(commit() + 1, this.actorId, ex), ex);
		}
		finally {
			if (!settled) {
				long number = commit() + 1;
				endWith(() -> new KvDefiniteException(
						"Whether commit %d of actor '%s' was written is not known; open the actor again to learn it"
							.formatted(number, this.actorId)));
			}
		}
	}

	/**
	 * Write until the answer is clear. What this session writes after a commit is the
	 * same each time, so an earlier attempt that did arrive is as good as this one. Once
	 * an earlier attempt may have arrived, no refusal says that it did not.
	 */
	private void write(WriteParts parts, KvCommit before) {
		FencedWrite write = new FencedWrite(this.store.statements(), this.ownership, parts, before);
		KvCommit next = before.next(fence());
		String subject = "Commit " + next.number() + " of actor '" + this.actorId + "' was not written";
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
			if (!found.applied() && found.is(this.ownership, next)) {
				this.store.replication().confirm(subject);
			}
			if (found.applied() || found.is(this.ownership, next)) {
				this.lastCommit = next;
				return;
			}
			if (found.is(this.ownership, before)) {
				// The row had changed when it was unlocked: by an earlier attempt of this
				// write or by a new owner, as the next attempt will tell.
				continue;
			}
			if (uncertain) {
				throw new KvIndeterminateException(subject
						+ ", or it may have been: another owner has the actor now, or the server went back in time");
			}
			throw refused(found.owner());
		}
		String message = subject + ": its owner record kept changing";
		throw uncertain ? new KvIndeterminateException(message) : new KvDefiniteException(message);
	}

	@Override
	public void delete() {
		requireServing();
		OwnedDeletion.Result result;
		try {
			result = this.store.deleteOwned(this.actorId, this.ownership);
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
		if (result == OwnedDeletion.Result.NOT_OWNED) {
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
		boolean empty = this.end.get() == null && commit() == 0;
		endWith(this::sessionClosed);
		if (!this.store.remove(this)) {
			// the ownership was lost, or the store was closed and has released everything
			return;
		}
		try {
			release(empty);
		}
		catch (RuntimeException ex) {
			logger.debug("The release of actor '{}' will be tried again", Printable.id(this.actorId), ex);
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
	 * The server refused this session. Say whether that is because it lost commits which
	 * it had acknowledged.
	 * @param found what it found instead, {@code null} if there is no record of the actor
	 */
	private KvDefiniteException refused(@Nullable KvFoundOwner found) {
		if (found == null || !found.hasForgotten(this)) {
			return lost();
		}
		long known = commit();
		return endWith(() -> new KvCorruptionException(
				("Actor '%s' is at commit %d in PostgreSQL, but should be at %d: the server lost commits it had acknowledged"
						+ " (a replica promoted without them, a backup restored, fsync or synchronous_commit off),"
						+ " or reads are sent to a replica. Open the actor again")
					.formatted(this.actorId, found.lastCommit().number(), known)));
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
	 * @param commit the last commit
	 * @param values the values
	 */
	private record Found(KvCommit commit, ChunkValues values) {
	}

}
