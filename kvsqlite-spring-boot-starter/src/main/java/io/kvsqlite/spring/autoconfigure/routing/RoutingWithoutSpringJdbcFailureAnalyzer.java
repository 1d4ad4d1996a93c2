package io.kvsqlite.spring.autoconfigure.routing;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what the data source that follows the current actor needs.
 */
class RoutingWithoutSpringJdbcFailureAnalyzer extends AbstractFailureAnalyzer<RoutingWithoutSpringJdbcException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, RoutingWithoutSpringJdbcException cause) {
		return new FailureAnalysis(cause.getMessage() + ".",
				"Add org.springframework.boot:spring-boot-starter-jdbc, or remove kvsqlite.routing.enabled and "
						+ "take data sources from ActorDataSourceFactory.",
				cause);
	}

}
