package io.kvsqlite.spring.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * Finds the servers that could keep actors' databases and that somebody has configured,
 * by a property or by a service connection.
 *
 * @param environment where the properties stand
 * @param beans where the service connections stand
 */
record ConfiguredServers(Environment environment, ListableBeanFactory beans) {

	private static final String POSTGRESQL = "jdbc:postgresql:";

	private static final String REDIS_DETAILS = "org.springframework.boot.data.redis.autoconfigure."
			+ "DataRedisConnectionDetails";

	private static final String JDBC_DETAILS = "org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails";

	/**
	 * Return what the servers are.
	 * @return their names, empty if there is none
	 */
	Optional<String> names() {
		List<String> names = new ArrayList<>();
		if (hasRedis()) {
			names.add("Redis");
		}
		if (hasPostgresql()) {
			names.add("PostgreSQL");
		}
		return names.isEmpty() ? Optional.empty() : Optional.of(String.join(" and ", names));
	}

	private boolean hasRedis() {
		Map<String, Object> properties = Binder.get(this.environment)
			.bind("spring.data.redis", Bindable.mapOf(String.class, Object.class))
			.orElse(Map.of());
		return List.of("host", "url", "sentinel", "cluster").stream().anyMatch(properties::containsKey)
				|| isPresent(REDIS_DETAILS) && Redis.isConnected(this.beans);
	}

	private boolean hasPostgresql() {
		String url = this.environment.getProperty("spring.datasource.url");
		return (url != null) ? url.startsWith(POSTGRESQL) : isPresent(JDBC_DETAILS) && Jdbc.isPostgresql(this.beans);
	}

	private static boolean isPresent(String className) {
		return ClassUtils.isPresent(className, ConfiguredServers.class.getClassLoader());
	}

	/**
	 * Known only where Boot's module for Redis is on the class path.
	 */
	private static final class Redis {

		/**
		 * Details of Boot's own say no more than the properties.
		 */
		private static boolean isConnected(ListableBeanFactory beans) {
			return beans.getBeansOfType(DataRedisConnectionDetails.class)
				.values()
				.stream()
				.anyMatch((details) -> !details.getClass().getSimpleName().startsWith("Properties"));
		}

	}

	/**
	 * Known only where Boot's module for JDBC is on the class path.
	 */
	private static final class Jdbc {

		private static boolean isPostgresql(ListableBeanFactory beans) {
			return beans.getBeansOfType(JdbcConnectionDetails.class)
				.values()
				.stream()
				.anyMatch((details) -> details.getJdbcUrl().startsWith(POSTGRESQL));
		}

	}

}
