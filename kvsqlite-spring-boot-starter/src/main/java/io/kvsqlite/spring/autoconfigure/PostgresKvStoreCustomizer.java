package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.kv.jdbc.PostgresKvStore;

/**
 * Changes the builder of the auto-configured PostgreSQL store. All beans of this type are
 * asked, in their order.
 */
@FunctionalInterface
public interface PostgresKvStoreCustomizer {

	/**
	 * Change the builder. Called each time the store is opened.
	 * @param builder the builder, as the properties have set it
	 */
	void customize(PostgresKvStore.Builder builder);

}
