package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

import javax.sql.DataSource;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Borrows connections of the user's DataSource, one for each call, and turns what goes
 * wrong into the errors of the contract.
 *
 * <p>
 * A call has a time limit, kept by the socket (a partition is noticed by nothing else),
 * and set back before the connection is returned. A call that met a conflict is repeated
 * within that time; one whose connection broke is repeated twice, because pools hand out
 * connections that the server closed long ago. Repeating must be harmless, then, and is:
 * for reads, for an opening, and for a write, which is not applied where it was applied
 * already.
 */
final class Database {

	private static final Logger logger = LoggerFactory.getLogger(Database.class);

	private static final int LONGEST_PAUSE_MILLIS = 64;

	private static final int CUT_ATTEMPTS = 3;

	private final DataSource dataSource;

	private final Duration timeout;

	Database(DataSource dataSource, Duration timeout) {
		this.dataSource = dataSource;
		this.timeout = timeout;
	}

	/**
	 * Return how long an ordinary call may take.
	 * @return the time limit
	 */
	Duration timeout() {
		return this.timeout;
	}

	/**
	 * Make a call of which it does not matter whether it was applied when it failed.
	 * @param <T> what it returns
	 * @param subject what the message of a failure begins with, such as "Actor 'a' could
	 * not be read"
	 * @param call the call
	 * @return what it returned
	 * @throws KvDefiniteException if it failed
	 */
	<T extends @Nullable Object> T call(String subject, Call<T> call) {
		return call(subject, this.timeout, call);
	}

	/**
	 * The same with another time limit.
	 * @param <T> what it returns
	 * @param subject what the message of a failure begins with
	 * @param limit the most time for an answer
	 * @param call the call
	 * @return what it returned
	 * @throws KvDefiniteException if it failed
	 */
	<T extends @Nullable Object> T call(String subject, Duration limit, Call<T> call) {
		try {
			return repeat(limit, call).result();
		}
		catch (CallFailedException ex) {
			throw definite(subject, ex);
		}
	}

	/**
	 * Make a call that writes.
	 * @param <T> what it returns
	 * @param subject what the message of a failure begins with
	 * @param limit the most time for an answer
	 * @param call the call, which recognises what an earlier attempt of it has written
	 * @return what it returned, and whether there was such an attempt
	 * @throws KvIndeterminateException if it may have been applied
	 * @throws KvDefiniteException if it was not
	 */
	<T> Outcome<T> write(String subject, Duration limit, Call<T> call) {
		try {
			return repeat(limit, call);
		}
		catch (CallFailedException ex) {
			if (ex.uncertain) {
				throw new KvIndeterminateException("%s, or it may have been: %s".formatted(subject, ex.message()),
						ex.sqlException);
			}
			throw definite(subject, ex);
		}
	}

	private <T> Outcome<T> repeat(Duration limit, Call<T> call) throws CallFailedException {
		long start = System.nanoTime();
		boolean uncertain = false;
		int cuts = 0;
		for (int attempt = 1;; attempt++) {
			Connection connection;
			try {
				connection = this.dataSource.getConnection();
			}
			catch (SQLException ex) {
				throw noConnection(ex, uncertain);
			}
			try {
				return new Outcome<>(once(connection, limit, call), uncertain);
			}
			catch (SQLException ex) {
				SqlFailure failure = SqlFailure.of(ex);
				uncertain |= !failure.outcomeKnown();
				boolean again = switch (failure) {
					case CONFLICT -> System.nanoTime() - start < limit.toNanos() && pause(attempt);
					case CUT -> ++cuts < CUT_ATTEMPTS;
					default -> false;
				};
				if (!again) {
					throw new CallFailedException(failure, ex, uncertain);
				}
				logger.debug("Trying again after {}", failure, ex);
			}
		}
	}

	private <T> T once(Connection connection, Duration limit, Call<T> call) throws SQLException {
		boolean autoCommit = true;
		int networkTimeout = -1;
		try {
			autoCommit = connection.getAutoCommit();
			if (!autoCommit) {
				connection.setAutoCommit(true);
			}
			networkTimeout = connection.getNetworkTimeout();
			connection.setNetworkTimeout(Runnable::run, (int) Math.min(limit.toMillis(), Integer.MAX_VALUE));
			return call.run(connection);
		}
		finally {
			giveBack(connection, autoCommit, networkTimeout);
		}
	}

	/**
	 * A failure here says nothing about the call, so it must not take the place of the
	 * call's result. What is wrong with the connection, its pool will notice.
	 */
	static void giveBack(Connection connection, boolean autoCommit, int networkTimeout) {
		try (connection) {
			if (!connection.isClosed()) {
				if (networkTimeout >= 0) {
					connection.setNetworkTimeout(Runnable::run, networkTimeout);
				}
				if (connection.getAutoCommit() != autoCommit) {
					connection.setAutoCommit(autoCommit);
				}
			}
		}
		catch (SQLException ex) {
			logger.debug("A connection could not be given back in order", ex);
		}
	}

	/**
	 * Borrow a connection for longer than a call.
	 * @param subject what the message of a failure begins with
	 * @return the connection
	 * @throws KvDefiniteException if there is none
	 */
	Connection borrow(String subject) {
		try {
			return this.dataSource.getConnection();
		}
		catch (SQLException ex) {
			throw definite(subject, noConnection(ex, false));
		}
	}

	/**
	 * Nothing was sent, so whatever the code, nothing was applied.
	 */
	private static CallFailedException noConnection(SQLException ex, boolean uncertain) {
		SqlFailure failure = SqlFailure.of(ex);
		return new CallFailedException((failure == SqlFailure.REFUSED) ? failure : SqlFailure.UNAVAILABLE, ex,
				uncertain);
	}

	private static boolean pause(int attempt) {
		try {
			int most = Math.min(1 << Math.min(attempt, 16), LONGEST_PAUSE_MILLIS);
			Thread.sleep(ThreadLocalRandom.current().nextInt(most + 1));
			return true;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	static KvDefiniteException definite(String subject, SQLException ex) {
		return definite(subject, new CallFailedException(SqlFailure.of(ex), ex, false));
	}

	private static KvDefiniteException definite(String subject, CallFailedException ex) {
		String message = "%s: %s".formatted(subject, ex.message());
		return switch (ex.failure) {
			case FULL -> new KvStoreFullException(message, ex.sqlException);
			case CORRUPT -> new KvCorruptionException(message, ex.sqlException);
			case REFUSED -> new KvDefiniteException(message, ex.sqlException);
			case CONFLICT, UNAVAILABLE, NOT_REPLICATED, TIMED_OUT, CUT ->
				new KvUnavailableException(message, ex.sqlException);
		};
	}

	/**
	 * What is done with a connection: in auto-commit mode, so that each statement is a
	 * transaction.
	 *
	 * @param <T> what it returns
	 */
	@FunctionalInterface
	interface Call<T extends @Nullable Object> {

		/**
		 * Do it.
		 * @param connection the connection, which the caller closes
		 * @return the result
		 * @throws SQLException if it failed
		 */
		T run(Connection connection) throws SQLException;

	}

	/**
	 * What a call came to.
	 *
	 * @param <T> what it returned
	 * @param result what it returned
	 * @param uncertain whether an attempt before the last may have been applied
	 */
	record Outcome<T>(T result, boolean uncertain) {
	}

	/**
	 * A call failed for good.
	 */
	private static final class CallFailedException extends Exception {

		private static final String READ_ONLY = "25006";

		private final SqlFailure failure;

		private final SQLException sqlException;

		private final boolean uncertain;

		CallFailedException(SqlFailure failure, SQLException sqlException, boolean uncertain) {
			super(sqlException);
			this.failure = failure;
			this.sqlException = sqlException;
			this.uncertain = uncertain;
		}

		String message() {
			String message = String.valueOf(this.sqlException.getMessage());
			if (READ_ONLY.equals(this.sqlException.getSQLState())) {
				message += "; the DataSource must lead to the primary server and not be read-only";
			}
			return message;
		}

	}

}
