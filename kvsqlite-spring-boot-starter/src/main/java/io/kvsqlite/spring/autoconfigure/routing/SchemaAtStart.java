package io.kvsqlite.spring.autoconfigure.routing;

import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import javax.sql.DataSource;

import io.kvsqlite.spring.routing.ActorRoutingDataSource;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.PropertyAccessorFactory;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * Fails the start where something is told to make a schema at the start, on the data
 * source of the current actor: there is no current actor then, and later nobody makes it.
 */
class SchemaAtStart implements BeanFactoryPostProcessor, BeanPostProcessor {

	private static final String LIQUIBASE = "liquibase.integration.spring.SpringLiquibase";

	private static final String MIGRATION = "Write the schema as a migration in src/main/resources/db/actor";

	private static final String LIBRARY_SCRIPT = "Copy the library's script from its jar (%s) to a "
			+ "migration in src/main/resources/db/actor, and set %s to 'never'";

	private static final List<Setting> SETTINGS = List.of(
			new Setting("spring.sql.init.mode", Set.of("embedded", "never"), MIGRATION
					+ ", or run the scripts in an ActorInitializer bean, and set spring.sql.init.mode to 'never'"),
			hibernate("spring.jpa.hibernate.ddl-auto"), hibernate("spring.jpa.properties.hibernate.hbm2ddl.auto"),
			hibernate("spring.jpa.properties.jakarta.persistence.schema-generation.database.action"),
			new Setting("spring.jpa.generate-ddl", Set.of("false"),
					MIGRATION + ", and set spring.jpa.generate-ddl to 'false'"),
			library("spring.session.jdbc.initialize-schema", "org/springframework/session/jdbc/schema-sqlite.sql"),
			library("spring.batch.jdbc.initialize-schema", "org/springframework/batch/core/schema-sqlite.sql"),
			library("spring.integration.jdbc.initialize-schema",
					"org/springframework/integration/jdbc/schema-h2.sql, as a start: it has none for SQLite"),
			library("spring.quartz.jdbc.initialize-schema",
					"org/quartz/impl/jdbcjobstore/tables_h2.sql, as a start: it has none for SQLite"),
			library("spring.ai.chat.memory.repository.jdbc.initialize-schema",
					"org/springframework/ai/chat/memory/repository/jdbc/schema-sqlite.sql"),
			modulith("spring.modulith.events.jdbc.schema-initialization.enabled"),
			modulith("spring.modulith.events.jdbc-schema-initialization.enabled"));

	private final Environment environment;

	SchemaAtStart(Environment environment) {
		this.environment = environment;
	}

	private static Setting hibernate(String property) {
		return new Setting(property, Set.of("none"), MIGRATION + ", and set %s to 'none'".formatted(property));
	}

	private static Setting library(String property, String script) {
		return new Setting(property, Set.of("embedded", "never"), LIBRARY_SCRIPT.formatted(script, property));
	}

	private static Setting modulith(String property) {
		return new Setting(property, Set.of("false"),
				MIGRATION + " (the tables are in Modulith's documentation), and set %s to 'false'".formatted(property));
	}

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		Binder binder = Binder.get(this.environment);
		for (Setting setting : SETTINGS) {
			String value = binder.bind(setting.property(), String.class).orElse("");
			if (!value.isBlank() && !setting.harmless().contains(value.trim().toLowerCase(Locale.ROOT))) {
				throw new SchemaAtStartException("The property %s is '%s'".formatted(setting.property(), value),
						setting.instead());
			}
		}
	}

	/**
	 * Look at what Liquibase's bean is about to migrate, before it does.
	 */
	@Override
	public @Nullable Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (isLiquibase(bean)
				&& isRouting(PropertyAccessorFactory.forBeanPropertyAccess(bean).getPropertyValue("dataSource"))) {
			throw new SchemaAtStartException("Liquibase's bean '%s' migrates at the start".formatted(beanName),
					"Set spring.liquibase.enabled to 'false', and let an ActorInitializer bean run Liquibase on each "
							+ "actor, as the recipe in docs/migrations.md shows. With a database of your own, set "
							+ "spring.liquibase.url or mark its data source with @LiquibaseDataSource");
		}
		return bean;
	}

	/**
	 * By its name, because Liquibase need not be there.
	 */
	private static boolean isLiquibase(Object bean) {
		for (Class<?> type = bean.getClass(); type != null; type = type.getSuperclass()) {
			if (type.getName().equals(LIQUIBASE)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Return whether this is the data source of the current actor, wrapped perhaps.
	 */
	private static boolean isRouting(@Nullable Object dataSource) {
		try {
			return dataSource instanceof ActorRoutingDataSource
					|| (dataSource instanceof DataSource wrapper && wrapper.isWrapperFor(ActorRoutingDataSource.class));
		}
		catch (SQLException ex) {
			throw new IllegalStateException("The data source of Liquibase's bean does not say what it is", ex);
		}
	}

	/**
	 * A property that has a schema made at the start.
	 *
	 * @param property its name
	 * @param harmless the values that do not
	 * @param instead what to do instead
	 */
	private record Setting(String property, Set<String> harmless, String instead) {

	}

}
