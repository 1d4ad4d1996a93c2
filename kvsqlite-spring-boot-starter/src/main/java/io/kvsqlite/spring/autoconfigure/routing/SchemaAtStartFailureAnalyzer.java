package io.kvsqlite.spring.autoconfigure.routing;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says where a schema belongs that cannot be made at the start.
 */
class SchemaAtStartFailureAnalyzer extends AbstractFailureAnalyzer<SchemaAtStartException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, SchemaAtStartException cause) {
		return new FailureAnalysis(
				cause.getMessage() + ". A schema belongs to each actor, and is made when the actor is opened.",
				cause.instead() + ".", cause);
	}

}
