package io.kvsqlite.jdbc;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import org.sqlite.SQLiteConnection;

/**
 * An owner that remembers what it was asked, and marks what it translated.
 */
final class RecordingOwner implements ConnectionOwner {

	static final String DESCRIPTION = "actor \"notes/1\"";

	private final List<SQLException> failures = new CopyOnWriteArrayList<>();

	private final List<Boolean> returns = new CopyOnWriteArrayList<>();

	private volatile boolean poisoned;

	private volatile boolean givenUp;

	private final AtomicInteger settled = new AtomicInteger();

	@Override
	public String description() {
		return DESCRIPTION;
	}

	@Override
	public SQLException translate(SQLException ex) {
		this.failures.add(ex);
		return new TranslatedException(ex);
	}

	@Override
	public void settle() {
		this.settled.incrementAndGet();
	}

	@Override
	public void giveUp() {
		this.givenUp = true;
	}

	@Override
	public boolean isPoisoned() {
		return this.poisoned;
	}

	@Override
	public void released(SQLiteConnection physical, boolean reusable) {
		this.returns.add(reusable);
	}

	void poison() {
		this.poisoned = true;
	}

	/**
	 * Return how often it was asked what came up behind a call.
	 */
	int settled() {
		return this.settled.get();
	}

	boolean isGivenUp() {
		return this.givenUp;
	}

	List<SQLException> failures() {
		return this.failures;
	}

	/**
	 * Return, for each time that the connection came back, whether it was reusable.
	 */
	List<Boolean> returns() {
		return this.returns;
	}

	/**
	 * What this owner makes of a failure.
	 */
	static final class TranslatedException extends SQLException {

		private static final long serialVersionUID = 1L;

		TranslatedException(SQLException cause) {
			super(DESCRIPTION + ": " + cause.getMessage(), cause.getSQLState(), cause.getErrorCode(), cause);
		}

	}

}
