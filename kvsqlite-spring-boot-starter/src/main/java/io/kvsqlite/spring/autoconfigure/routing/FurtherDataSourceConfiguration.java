package io.kvsqlite.spring.autoconfigure.routing;

import javax.sql.DataSource;

import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.SqliteExceptionTranslator;
import io.kvsqlite.spring.routing.ActorRoutingDataSource;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * The routing data source beside the data source of the application.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnMissingBean(ActorRoutingDataSource.class)
class FurtherDataSourceConfiguration {

	@Bean(defaultCandidate = false)
	ActorRoutingDataSource actorRoutingDataSource(ActorDatabases databases) {
		return new ActorRoutingDataSource(databases);
	}

	@Bean(defaultCandidate = false)
	@ConditionalOnMissingBean(name = "actorTransactionManager")
	JdbcTransactionManager actorTransactionManager(@Qualifier("actorRoutingDataSource") DataSource dataSource) {
		// the bean, as others made it: clients of it find the transaction by it
		JdbcTransactionManager manager = new JdbcTransactionManager(dataSource);
		manager.setExceptionTranslator(new SqliteExceptionTranslator());
		return manager;
	}

}
