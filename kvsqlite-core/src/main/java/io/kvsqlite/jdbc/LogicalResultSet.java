package io.kvsqlite.jdbc;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;

/**
 * The rows of one execution of a {@link LogicalStatement}, or of a question about the
 * database.
 */
final class LogicalResultSet extends DelegatingResultSet implements Hold.Closing {

	/**
	 * Stands for no execution in particular: the result set ends when it is closed.
	 */
	static final int ANY_EXECUTION = -1;

	private final @Nullable LogicalStatement<?> statement;

	private final int execution;

	LogicalResultSet(Hold hold, ResultSet delegate, @Nullable LogicalStatement<?> statement, int execution) {
		super(hold, delegate);
		this.statement = statement;
		this.execution = execution;
	}

	@Override
	ResultSet open() throws SQLException {
		this.hold.checkServing();
		if (isOver()) {
			throw new RefusedException(this + " is closed", RefusedException.CLOSED);
		}
		return this.delegate;
	}

	private boolean isOver() {
		return this.closed || (this.statement != null && this.execution != ANY_EXECUTION
				&& this.execution != this.statement.execution());
	}

	@Override
	public void close() throws SQLException {
		try {
			synchronized (this.lock) {
				if (isOver()) {
					return;
				}
				this.hold.begin();
				try {
					closeNow();
					if (this.statement == null) {
						this.hold.remove(this);
					}
					else if (this.execution != ANY_EXECUTION) {
						this.statement.completed();
					}
					this.hold.end();
				}
				catch (SQLException ex) {
					throw this.hold.end(ex);
				}
			}
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
	}

	@Override
	public void closeNow() throws SQLException {
		this.closed = true;
		this.delegate.close();
	}

	@Override
	public boolean isClosed() {
		return isOver() || !this.hold.isServing();
	}

	/**
	 * Return the statement that was executed.
	 * @return the statement, or {@code null} for an answer of
	 * {@link java.sql.DatabaseMetaData}
	 */
	@Override
	public @Nullable Statement getStatement() throws SQLException {
		try {
			open();
			return this.statement;
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
	}

	@Override
	public ResultSetMetaData getMetaData() throws SQLException {
		return call((results) -> new LogicalResultSetMetaData(this, results.getMetaData()));
	}

	@Override
	public String toString() {
		return "A result set of " + this.hold.description();
	}

}
