package io.kvsqlite.kv.jdbc;

import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * What an SQLException says about the statement that failed, and only that: whether it
 * makes a write definite or indeterminate is decided by {@link #outcomeKnown}.
 *
 * <p>
 * The rule behind the classes: each of the store's statements is a transaction of its
 * own, so when the server itself answers that the statement failed, it was rolled back.
 * The exceptions are the answers that a server gives on its way out, and anything that
 * the driver made up because no answer came. A code that is not known to be of the first
 * kind is taken for the second.
 *
 * <p>
 * The table in {@link PostgresKvStore} says the same for users.
 */
enum SqlFailure {

	/**
	 * Another transaction was in the way; nothing was applied, the same again may work.
	 */
	CONFLICT(true),

	/**
	 * The server has no room.
	 */
	FULL(true),

	/**
	 * The server cannot serve the statement now, and said so: out of memory or of
	 * connections, cancelled, read-only.
	 */
	UNAVAILABLE(true),

	/**
	 * The server found its own data damaged.
	 */
	CORRUPT(true),

	/**
	 * The server refuses the statement: no such table, no permission, wrong credentials.
	 */
	REFUSED(true),

	/**
	 * The server committed, but did not wait for its standby. The same again would find
	 * the change, and wait for nothing.
	 */
	NOT_REPLICATED(false),

	/**
	 * No answer came within the time.
	 */
	TIMED_OUT(false),

	/**
	 * The connection broke, or the server went away, before an answer came.
	 */
	CUT(false);

	private static final Set<String> REFUSED_CLASSES = Set.of("0A", "0L", "0P", "21", "22", "23", "25", "26", "28",
			"2D", "2F", "34", "38", "39", "3B", "3D", "3F", "42", "44", "54");

	private final boolean outcomeKnown;

	SqlFailure(boolean outcomeKnown) {
		this.outcomeKnown = outcomeKnown;
	}

	/**
	 * Return whether it is known that the statement changed nothing and will not.
	 * @return whether it is
	 */
	boolean outcomeKnown() {
		return this.outcomeKnown;
	}

	static SqlFailure of(SQLException ex) {
		if (ex instanceof Replication.NotReplicatedException) {
			return NOT_REPLICATED;
		}
		String state = state(ex);
		if (state == null || state.length() != 5) {
			return timedOut(ex) ? TIMED_OUT : CUT;
		}
		return switch (state) {
			case "40001", "40P01" -> CONFLICT;
			case "53100" -> FULL;
			// 57014 is an answer: the statement was cancelled and rolled back
			case "25006", "53000", "53200", "53300", "53400", "55P03", "57014", "57P03" -> UNAVAILABLE;
			case "XX001", "XX002" -> CORRUPT;
			// CockroachDB and YugabyteDB say that the outcome is unknown with 40003
			case "40003" -> CUT;
			default -> {
				if (REFUSED_CLASSES.contains(state.substring(0, 2)) || state.startsWith("40")
						|| state.startsWith("55")) {
					yield REFUSED;
				}
				yield timedOut(ex) ? TIMED_OUT : CUT;
			}
		};
	}

	/**
	 * Return the first SQLSTATE along the causes: pools wrap the driver's exception in
	 * one of their own.
	 */
	private static @Nullable String state(SQLException ex) {
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			if (cause instanceof SQLException sql && sql.getSQLState() != null) {
				return sql.getSQLState();
			}
		}
		return null;
	}

	private static boolean timedOut(SQLException ex) {
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			if (cause instanceof SocketTimeoutException) {
				return true;
			}
		}
		return false;
	}

}
