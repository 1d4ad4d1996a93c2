package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.kv.KvStore;

import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * What remains when no store could be configured: a failure that says what to add, where
 * there would otherwise be no bean and no reason.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnMissingBean(KvStore.class)
@Lazy
class MissingStoreConfiguration {

	@Bean
	KvStore kvStore(KvSqliteProperties properties) {
		throw new MissingStoreException(properties.store().type());
	}

}
