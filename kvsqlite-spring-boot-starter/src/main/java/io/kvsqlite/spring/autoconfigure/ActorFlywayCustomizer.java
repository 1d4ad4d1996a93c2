package io.kvsqlite.spring.autoconfigure;

import org.flywaydb.core.api.configuration.FluentConfiguration;

/**
 * Changes the configuration with which Flyway migrates actors' databases. All beans of
 * this type are asked, in their order.
 */
@FunctionalInterface
public interface ActorFlywayCustomizer {

	/**
	 * Change the configuration. Called once for each database that is migrated.
	 * @param configuration the configuration, without a data source
	 */
	void customize(FluentConfiguration configuration);

}
