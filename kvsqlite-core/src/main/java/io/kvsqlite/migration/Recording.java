package io.kvsqlite.migration;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * What Flyway did to a database: its transactions and their statements, in order.
 *
 * @param steps the statements, and where transactions begin and end
 * @param changed whether a migration was among them
 * @param begin when Flyway began
 * @param end when it had finished
 */
record Recording(List<Step> steps, boolean changed, Instant begin, Instant end) {

	Recording {
		steps = List.copyOf(steps);
	}

	/**
	 * Return whether another run did the same.
	 */
	boolean isSameAs(Recording other) {
		return this.changed == other.changed && this.steps.equals(other.steps);
	}

	/**
	 * Return whether no second of the clock belongs to both runs.
	 */
	boolean isOfAnotherSecond(Recording other) {
		return this.begin.getEpochSecond() > other.end.getEpochSecond()
				|| other.begin.getEpochSecond() > this.end.getEpochSecond();
	}

	/**
	 * Do the same to another database, in the same transactions.
	 * @throws SQLException if a statement or a commit failed. The transactions before it
	 * stay, as they do with Flyway
	 */
	void replay(Connection connection) throws SQLException {
		long start = System.nanoTime();
		for (Step step : this.steps) {
			step.perform(connection, start);
		}
		connection.setAutoCommit(true);
	}

	/**
	 * A statement, or the begin or end of a transaction.
	 */
	sealed interface Step {

		/**
		 * Do it again.
		 * @param connection to the database
		 * @param start when the repetition began
		 */
		void perform(Connection connection, long start) throws SQLException;

	}

	/**
	 * Where a transaction begins or ends.
	 */
	enum Boundary implements Step {

		/**
		 * From here on, statements are in a transaction.
		 */
		BEGIN,

		/**
		 * A transaction is committed, and the next one begins.
		 */
		COMMIT,

		/**
		 * A transaction is committed, if there is one, and none begins.
		 */
		AUTO_COMMIT;

		@Override
		public void perform(Connection connection, long start) throws SQLException {
			switch (this) {
				case BEGIN -> connection.setAutoCommit(false);
				case COMMIT -> connection.commit();
				case AUTO_COMMIT -> connection.setAutoCommit(true);
			}
		}

	}

	/**
	 * A statement.
	 *
	 * @param sql its text
	 * @param bindings what sets its parameters; {@code null} if it was not prepared
	 * @param executionTime the parameter that takes the milliseconds since the run began,
	 * 0 if there is none
	 */
	record Call(String sql, @Nullable List<Binding> bindings, int executionTime) implements Step {

		@Override
		public void perform(Connection connection, long start) throws SQLException {
			if (this.bindings == null) {
				try (Statement statement = connection.createStatement()) {
					if (statement.execute(this.sql)) {
						readAll(statement);
					}
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

		/**
		 * Read to the end, as Flyway does: a row may fail.
		 */
		private static void readAll(Statement statement) throws SQLException {
			try (ResultSet rows = statement.getResultSet()) {
				while (rows.next()) {
					// the value does not matter
				}
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
