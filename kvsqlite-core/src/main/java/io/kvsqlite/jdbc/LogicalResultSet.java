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

	private final @Nullable LogicalStatement<?> statement;

	LogicalResultSet(Hold hold, ResultSet delegate, @Nullable LogicalStatement<?> statement) {
		super(hold, delegate);
		this.statement = statement;
	}

	@Override
	public void close() throws SQLException {
		try {
			synchronized (this.lock) {
				if (this.closed) {
					return;
				}
				closeNow();
				if (this.statement != null) {
					this.statement.finished(this);
				}
				else {
					this.hold.remove(this);
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
		return this.closed || !this.hold.isServing();
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
		try {
			synchronized (this.lock) {
				return new LogicalResultSetMetaData(this, open().getMetaData());
			}
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
	}

	@Override
	public String toString() {
		return "A result set of " + this.hold.description();
	}

}
