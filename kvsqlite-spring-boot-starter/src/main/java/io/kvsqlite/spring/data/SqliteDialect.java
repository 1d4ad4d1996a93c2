package io.kvsqlite.spring.data;

import java.util.Collection;
import java.util.List;

import org.springframework.data.jdbc.core.dialect.JdbcArrayColumns;
import org.springframework.data.jdbc.core.dialect.JdbcDialect;
import org.springframework.data.relational.core.dialect.AnsiDialect;
import org.springframework.data.relational.core.dialect.IdGeneration;
import org.springframework.data.relational.core.dialect.LimitClause;
import org.springframework.data.relational.core.dialect.LockClause;
import org.springframework.data.relational.core.sql.LockOptions;

/**
 * The dialect of SQLite for Spring Data JDBC, which has none of its own.
 */
public class SqliteDialect extends AnsiDialect implements JdbcDialect {

	/**
	 * The one instance that is needed.
	 */
	public static final SqliteDialect INSTANCE = new SqliteDialect();

	private static final LimitClause LIMIT = new LimitClause() {

		@Override
		public String getLimit(long limit) {
			return "LIMIT " + limit;
		}

		/**
		 * SQLite takes an OFFSET only behind a LIMIT; a negative one is no limit.
		 */
		@Override
		public String getOffset(long offset) {
			return "LIMIT -1 OFFSET " + offset;
		}

		@Override
		public String getLimitOffset(long limit, long offset) {
			return "LIMIT %d OFFSET %d".formatted(limit, offset);
		}

		@Override
		public Position getClausePosition() {
			return Position.AFTER_ORDER_BY;
		}

	};

	/**
	 * A transaction has the whole database, so there is nothing to lock.
	 */
	private static final LockClause NO_LOCK = new LockClause() {

		@Override
		public String getLock(LockOptions lockOptions) {
			return "";
		}

		@Override
		public Position getClausePosition() {
			return Position.AFTER_ORDER_BY;
		}

	};

	/**
	 * sqlite-jdbc answers the key of the last row of a batch and no other, so rows with
	 * generated keys are inserted one by one.
	 */
	private static final IdGeneration ONE_BY_ONE = new IdGeneration() {

		@Override
		public boolean supportedForBatchOperations() {
			return false;
		}

		@Override
		public boolean sequencesSupported() {
			return false;
		}

	};

	private static final List<Object> CONVERTERS = List.copyOf(SqliteConverters.all());

	@Override
	public String getName() {
		return "SQLite";
	}

	@Override
	public IdGeneration getIdGeneration() {
		return ONE_BY_ONE;
	}

	/**
	 * Says how values are stored, in the form that SQLite's functions take, and reads the
	 * forms that sqlite-jdbc writes by itself.
	 */
	@Override
	public Collection<Object> getConverters() {
		return CONVERTERS;
	}

	@Override
	public LimitClause limit() {
		return LIMIT;
	}

	@Override
	public LockClause lock() {
		return NO_LOCK;
	}

	@Override
	public JdbcArrayColumns getArraySupport() {
		return JdbcArrayColumns.Unsupported.INSTANCE;
	}

}
