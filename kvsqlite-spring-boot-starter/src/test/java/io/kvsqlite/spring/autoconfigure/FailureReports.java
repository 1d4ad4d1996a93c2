package io.kvsqlite.spring.autoconfigure;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.io.support.SpringFactoriesLoader;

/**
 * What an application that cannot start tells its user.
 */
final class FailureReports {

	private FailureReports() {
	}

	/**
	 * Return the report of the first analyzer that knows a failure, as Spring Boot prints
	 * it.
	 */
	static String of(Throwable failure) {
		for (FailureAnalyzer analyzer : SpringFactoriesLoader.forDefaultResourceLocation(null)
			.load(FailureAnalyzer.class, (type, name, ex) -> {
			})) {
			FailureAnalysis analysis = analyzer.analyze(failure);
			if (analysis != null) {
				return analysis.getDescription() + "\n" + analysis.getAction();
			}
		}
		throw new AssertionError("no analyzer knows the failure", failure);
	}

}
