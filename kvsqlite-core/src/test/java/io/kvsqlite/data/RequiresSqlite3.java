package io.kvsqlite.data;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tests that run the {@code sqlite3} program. Where it is not installed they are skipped
 * with the reason; with the environment variable {@code CI} set they fail instead.
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresSqlite3.Condition.class)
@interface RequiresSqlite3 {

	/**
	 * Looks for the program.
	 */
	class Condition implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			String missing;
			try {
				missing = Sqlite3Program.missing();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			if (missing == null) {
				return ConditionEvaluationResult.enabled("sqlite3 is installed");
			}
			if (System.getenv("CI") != null) {
				throw new IllegalStateException("The sqlite3 program was not tried: " + missing);
			}
			return ConditionEvaluationResult.disabled(missing);
		}

	}

}
