package io.kvsqlite.sample;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tests that look at the page in a browser. Where Chromium or its chromedriver is not
 * installed they are skipped with the reason; with the environment variable {@code CI}
 * set they fail instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresChromium.Condition.class)
@interface RequiresChromium {

	/**
	 * Looks for the browser and its driver.
	 */
	class Condition implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			String missing = Chromium.missing();
			if (missing == null) {
				return ConditionEvaluationResult.enabled("Chromium and chromedriver are installed");
			}
			if (System.getenv("CI") != null) {
				throw new IllegalStateException("The page was not tested: " + missing);
			}
			return ConditionEvaluationResult.disabled(missing);
		}

	}

}
