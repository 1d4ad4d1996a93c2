package io.kvsqlite.spring.autoconfigure.health;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.spring.autoconfigure.KvSqliteAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.KvSqliteProperties;
import io.kvsqlite.spring.health.KvStoreHealthIndicator;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration for the health of the store.
 */
@AutoConfiguration(after = KvSqliteAutoConfiguration.class)
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(ActorDataSourceFactory.class)
@ConditionalOnEnabledHealthIndicator("kvsqlite")
public final class KvSqliteHealthContributorAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = { "kvsqliteHealthIndicator", "kvsqliteHealthContributor" })
	KvStoreHealthIndicator kvsqliteHealthIndicator(ActorDataSourceFactory factory, KvSqliteProperties properties) {
		return new KvStoreHealthIndicator(factory, properties.health().timeout());
	}

}
