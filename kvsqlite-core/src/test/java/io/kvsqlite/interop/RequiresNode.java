package io.kvsqlite.interop;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tests that run npm's {@code @rivetkit/sqlite-vfs} in Node. Where that is not installed
 * they are skipped with the reason; with the environment variable {@code CI} set they
 * fail instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresNode.Condition.class)
@interface RequiresNode {

	/**
	 * Looks for Node and for the package.
	 */
	class Condition implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			String missing = NodeSqlite.missing();
			if (missing == null) {
				return ConditionEvaluationResult.enabled("Node and the package are installed");
			}
			if (System.getenv("CI") != null) {
				throw new IllegalStateException("Interoperability was not tested: " + missing);
			}
			return ConditionEvaluationResult.disabled(missing);
		}

	}

}
