package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvDefiniteException;

/**
 * The sign of life of one store object: a row that says until when, by the server's
 * clock, the object counts as alive. A daemon thread renews it at a third of its length.
 *
 * <p>
 * It only decides whether others may <em>try</em> to take this object's actors. When it
 * cannot be renewed, the object works on, and each of its calls succeeds until another
 * owner takes the actor in question.
 *
 * <p>
 * The same thread gives back actors whose opening failed without an answer: the server
 * may have carried it out, and then no one would be using what this object holds.
 */
final class Lease {

	private static final Logger logger = LoggerFactory.getLogger(Lease.class);

	/**
	 * For how many renewals a doubtful opening is undone. A statement does not wait in
	 * the server for longer.
	 */
	private static final int DOUBT_RENEWALS = 20;

	private final Database database;

	private final Statements statements;

	private final String holder;

	private final Duration length;

	private final Map<Long, DoubtfulOpening> doubtful = new ConcurrentHashMap<>();

	private long number;

	private @Nullable Thread thread;

	private boolean stopped;

	Lease(Database database, Statements statements, String holder, Duration length) {
		this.database = database;
		this.statements = statements;
		this.holder = holder;
		this.length = length;
	}

	/**
	 * Take the lease for the first time, and keep it from then on.
	 * @param connection a connection in auto-commit mode
	 * @throws SQLException if the server failed
	 */
	synchronized void begin(Connection connection) throws SQLException {
		if (this.number == 0) {
			try (PreparedStatement statement = connection.prepareStatement(this.statements.nextLease);
					ResultSet row = statement.executeQuery()) {
				row.next();
				this.number = row.getLong(1);
			}
		}
		renew(connection);
		if (this.thread == null && !this.stopped) {
			Thread renewal = new Thread(this::keep, "kvsqlite-lease-" + this.holder);
			renewal.setDaemon(true);
			renewal.start();
			this.thread = renewal;
		}
	}

	/**
	 * Return the number of this lease, once it has begun.
	 * @return a number that no other store object ever has
	 */
	synchronized long number() {
		return this.number;
	}

	/**
	 * Undo an opening, in the background, if the server turns out to have carried it out.
	 * @param id the actor
	 * @param opening the number of the opening
	 */
	void doubt(byte[] id, long opening) {
		this.doubtful.put(opening, new DoubtfulOpening(id));
	}

	/**
	 * Renew no more, and wait a moment for a renewal that is under way. The lease itself
	 * stays.
	 */
	void stop() {
		Thread renewal;
		synchronized (this) {
			this.stopped = true;
			renewal = this.thread;
		}
		if (renewal == null) {
			return;
		}
		renewal.interrupt();
		try {
			renewal.join(1000);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * End the lease, after it was stopped.
	 * @param connection a connection in auto-commit mode
	 * @throws SQLException if the server failed
	 */
	void end(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.statements.endLease)) {
			statement.setLong(1, number());
			statement.executeUpdate();
		}
	}

	private void keep() {
		boolean failed = false;
		for (int renewals = 1; sleep(failed); renewals++) {
			boolean cleanUp = renewals % 100 == 0;
			try {
				this.database.call("The lease of '%s' could not be renewed".formatted(this.holder), (connection) -> {
					renew(connection);
					undoDoubtfulOpenings(connection);
					if (cleanUp) {
						forgetDeadOwners(connection);
					}
					return null;
				});
				if (failed) {
					logger.info("The lease of '{}' is renewed again", this.holder);
				}
				failed = false;
			}
			catch (KvDefiniteException ex) {
				if (!failed && !isStopped()) {
					logger.warn("The lease of '{}' could not be renewed, so others may take its actors when it ends,"
							+ " {} after the last renewal; trying again", this.holder, this.length, ex);
				}
				failed = true;
			}
			catch (RuntimeException ex) {
				// a pool's own exception must not end the thread
				if (!failed && !isStopped()) {
					logger.error("The lease of '{}' could not be renewed; trying again", this.holder, ex);
				}
				failed = true;
			}
		}
	}

	private boolean sleep(boolean failed) {
		try {
			Thread.sleep(Math.max(1, this.length.toMillis() / (failed ? 10 : 3)));
			return !isStopped();
		}
		catch (InterruptedException ex) {
			return false;
		}
	}

	private synchronized boolean isStopped() {
		return this.stopped;
	}

	private void renew(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.statements.renewLease)) {
			statement.setLong(1, number());
			statement.setString(2, this.holder);
			statement.setLong(3, this.length.toMillis());
			statement.executeUpdate();
		}
	}

	private void undoDoubtfulOpenings(Connection connection) throws SQLException {
		if (this.doubtful.isEmpty()) {
			return;
		}
		Map<Long, DoubtfulOpening> openings = Map.copyOf(this.doubtful);
		try (PreparedStatement statement = connection.prepareStatement(this.statements.releaseOpenings)) {
			statement.setArray(1, connection.createArrayOf("bytea",
					openings.values().stream().map(DoubtfulOpening::id).toArray(byte[][]::new)));
			statement.setLong(2, number());
			statement.setArray(3, connection.createArrayOf("bigint", openings.keySet().toArray()));
			statement.executeUpdate();
		}
		openings.forEach((opening, doubt) -> {
			if (++doubt.renewals >= DOUBT_RENEWALS) {
				this.doubtful.remove(opening);
			}
		});
	}

	private void forgetDeadOwners(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(this.statements.forgetLeases)) {
			statement.executeUpdate();
		}
	}

	/**
	 * An opening that may have been carried out; used by the lease's thread alone once it
	 * is known.
	 */
	private static final class DoubtfulOpening {

		private final byte[] id;

		private int renewals;

		DoubtfulOpening(byte[] id) {
			this.id = id;
		}

		byte[] id() {
			return this.id;
		}

	}

}
