package io.kvsqlite.spring;

import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Tells a context that stops, and may start again, from one that is closed, whose beans
 * are destroyed next. Thread-safe.
 */
final class ContextEnd {

	private volatile @Nullable ApplicationContext context;

	void of(ApplicationContext context) {
		this.context = context;
	}

	/**
	 * Return whether the context is being closed. Without a context, or with one that
	 * does not tell, it is not: then what stops is stopped for good.
	 */
	boolean isNear() {
		return this.context instanceof ConfigurableApplicationContext configurable && configurable.isClosed();
	}

}
