package io.kvsqlite.jdbc;

import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;
import org.sqlite.core.CoreResultSet;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/**
 * A prepared statement of a {@link LogicalConnection}.
 *
 * <p>
 * Its setters take no lock in the thread that has the connection: in sqlite-jdbc a
 * parameter waits in an array of the statement until the execution, and nothing native is
 * touched.
 *
 * <p>
 * Closed, it leaves its delegate to the {@link StatementCache} where that is as good as
 * new.
 */
final class LogicalPreparedStatement extends DelegatingPreparedStatement {

	private final SqlKind kind;

	/**
	 * Whether the application wants the generated keys.
	 */
	private final boolean keys;

	/**
	 * The SQL under which the delegate may be kept for later, {@code null} if it may not.
	 */
	private final @Nullable String sql;

	LogicalPreparedStatement(Hold hold, PreparedStatement delegate, SqlKind kind, boolean keys, @Nullable String sql) {
		super(hold, delegate);
		this.kind = kind;
		this.keys = keys;
		this.sql = sql;
	}

	@Override
	void release(boolean reusable) throws SQLException {
		if (reusable && this.sql != null && this.kind.isReusable()) {
			this.delegate.clearParameters();
			if (this.hold.keepStatement(this.sql, new StatementCache.Idle(this.delegate, this.kind))) {
				return;
			}
		}
		super.release(reusable);
	}

	// the executions that matter for speed are written out, without a lambda

	@Override
	public ResultSet executeQuery() throws SQLException {
		try {
			synchronized (this.lock) {
				try {
					PreparedStatement statement = begin(this.kind, this.keys);
					ResultSet result;
					try {
						result = results(statement.executeQuery());
						succeeded(this.keys);
					}
					finally {
						end(this.kind, this.keys);
					}
					this.hold.end();
					return result;
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
	public int executeUpdate() throws SQLException {
		try {
			synchronized (this.lock) {
				try {
					PreparedStatement statement = begin(this.kind, this.keys);
					int result;
					try {
						result = statement.executeUpdate();
						succeeded(this.keys);
					}
					finally {
						end(this.kind, this.keys);
					}
					this.hold.end();
					return result;
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
	public boolean execute() throws SQLException {
		try {
			synchronized (this.lock) {
				try {
					PreparedStatement statement = begin(this.kind, this.keys);
					mark();
					boolean result;
					try {
						result = statement.execute();
						succeeded(this.keys);
					}
					finally {
						end(this.kind, this.keys);
					}
					this.hold.end();
					return result;
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
	public long executeLargeUpdate() throws SQLException {
		return run(this.kind, this.keys, PreparedStatement::executeLargeUpdate);
	}

	@Override
	public void addBatch() throws SQLException {
		call((statement) -> {
			statement.addBatch();
			mark();
			return null;
		});
	}

	@Override
	public void addBatch(String sql) throws SQLException {
		try {
			open();
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
		throw new RefusedException("A prepared statement takes no further SQL", RefusedException.UNSUPPORTED);
	}

	@Override
	public void clearBatch() throws SQLException {
		call((statement) -> {
			statement.clearBatch();
			return null;
		});
	}

	@Override
	public int[] executeBatch() throws SQLException {
		return run(this.kind, this.keys, PreparedStatement::executeBatch);
	}

	@Override
	public long[] executeLargeBatch() throws SQLException {
		return run(this.kind, this.keys, PreparedStatement::executeLargeBatch);
	}

	@Override
	public @Nullable ResultSetMetaData getMetaData() throws SQLException {
		return call((statement) -> {
			ResultSetMetaData metaData = statement.getMetaData();
			if (metaData instanceof CoreResultSet results && results.colsMeta == null) {
				// a new statement knows its columns, one that was executed has
				// forgotten them
				results.colsMeta = ((CoreStatement) this.delegate).pointer.safeRun(DB::column_names);
			}
			return (metaData != null) ? new LogicalResultSetMetaData(this, metaData) : null;
		});
	}

	@Override
	public ParameterMetaData getParameterMetaData() throws SQLException {
		return call((statement) -> new LogicalParameterMetaData(this, statement.getParameterMetaData()));
	}

}
