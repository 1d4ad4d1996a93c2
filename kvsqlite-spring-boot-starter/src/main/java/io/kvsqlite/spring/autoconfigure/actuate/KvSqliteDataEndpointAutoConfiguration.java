package io.kvsqlite.spring.autoconfigure.actuate;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.spring.actuate.endpoint.KvSqliteDataEndpoint;
import io.kvsqlite.spring.autoconfigure.KvSqliteAutoConfiguration;

import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration for the endpoint that takes data out.
 */
@AutoConfiguration(after = KvSqliteAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(KvSqliteDataEndpoint.class)
@ConditionalOnBean(ActorDataSourceFactory.class)
public final class KvSqliteDataEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	KvSqliteDataEndpoint kvsqliteDataEndpoint(ActorDataSourceFactory factory) {
		return new KvSqliteDataEndpoint(factory);
	}

}
