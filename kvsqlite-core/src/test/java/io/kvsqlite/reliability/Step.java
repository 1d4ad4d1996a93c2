package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import org.sqlite.SQLiteException;

/**
 * One unit of a workload: afterwards its content is another, or still the same; never
 * something in between.
 */
sealed interface Step {

	/**
	 * Return a step of SQL statements: a single one, or a transaction from its beginning
	 * to its end.
	 */
	static Step sql(String... statements) {
		List<Statement> list = new ArrayList<>();
		for (String sql : statements) {
			list.add(new Statement(sql, new Object[0], false));
		}
		return new Sql(list);
	}

	/**
	 * Return a step of one statement with parameters.
	 */
	static Step with(String sql, Object... parameters) {
		return new Sql(List.of(new Statement(sql, parameters, false)));
	}

	/**
	 * Return a step of one statement that a constraint lets fail.
	 */
	static Step refused(String sql) {
		return new Sql(List.of(new Statement(sql, new Object[0], true)));
	}

	/**
	 * A transaction.
	 *
	 * @param statements what to run, in order
	 */
	record Sql(List<Statement> statements) implements Step {

		void run(Connection connection) throws SQLException {
			for (Statement statement : this.statements) {
				statement.run(connection);
			}
		}

	}

	/**
	 * Close the actor and open it again.
	 */
	record Reopen() implements Step {
	}

	/**
	 * Delete the actor; the next step creates it anew.
	 */
	record Delete() implements Step {
	}

	/**
	 * One statement.
	 *
	 * @param sql its text; a first character {@code !} marks one that must fail with a
	 * constraint violation
	 * @param parameters its parameters
	 * @param refused whether a constraint lets it fail
	 */
	record Statement(String sql, Object[] parameters, boolean refused) {

		void run(Connection connection) throws SQLException {
			boolean violates = this.refused || this.sql.startsWith("!");
			String text = this.sql.startsWith("!") ? this.sql.substring(1) : this.sql;
			try (PreparedStatement statement = connection.prepareStatement(text)) {
				for (int i = 0; i < this.parameters.length; i++) {
					statement.setObject(i + 1, this.parameters[i]);
				}
				if (statement.execute()) {
					try (var rows = statement.getResultSet()) {
						while (rows.next()) {
							rows.getObject(1);
						}
					}
				}
			}
			catch (SQLiteException ex) {
				if (violates && (ex.getErrorCode() & 0xff) == 19) {
					return;
				}
				throw ex;
			}
			if (violates) {
				throw new SQLException("A constraint should have refused: " + text);
			}
		}

	}

}
