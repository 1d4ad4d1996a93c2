package io.kvsqlite.spring.autoconfigure.observation;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.spring.autoconfigure.KvSqliteAutoConfiguration;
import io.kvsqlite.spring.observation.ActorObservations;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Auto-configuration for observations.
 */
@AutoConfiguration(after = KvSqliteAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnClass({ ObservationRegistry.class, DelegatingDataSource.class })
@ConditionalOnBean({ ActorDataSourceFactory.class, ObservationRegistry.class })
public final class KvSqliteObservationAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ActorObservations actorObservations(ObservationRegistry registry) {
		return new ActorObservations(registry);
	}

}
