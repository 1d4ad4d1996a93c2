package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.spring.ActorDataSourceCustomizer;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.SqliteExceptionTranslator;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Auto-configuration for handles on actors' databases with Spring's JDBC classes.
 */
@AutoConfiguration(after = KvSqliteAutoConfiguration.class)
@ConditionalOnClass(JdbcClient.class)
@ConditionalOnBean(ActorDataSourceFactory.class)
public final class KvSqliteJdbcAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ActorDatabases actorDatabases(ActorDataSourceFactory factory,
			ObjectProvider<ActorDataSourceCustomizer> customizers) {
		return new ActorDatabases(factory, customizers.orderedStream().toList(), new SqliteExceptionTranslator());
	}

}
