package io.kvsqlite.spring.autoconfigure.routing;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Auto-configuration for the data source that follows the current actor. It is the
 * application's data source where there is no other, and otherwise a bean that is
 * injected by its name alone.
 */
@AutoConfiguration(beforeName = { "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
		"org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration",
		"org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration" })
@ConditionalOnClass(AbstractDataSource.class)
@ConditionalOnProperty(name = "kvsqlite.enabled", matchIfMissing = true)
@ConditionalOnBooleanProperty("kvsqlite.routing.enabled")
@Import({ OnlyDataSourceConfiguration.class, FurtherDataSourceConfiguration.class, RequestConfiguration.class })
public final class KvSqliteRoutingAutoConfiguration {

}
