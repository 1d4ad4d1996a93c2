package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.kv.redis.RedisKvStore;

/**
 * Changes the builder of the auto-configured Redis store. All beans of this type are
 * asked, in their order.
 */
@FunctionalInterface
public interface RedisKvStoreCustomizer {

	/**
	 * Change the builder. Called each time the store is opened.
	 * @param builder the builder, as the properties have set it
	 */
	void customize(RedisKvStore.Builder builder);

}
