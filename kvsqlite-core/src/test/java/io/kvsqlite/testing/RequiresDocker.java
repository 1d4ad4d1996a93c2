package io.kvsqlite.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/**
 * Marks a test class that needs a Docker engine. Without one it is skipped, and says why;
 * but where the environment says {@code CI=true} it fails, so that a build never passes
 * for want of an engine.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(RequiresDocker.Condition.class)
public @interface RequiresDocker {

	/**
	 * Looks for the engine, once a run.
	 */
	final class Condition implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			if (DockerClientFactory.instance().isDockerAvailable()) {
				return ConditionEvaluationResult.enabled("a Docker engine answers");
			}
			if ("true".equals(System.getenv("CI"))) {
				throw new IllegalStateException("No Docker engine answers, and with CI=true that is a failure;"
						+ " '.ci/test-servers start' brings one up");
			}
			return ConditionEvaluationResult.disabled("No Docker engine answers");
		}

	}

}
