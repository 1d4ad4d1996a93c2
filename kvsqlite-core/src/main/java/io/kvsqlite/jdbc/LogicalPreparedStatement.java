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
				PreparedStatement statement = begin(this.kind, this.keys);
				try {
					ResultSet result = results(statement.executeQuery());
					succeeded(this.keys);
					return result;
				}
				finally {
					end(this.kind, this.keys);
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
				PreparedStatement statement = begin(this.kind, this.keys);
				try {
					int result = statement.executeUpdate();
					succeeded(this.keys);
					return result;
				}
				finally {
					end(this.kind, this.keys);
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
				PreparedStatement statement = begin(this.kind, this.keys);
				mark();
				try {
					boolean result = statement.execute();
					succeeded(this.keys);
					return result;
				}
				finally {
					end(this.kind, this.keys);
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
		try {
			synchronized (this.lock) {
				open().addBatch();
				mark();
			}
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
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
		try {
			synchronized (this.lock) {
				open().clearBatch();
			}
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
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
		try {
			synchronized (this.lock) {
				ResultSetMetaData metaData = open().getMetaData();
				if (metaData instanceof CoreResultSet results && results.colsMeta == null) {
					// a new statement knows its columns, one that was executed has
					// forgotten them
					results.colsMeta = ((CoreStatement) this.delegate).pointer.safeRun(DB::column_names);
				}
				return (metaData != null) ? new LogicalResultSetMetaData(this, metaData) : null;
			}
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
	}

	@Override
	public ParameterMetaData getParameterMetaData() throws SQLException {
		try {
			synchronized (this.lock) {
				return new LogicalParameterMetaData(this, open().getParameterMetaData());
			}
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
	}

}
