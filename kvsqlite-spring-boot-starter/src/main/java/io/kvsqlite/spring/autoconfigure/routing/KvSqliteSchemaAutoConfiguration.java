package io.kvsqlite.spring.autoconfigure.routing;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration for a refusal: of schemas that are to be made at the start, where
 * the application's only data source is that of the current actor.
 */
@AutoConfiguration(after = KvSqliteRoutingAutoConfiguration.class)
@ConditionalOnBean(OnlyDataSourceConfiguration.class)
public final class KvSqliteSchemaAutoConfiguration {

	@Bean
	static SchemaAtStart schemaAtStart(Environment environment) {
		return new SchemaAtStart(environment);
	}

}
