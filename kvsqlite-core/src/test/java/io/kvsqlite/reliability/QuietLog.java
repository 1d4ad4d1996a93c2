package io.kvsqlite.reliability;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Keeps the thousands of failures that a test class causes on purpose out of the log.
 */
final class QuietLog implements BeforeAllCallback, AfterAllCallback {

	private @Nullable Level earlier;

	@Override
	public void beforeAll(ExtensionContext context) {
		this.earlier = logger().getLevel();
		logger().setLevel(Level.OFF);
	}

	@Override
	public void afterAll(ExtensionContext context) {
		logger().setLevel(this.earlier);
	}

	private static Logger logger() {
		return (Logger) LoggerFactory.getLogger("io.kvsqlite");
	}

}
