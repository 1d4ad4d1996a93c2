package io.kvsqlite.spring.test;

import java.lang.reflect.Method;
import java.util.UUID;

import io.kvsqlite.spring.routing.UnboundedActorScope;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextAnnotationUtils;
import org.springframework.test.context.support.AbstractTestExecutionListener;

/**
 * Makes the actor of {@link WithActor} the current one around a test method. Listeners
 * nest: what comes after this one, above all Spring's for transactions and scripts,
 * begins later and ends earlier.
 */
class WithActorTestExecutionListener extends AbstractTestExecutionListener {

	/**
	 * After the one that injects (2000), which starts the application, and before the one
	 * for transactions (4000).
	 */
	static final int ORDER = 3500;

	private static final String SCOPE = WithActorTestExecutionListener.class.getName() + ".SCOPE";

	@Override
	public int getOrder() {
		return ORDER;
	}

	@Override
	public void beforeTestMethod(TestContext test) {
		WithActor annotation = find(test);
		if (annotation != null) {
			test.setAttribute(SCOPE, open(annotation, test));
		}
	}

	private static @Nullable WithActor find(TestContext test) {
		Method method = test.getTestMethod();
		WithActor ofMethod = AnnotatedElementUtils.findMergedAnnotation(method, WithActor.class);
		return (ofMethod != null) ? ofMethod
				: TestContextAnnotationUtils.findMergedAnnotation(test.getTestClass(), WithActor.class);
	}

	private static UnboundedActorScope open(WithActor annotation, TestContext test) {
		String value = annotation.value();
		try {
			return UnboundedActorScope.open(value.isEmpty() ? "test/" + UUID.randomUUID() : resolve(value, test));
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("@WithActor(\"%s\") of %s.%s names no actor: %s".formatted(value,
					test.getTestClass().getName(), test.getTestMethod().getName(), ex.getMessage()), ex);
		}
	}

	private static String resolve(String value, TestContext test) {
		return value.contains("${") ? test.getApplicationContext().getEnvironment().resolveRequiredPlaceholders(value)
				: value;
	}

	@Override
	public void afterTestMethod(TestContext test) {
		if (test.removeAttribute(SCOPE) instanceof UnboundedActorScope scope) {
			scope.close();
		}
	}

}
