package io.kvsqlite.spring.autoconfigure.routing;

import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.SqliteExceptionTranslator;
import io.kvsqlite.spring.routing.ActorRoutingDataSource;

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
	JdbcTransactionManager actorTransactionManager(ActorDatabases databases) {
		JdbcTransactionManager manager = new JdbcTransactionManager(new ActorRoutingDataSource(databases));
		manager.setExceptionTranslator(new SqliteExceptionTranslator());
		return manager;
	}

}
