package io.kvsqlite.spring.autoconfigure.routing;

import io.kvsqlite.spring.NoActorException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to do about SQL at the start of an application, where no actor is current.
 */
class NoActorFailureAnalyzer extends AbstractFailureAnalyzer<NoActorException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, NoActorException cause) {
		return new FailureAnalysis(
				"SQL was run on the data source of the current actor while the application started, "
						+ "and no actor is current then.",
				"What every actor's database needs belongs into a migration or an ActorInitializer bean, which runs "
						+ "when an actor is opened. For one actor wrap the work in ActorContext.call(actorId, ...). "
						+ "In requests an ActorResolver bean names the actor. What belongs to no actor needs a data "
						+ "source of its own.",
				cause);
	}

}
