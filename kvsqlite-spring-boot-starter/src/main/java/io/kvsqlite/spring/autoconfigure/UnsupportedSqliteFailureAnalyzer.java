package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.sqlite.UnsupportedSqliteException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to do about a sqlite-jdbc that cannot be used.
 */
class UnsupportedSqliteFailureAnalyzer extends AbstractFailureAnalyzer<UnsupportedSqliteException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, UnsupportedSqliteException cause) {
		return new FailureAnalysis(
				"kvsqlite cannot bind to the SQLite on the class path: %s.".formatted(cause.getMessage()),
				"Use the version of org.xerial:sqlite-jdbc that Spring Boot manages (property sqlite-jdbc.version), "
						+ "or one that the message names.",
				cause);
	}

}
