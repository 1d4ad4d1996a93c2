package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.kv.KvUnavailableException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to do about a store that does not answer when the application starts.
 */
class UnavailableStoreFailureAnalyzer extends AbstractFailureAnalyzer<KvUnavailableException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, KvUnavailableException cause) {
		return new FailureAnalysis(
				"The store of the actors' databases does not answer: %s".formatted(cause.getMessage()),
				"Check that the server runs and that spring.data.redis or spring.datasource names it. "
						+ "To start without it, set kvsqlite.store.fail-fast=false: actors then fail one by one "
						+ "until it answers.",
				cause);
	}

}
