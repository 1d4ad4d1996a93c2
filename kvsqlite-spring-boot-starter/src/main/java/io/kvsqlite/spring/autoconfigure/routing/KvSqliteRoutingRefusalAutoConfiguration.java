package io.kvsqlite.spring.autoconfigure.routing;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration for a refusal: of a data source that follows the current actor where
 * Spring JDBC is missing.
 */
@AutoConfiguration
@ConditionalOnMissingClass("org.springframework.jdbc.datasource.AbstractDataSource")
@ConditionalOnProperty(name = "kvsqlite.enabled", matchIfMissing = true)
@ConditionalOnBooleanProperty("kvsqlite.routing.enabled")
public final class KvSqliteRoutingRefusalAutoConfiguration {

	@Bean
	static BeanFactoryPostProcessor routingWithoutSpringJdbc() {
		return (beanFactory) -> {
			throw new RoutingWithoutSpringJdbcException();
		};
	}

}
