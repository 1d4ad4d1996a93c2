package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.ActorDataSourceFactory;

/**
 * Changes the builder of the auto-configured {@link ActorDataSourceFactory}. All beans of
 * this type are asked, in their order.
 */
@FunctionalInterface
public interface ActorDataSourceFactoryCustomizer {

	/**
	 * Change the builder.
	 * @param builder the builder, as the properties have set it
	 */
	void customize(ActorDataSourceFactory.Builder builder);

}
