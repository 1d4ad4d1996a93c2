package io.kvsqlite.spring.autoconfigure;

import java.util.List;

import io.kvsqlite.spring.FlywayActorInitializer;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.io.ResourceLoader;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * Auto-configuration for migrations of each actor's database when it is opened.
 */
@AutoConfiguration(before = KvSqliteAutoConfiguration.class)
@ConditionalOnClass({ Flyway.class, SingleConnectionDataSource.class })
@ConditionalOnProperty(name = { "kvsqlite.enabled", "kvsqlite.migrations.enabled" }, matchIfMissing = true)
@EnableConfigurationProperties(KvSqliteProperties.class)
public final class KvSqliteFlywayAutoConfiguration {

	private static final String PROPERTY = "kvsqlite.migrations.locations";

	@Bean
	@ConditionalOnMissingBean
	FlywayActorInitializer flywayActorInitializer(KvSqliteProperties properties, ResourceLoader resources,
			ObjectProvider<ActorFlywayCustomizer> customizers) {
		List<String> locations = properties.migrations().locations();
		boolean chosen = !locations.equals(List.of(KvSqliteProperties.Migrations.DEFAULT_LOCATION));
		String[] used = (chosen || resources.getResource(KvSqliteProperties.Migrations.DEFAULT_LOCATION).exists())
				? locations.toArray(String[]::new) : new String[0];
		FlywayActorInitializer initializer = new FlywayActorInitializer(() -> {
			FluentConfiguration configuration = Flyway.configure(resources.getClassLoader()).locations(used);
			customizers.orderedStream().forEach((customizer) -> customizer.customize(configuration));
			return configuration;
		});
		if (chosen && !initializer.hasMigrations()) {
			throw Rule.violated(PROPERTY, String.join(",", locations),
					"There is no migration in these places. Allowed are Flyway's locations, such as classpath:db/actor "
							+ "or filesystem:migrations, of scripts such as V1__create.sql");
		}
		return initializer;
	}

}
