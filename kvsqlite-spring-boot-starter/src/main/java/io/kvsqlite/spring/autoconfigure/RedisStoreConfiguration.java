package io.kvsqlite.spring.autoconfigure;

import java.util.stream.Collectors;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.redis.RedisKvStore;
import io.kvsqlite.spring.RestartableKvStore;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * The store in Redis, at the place that {@code spring.data.redis} or a service connection
 * names.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ RedisClient.class, DataRedisConnectionDetails.class })
@ConditionalOnStoreType(StoreType.REDIS)
@ConditionalOnBean(DataRedisConnectionDetails.class)
@ConditionalOnMissingBean(KvStore.class)
@Lazy
class RedisStoreConfiguration {

	@Bean
	RedisStoreClient kvsqliteRedisClient(DataRedisConnectionDetails details,
			ObjectProvider<ClientResources> resources) {
		return new RedisStoreClient(details, resources.getIfUnique());
	}

	@Bean
	KvStore kvStore(RedisStoreClient client, KvSqliteProperties properties,
			ObjectProvider<RedisKvStoreCustomizer> customizers) {
		return new RestartableKvStore(() -> {
			RedisKvStore.Builder builder = client.storeBuilder();
			configure(builder, properties.store());
			customizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
			return builder.build();
		});
	}

	@Bean
	@ConditionalOnMissingBean(ActorDataSourceFactory.class)
	StoreDescription kvStoreDescription(DataRedisConnectionDetails details, KvSqliteProperties properties) {
		String place = RedisStoreClient.uris(details)
			.stream()
			.map(RedisStoreConfiguration::place)
			.collect(Collectors.joining(", "));
		KvSqliteProperties.Redis redis = properties.store().redis();
		String durability = "a commit is as durable as Redis's persistence"
				+ ((redis.replicas() > 0) ? " and " + redis.replicas() + " replicas" : "")
				+ (redis.waitForFsync() ? ", and on disk when it returns" : "");
		return new StoreDescription(place, durability);
	}

	private static String place(RedisURI uri) {
		return (uri.getSentinelMasterId() != null) ? "master '%s' of Sentinel".formatted(uri.getSentinelMasterId())
				: uri.getHost() + ":" + uri.getPort();
	}

	private static void configure(RedisKvStore.Builder builder, KvSqliteProperties.Store store) {
		KvSqliteProperties.Redis redis = store.redis();
		PropertyMapper map = PropertyMapper.get();
		map.from(store::ownerName).to(builder::ownerName);
		map.from(store::leaseDuration).to(builder::leaseDuration);
		map.from(store::timeout).to(builder::timeout);
		map.from(redis::keyPrefix).to(builder::keyPrefix);
		map.from(redis::connections).to(builder::connections);
		builder.replicas(redis.replicas(), redis.replicaTimeout()).waitForFsync(redis.waitForFsync());
	}

}
