package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.ActorInitializer;
import io.kvsqlite.ActorListener;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.spring.ActorLifecycle;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.util.unit.DataSize;

/**
 * Auto-configuration for the store and for actors' databases on it.
 */
@AutoConfiguration(afterName = { "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
		"org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration" })
@ConditionalOnProperty(name = "kvsqlite.enabled", matchIfMissing = true)
@EnableConfigurationProperties(KvSqliteProperties.class)
@Import({ MemoryStoreConfiguration.class, RocksDbStoreConfiguration.class, RedisStoreConfiguration.class,
		PostgresStoreConfiguration.class, MissingStoreConfiguration.class })
public final class KvSqliteAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ActorDataSourceFactory actorDataSourceFactory(KvStore store, KvSqliteProperties properties,
			ObjectProvider<ActorListener> listeners, ObjectProvider<ActorInitializer> initializers,
			ObjectProvider<ActorDataSourceFactoryCustomizer> customizers) {
		if (properties.store().failFast()) {
			store.ping();
		}
		ActorDataSourceFactory.Builder builder = builder(store, properties.actors());
		builder.listener(new ActorListeners(listeners.orderedStream().toList()));
		builder.initializers(initializers.orderedStream().toList());
		customizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
		return builder.build();
	}

	private static ActorDataSourceFactory.Builder builder(KvStore store, KvSqliteProperties.Actors properties) {
		ActorDataSourceFactory.Builder builder = ActorDataSourceFactory.builder(store);
		PropertyMapper map = PropertyMapper.get();
		map.from(properties::maxOpen).to(builder::maxOpenActors);
		map.from(properties::idleTimeout).to(builder::idleTimeout);
		map.from(properties::connectionTimeout).to(builder::connectionTimeout);
		map.from(properties::closeTimeout).to(builder::closeTimeout);
		map.from(properties::transactionMemory).as(DataSize::toBytes).to(builder::transactionMemory);
		map.from(properties::cacheSize).as(DataSize::toBytes).to(builder::cacheSize);
		map.from(properties::statementCacheSize).to(builder::statementCacheSize);
		map.from(properties::preloadChunks).to(builder::preloadChunks);
		map.from(properties::readAheadChunks).to(builder::readAheadChunks);
		SqliteProbe.run().resolve(properties.pragmas()).forEach(builder::pragma);
		return builder;
	}

	@Bean
	@ConditionalOnMissingBean
	ActorLifecycle actorLifecycle(ActorDataSourceFactory factory) {
		return new ActorLifecycle(factory);
	}

	@Bean
	StartupLog kvSqliteStartupLog(ActorDataSourceFactory factory, ObjectProvider<StoreDescription> description,
			KvSqliteProperties properties, Environment environment, ListableBeanFactory beans) {
		return new StartupLog(factory, description.getIfUnique(), properties,
				new ConfiguredServers(environment, beans));
	}

}
