package io.kvsqlite.spring;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Arrays;
import java.util.List;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.NonTransientDataAccessException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.UncategorizedSQLException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SqliteExceptionTranslator}.
 */
class SqliteExceptionTranslatorTests {

	/**
	 * Results that are no errors, or that SQLite says it never returns.
	 */
	private static final List<String> NO_ERRORS = List.of("UNKNOWN_ERROR", "SQLITE_OK", "SQLITE_OK_LOAD_PERMANENTLY",
			"SQLITE_INTERNAL", "SQLITE_NOTFOUND", "SQLITE_EMPTY", "SQLITE_NOTICE", "SQLITE_NOTICE_RECOVER_WAL",
			"SQLITE_NOTICE_RECOVER_ROLLBACK", "SQLITE_NOTICE_RBU", "SQLITE_WARNING", "SQLITE_WARNING_AUTOINDEX",
			"SQLITE_ROW", "SQLITE_DONE");

	private final SqliteExceptionTranslator translator = new SqliteExceptionTranslator();

	@ParameterizedTest
	@CsvSource({ "SQLITE_CONSTRAINT_PRIMARYKEY, DuplicateKeyException",
			"SQLITE_CONSTRAINT_UNIQUE, DuplicateKeyException", "SQLITE_CONSTRAINT_ROWID, DuplicateKeyException",
			"SQLITE_CONSTRAINT, DataIntegrityViolationException",
			"SQLITE_CONSTRAINT_NOTNULL, DataIntegrityViolationException",
			"SQLITE_CONSTRAINT_CHECK, DataIntegrityViolationException",
			"SQLITE_CONSTRAINT_FOREIGNKEY, DataIntegrityViolationException",
			"SQLITE_CONSTRAINT_TRIGGER, DataIntegrityViolationException",
			"SQLITE_CONSTRAINT_DATATYPE, DataIntegrityViolationException",
			"SQLITE_MISMATCH, DataIntegrityViolationException", "SQLITE_TOOBIG, DataIntegrityViolationException",
			"SQLITE_BUSY, CannotAcquireLockException", "SQLITE_BUSY_SNAPSHOT, CannotAcquireLockException",
			"SQLITE_BUSY_TIMEOUT, CannotAcquireLockException", "SQLITE_LOCKED, CannotAcquireLockException",
			"SQLITE_LOCKED_SHAREDCACHE, CannotAcquireLockException", "SQLITE_ERROR, BadSqlGrammarException",
			"SQLITE_RANGE, InvalidDataAccessApiUsageException", "SQLITE_MISUSE, InvalidDataAccessApiUsageException",
			"SQLITE_ABORT_ROLLBACK, InvalidDataAccessApiUsageException",
			"SQLITE_READONLY, InvalidDataAccessResourceUsageException", "SQLITE_INTERRUPT, QueryTimeoutException",
			"SQLITE_AUTH, PermissionDeniedDataAccessException", "SQLITE_PERM, PermissionDeniedDataAccessException",
			"SQLITE_NOMEM, TransientDataAccessResourceException", "SQLITE_SCHEMA, TransientDataAccessResourceException",
			"SQLITE_IOERR, DataAccessResourceFailureException", "SQLITE_IOERR_READ, DataAccessResourceFailureException",
			"SQLITE_FULL, DataAccessResourceFailureException", "SQLITE_CANTOPEN, DataAccessResourceFailureException",
			"SQLITE_CORRUPT, NonTransientDataAccessResourceException",
			"SQLITE_CORRUPT_INDEX, NonTransientDataAccessResourceException",
			"SQLITE_NOTADB, NonTransientDataAccessResourceException" })
	void codeShouldBecomeKind(SQLiteErrorCode code, String expected) {
		SQLException cause = new SQLiteException("message of SQLite", code);
		DataAccessException translated = this.translator.translate("task", "SELECT 1", cause);
		assertThat(translated).isNotNull().hasCause(cause);
		assertThat(translated.getClass().getSimpleName()).isEqualTo(expected);
		assertThat(translated.getMessage()).contains("SELECT 1");
	}

	@Test
	void everyErrorCodeShouldHaveAKind() {
		assertThat(Arrays.stream(SQLiteErrorCode.values()).filter((code) -> !NO_ERRORS.contains(code.name())))
			.allSatisfy((code) -> assertThat(
					this.translator.translate("task", "SELECT 1", new SQLiteException("message", code)))
				.isNotNull()
				.isNotInstanceOf(UncategorizedSQLException.class));
	}

	static List<Arguments> storeFailures() {
		return List.of(Arguments.of(new KvOwnershipLostException("a", 1), OptimisticLockingFailureException.class),
				Arguments.of(new KvActorOwnedException("a", "other"), CannotAcquireLockException.class),
				Arguments.of(new KvUnavailableException("gone"), TransientDataAccessResourceException.class),
				Arguments.of(new KvStoreFullException("full"), DataAccessResourceFailureException.class),
				Arguments.of(new KvClosedException("closed"), DataAccessResourceFailureException.class),
				Arguments.of(new KvCorruptionException("bad"), NonTransientDataAccessResourceException.class),
				Arguments.of(new KvIndeterminateException("lost"), DataAccessResourceFailureException.class));
	}

	@ParameterizedTest
	@MethodSource("storeFailures")
	void failureOfTheStoreShouldCountBeforeTheCode(KvException failure, Class<?> expected) {
		SQLException ex = new SQLiteException("disk I/O error", SQLiteErrorCode.SQLITE_IOERR_WRITE);
		ex.initCause(new IllegalStateException("in between", failure));
		assertThat(this.translator.translate("task", "UPDATE t", ex)).isExactlyInstanceOf(expected)
			.hasCause(ex)
			.hasRootCause(failure);
	}

	@Test
	void ownershipLostShouldBeARetryableConcurrencyFailure() {
		SQLException ex = new SQLException("lost", new KvOwnershipLostException("a", 1));
		assertThat(this.translator.translate("task", null, ex)).isInstanceOf(ConcurrencyFailureException.class)
			.isInstanceOf(TransientDataAccessException.class);
	}

	@Test
	void unknownOutcomeShouldNotBeTransient() {
		SQLException ex = new SQLException("lost", new KvIndeterminateException("no reply"));
		assertThat(this.translator.translate("task", null, ex)).isInstanceOf(NonTransientDataAccessException.class)
			.hasMessageContaining("The outcome is unknown");
	}

	/**
	 * What kept an unknown outcome from being settled says "try again", and must not be
	 * what the application hears.
	 */
	@ParameterizedTest
	@MethodSource("storeFailures")
	void unknownOutcomeShouldStayUnknownWhateverKeptItFromBeingSettled(KvException failure) {
		SQLException ex = new SQLException("lost", new KvIndeterminateException("no reply", failure));
		assertThat(this.translator.translate("task", null, ex))
			.isExactlyInstanceOf(DataAccessResourceFailureException.class)
			.hasMessageContaining("The outcome is unknown");
	}

	@Test
	void exceptionThatIsNotOfSqliteShouldBeTranslatedByItsClass() {
		assertThat(this.translator.translate("task", null, new SQLTransientConnectionException("in use")))
			.isInstanceOf(TransientDataAccessResourceException.class);
	}

}
