package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.RestartableKvStore;

import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * The store in memory.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnStoreType(value = StoreType.MEMORY, byDefault = false)
@ConditionalOnMissingBean(KvStore.class)
@Lazy
class MemoryStoreConfiguration {

	/**
	 * Each start opens another owner over the same data, so nothing is lost while the
	 * context is stopped.
	 */
	@Bean
	KvStore kvStore() {
		MemoryKvStore data = new MemoryKvStore();
		return new RestartableKvStore(() -> data.sibling("memory"));
	}

	@Bean
	@ConditionalOnMissingBean(ActorDataSourceFactory.class)
	StoreDescription kvStoreDescription() {
		return new StoreDescription("in this process", "everything is gone when it ends");
	}

}
