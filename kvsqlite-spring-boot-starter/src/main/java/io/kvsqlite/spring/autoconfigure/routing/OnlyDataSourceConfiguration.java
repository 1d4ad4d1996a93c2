package io.kvsqlite.spring.autoconfigure.routing;

import javax.sql.DataSource;

import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.SqliteExceptionTranslator;
import io.kvsqlite.spring.routing.ActorRoutingDataSource;

import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.boot.hibernate.autoconfigure.HibernatePropertiesCustomizer;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/**
 * The routing data source as the data source of the application.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(NoOtherDataSourceCondition.class)
@ConditionalOnMissingBean(DataSource.class)
class OnlyDataSourceConfiguration {

	@Bean
	ActorRoutingDataSource actorRoutingDataSource(ActorDatabases databases) {
		return new ActorRoutingDataSource(databases);
	}

	@Bean
	@ConditionalOnMissingBean(SQLExceptionTranslator.class)
	SqliteExceptionTranslator sqliteExceptionTranslator() {
		return new SqliteExceptionTranslator();
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(TransactionManagerCustomizer.class)
	static class Transactions {

		@Bean
		TransactionManagerCustomizer<JdbcTransactionManager> actorTransactionManagerCustomizer(
				SQLExceptionTranslator translator) {
			return (manager) -> manager.setExceptionTranslator(translator);
		}

	}

	/**
	 * A session may live as long as a request; it is not to keep the actor's connection
	 * for that long.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(HibernatePropertiesCustomizer.class)
	static class Sessions {

		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		HibernatePropertiesCustomizer actorSessionsCustomizer() {
			return (properties) -> properties.putIfAbsent("hibernate.connection.handling_mode",
					"DELAYED_ACQUISITION_AND_RELEASE_AFTER_TRANSACTION");
		}

	}

	/**
	 * At the start there is no actor to migrate; each is migrated when it is opened.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(FlywayMigrationStrategy.class)
	static class Migrations {

		@Bean
		@ConditionalOnMissingBean
		FlywayMigrationStrategy noMigrationWithoutActor() {
			return (flyway) -> {
			};
		}

	}

}
