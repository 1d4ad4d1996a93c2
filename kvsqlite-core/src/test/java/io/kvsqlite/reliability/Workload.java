package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

/**
 * A sequence of steps whose content after each of them is known from plain SQLite.
 */
final class Workload {

	private final String name;

	private final List<Step> steps;

	private final long[] states;

	Workload(String name, List<Step> steps) {
		this.name = name;
		this.steps = List.copyOf(steps);
		this.states = states();
	}

	String name() {
		return this.name;
	}

	List<Step> steps() {
		return this.steps;
	}

	/**
	 * Return the content after a number of steps.
	 */
	long state(int steps) {
		return this.states[steps];
	}

	/**
	 * Ask plain SQLite, in memory.
	 */
	private long[] states() {
		long[] result = new long[this.steps.size() + 1];
		Connection oracle = null;
		try {
			oracle = open();
			result[0] = Content.of(oracle);
			for (int i = 0; i < this.steps.size(); i++) {
				Step step = this.steps.get(i);
				if (step instanceof Step.Sql sql) {
					sql.run(oracle);
				}
				else if (step instanceof Step.Delete) {
					oracle.close();
					oracle = open();
				}
				result[i + 1] = Content.of(oracle);
			}
			oracle.close();
			return result;
		}
		catch (SQLException ex) {
			throw new IllegalStateException("Workload '" + this.name + "' does not run on plain SQLite", ex);
		}
	}

	private static Connection open() throws SQLException {
		Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
		try (var statement = connection.createStatement()) {
			statement.execute("PRAGMA foreign_keys=ON");
		}
		return connection;
	}

	@Override
	public String toString() {
		return this.name;
	}

}
