package io.kvsqlite.spring.autoconfigure.metrics;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.spring.autoconfigure.KvSqliteAutoConfiguration;
import io.kvsqlite.spring.metrics.ActorMetrics;
import io.kvsqlite.spring.metrics.OpenActorsMetrics;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration for meters.
 */
@AutoConfiguration(after = KvSqliteAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({ ActorDataSourceFactory.class, MeterRegistry.class })
public final class KvSqliteMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ActorMetrics actorMetrics(MeterRegistry registry) {
		return new ActorMetrics(registry);
	}

	@Bean
	@ConditionalOnMissingBean
	OpenActorsMetrics openActorsMetrics(ActorDataSourceFactory factory) {
		return new OpenActorsMetrics(factory);
	}

}
