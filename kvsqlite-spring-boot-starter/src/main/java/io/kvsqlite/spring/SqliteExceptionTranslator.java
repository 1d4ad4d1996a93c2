package io.kvsqlite.spring;

import java.sql.SQLException;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.vfs.CorruptedActorException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.support.AbstractFallbackSQLExceptionTranslator;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;

/**
 * Translates what SQLite and the store behind it report into Spring's exceptions. Spring
 * itself knows no SQLite, and sqlite-jdbc sets no SQL state.
 *
 * <p>
 * A failure of the store counts before SQLite's code, which only says that a file could
 * not be read or written. Safe to retry are the transient ones: the actor was taken over
 * by another process ({@link OptimisticLockingFailureException}), another process holds
 * it ({@link CannotAcquireLockException}), the store is not reachable
 * ({@link TransientDataAccessResourceException}). A write whose outcome is unknown is not
 * transient: it may have been applied, so a retry could apply it twice. Thread-safe.
 *
 * @see <a href="https://www.sqlite.org/rescode.html">SQLite's result codes</a>
 */
public class SqliteExceptionTranslator extends AbstractFallbackSQLExceptionTranslator {

	/**
	 * Extended result codes have the primary one in their lowest byte.
	 */
	private static final int PRIMARY = 0xff;

	/**
	 * The SQL state of an operation on a connection of an actor that is not the current
	 * one.
	 */
	private static final String OUT_OF_SCOPE = "28000";

	/**
	 * Create a translator.
	 */
	public SqliteExceptionTranslator() {
		setFallbackTranslator(new SQLExceptionSubclassTranslator());
	}

	@Override
	protected @Nullable DataAccessException doTranslate(String task, @Nullable String sql, SQLException ex) {
		String message = buildMessage(task, sql, ex);
		if (ex instanceof NoActorException) {
			return new InvalidDataAccessApiUsageException(message, ex);
		}
		DataAccessException translated = translateStoreFailure(message, ex);
		if (translated == null && OUT_OF_SCOPE.equals(ex.getSQLState())) {
			return new PermissionDeniedDataAccessException(message, ex);
		}
		if (translated == null && ex instanceof SQLiteException sqlite) {
			translated = translateCode(task, sql, message, sqlite);
		}
		return translated;
	}

	private static @Nullable DataAccessException translateStoreFailure(String message, SQLException ex) {
		for (Throwable cause = ex.getCause(); cause != null; cause = cause.getCause()) {
			if (cause instanceof KvException failure) {
				return translateStoreFailure(message, ex, failure);
			}
			if (cause instanceof CorruptedActorException) {
				return new NonTransientDataAccessResourceException(message, ex);
			}
		}
		return null;
	}

	private static DataAccessException translateStoreFailure(String message, SQLException ex, KvException failure) {
		if (failure instanceof KvOwnershipLostException) {
			return new OptimisticLockingFailureException(message, ex);
		}
		if (failure instanceof KvActorOwnedException) {
			return new CannotAcquireLockException(message, ex);
		}
		if (failure instanceof KvUnavailableException) {
			return new TransientDataAccessResourceException(message, ex);
		}
		if (failure instanceof KvCorruptionException) {
			return new NonTransientDataAccessResourceException(message, ex);
		}
		if (failure instanceof KvIndeterminateException) {
			return new DataAccessResourceFailureException("The outcome is unknown: " + message, ex);
		}
		return new DataAccessResourceFailureException(message, ex);
	}

	private static @Nullable DataAccessException translateCode(String task, @Nullable String sql, String message,
			SQLiteException ex) {
		SQLiteErrorCode code = ex.getResultCode();
		if (isDuplicateKey(code)) {
			return new DuplicateKeyException(message, ex);
		}
		return switch (code.code & PRIMARY) {
			case 1 -> new BadSqlGrammarException(task, (sql != null) ? sql : "", ex); // ERROR
			case 3, 23 -> new PermissionDeniedDataAccessException(message, ex); // PERM,
																				// AUTH
			case 4, 21, 25 -> new InvalidDataAccessApiUsageException(message, ex); // ABORT,
																					// MISUSE,
																					// RANGE
			case 5, 6 -> new CannotAcquireLockException(message, ex); // BUSY, LOCKED
			case 7, 17 -> new TransientDataAccessResourceException(message, ex); // NOMEM,
																					// SCHEMA
			case 8 -> new InvalidDataAccessResourceUsageException(message, ex); // READONLY
			case 9 -> new QueryTimeoutException(message, ex); // INTERRUPT
			case 10, 13, 14, 15, 22 -> // IOERR, FULL, CANTOPEN, PROTOCOL, NOLFS
				new DataAccessResourceFailureException(message, ex);
			case 11, 24, 26 -> new NonTransientDataAccessResourceException(message, ex); // CORRUPT,
																							// FORMAT,
																							// NOTADB
			case 18, 19, 20 -> new DataIntegrityViolationException(message, ex); // TOOBIG,
																					// CONSTRAINT,
																					// MISMATCH
			default -> null;
		};
	}

	private static boolean isDuplicateKey(SQLiteErrorCode code) {
		return code == SQLiteErrorCode.SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLiteErrorCode.SQLITE_CONSTRAINT_UNIQUE
				|| code == SQLiteErrorCode.SQLITE_CONSTRAINT_ROWID;
	}

}
