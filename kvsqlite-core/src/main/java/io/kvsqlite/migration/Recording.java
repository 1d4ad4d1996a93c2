package io.kvsqlite.migration;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * What Flyway did to a database: its statements, in order.
 *
 * @param calls the statements
 * @param changed whether a migration was among them
 * @param begin when Flyway began
 * @param end when it had finished
 */
record Recording(List<Call> calls, boolean changed, Instant begin, Instant end) {

	Recording {
		calls = List.copyOf(calls);
	}

	/**
	 * Return whether another run did the same.
	 */
	boolean isSameAs(Recording other) {
		return this.changed == other.changed && this.calls.equals(other.calls);
	}

	/**
	 * Return whether no second of the clock belongs to both runs.
	 */
	boolean isOfAnotherSecond(Recording other) {
		return this.begin.getEpochSecond() > other.end.getEpochSecond()
				|| other.begin.getEpochSecond() > this.end.getEpochSecond();
	}

	/**
	 * Do the same to another database, as one transaction.
	 * @throws SQLException if a statement or the commit failed
	 */
	void replay(Connection connection) throws SQLException {
		if (this.calls.isEmpty()) {
			return;
		}
		connection.setAutoCommit(false);
		long start = System.nanoTime();
		for (Call call : this.calls) {
			call.perform(connection, start);
		}
		connection.commit();
		connection.setAutoCommit(true);
	}

	/**
	 * A statement.
	 *
	 * @param sql its text
	 * @param bindings what sets its parameters; {@code null} if it was not prepared
	 * @param executionTime the parameter that takes the milliseconds since the run began,
	 * 0 if there is none
	 */
	record Call(String sql, @Nullable List<Binding> bindings, int executionTime) {

		private void perform(Connection connection, long start) throws SQLException {
			if (this.bindings == null) {
				try (Statement statement = connection.createStatement()) {
					statement.execute(this.sql);
				}
				return;
			}
			try (PreparedStatement statement = connection.prepareStatement(this.sql)) {
				for (Binding binding : this.bindings) {
					binding.set(statement);
				}
				if (this.executionTime > 0) {
					statement.setInt(this.executionTime,
							(int) TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
				}
				statement.execute();
			}
		}

	}

	/**
	 * A call that sets a parameter.
	 *
	 * @param method the method of {@link PreparedStatement}
	 * @param arguments its arguments
	 */
	record Binding(Method method, List<@Nullable Object> arguments) {

		private void set(PreparedStatement statement) throws SQLException {
			try {
				this.method.invoke(statement, this.arguments.toArray());
			}
			catch (InvocationTargetException ex) {
				throw new SQLException("A parameter could not be set: " + ex.getCause(), ex.getCause());
			}
			catch (IllegalAccessException ex) {
				throw new IllegalStateException("JDBC's methods are public", ex);
			}
		}

	}

}
