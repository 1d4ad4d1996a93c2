package io.kvsqlite.spring.autoconfigure;

import java.time.Duration;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * What the values of properties must be. A violation names the property, the value and
 * what is allowed; Spring Boot's report of it adds where the value came from.
 */
final class Rule {

	private Rule() {
	}

	static void atLeast(String property, int value, int least) {
		require(value >= least, property, value, "It must be at least %d".formatted(least));
	}

	static void atLeast(String property, DataSize value, DataSize least) {
		require(value.compareTo(least) >= 0, property, value,
				"It must be at least %dKB".formatted(least.toKilobytes()));
	}

	static void atLeast(String property, Duration value, Duration least) {
		require(value.compareTo(least) >= 0, property, value, "It must be at least %ds".formatted(least.toSeconds()));
	}

	static void notNegative(String property, DataSize value) {
		require(!value.isNegative(), property, value, "It must not be negative");
	}

	static void notNegative(String property, int value) {
		require(value >= 0, property, value, "It must not be negative");
	}

	static void positive(String property, Duration value) {
		require(!value.isZero() && !value.isNegative(), property, value,
				"It must be a duration of more than zero, such as 30s or 10m");
	}

	static void notEmpty(String property, String value) {
		require(!value.isBlank(), property, value, "It must not be empty");
	}

	static void matches(String property, String value, String pattern, String rule) {
		require(value.matches(pattern), property, value, rule);
	}

	static InvalidConfigurationPropertyValueException violated(String property, Object value, String rule) {
		return new InvalidConfigurationPropertyValueException(property, value, rule);
	}

	private static void require(boolean holds, String property, Object value, String rule) {
		if (!holds) {
			throw violated(property, value, rule);
		}
	}

}
