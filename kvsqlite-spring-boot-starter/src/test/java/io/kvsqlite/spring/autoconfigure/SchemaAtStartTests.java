package io.kvsqlite.spring.autoconfigure;

import javax.sql.DataSource;

import io.kvsqlite.spring.autoconfigure.routing.KvSqliteRoutingAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.routing.KvSqliteSchemaAutoConfiguration;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteDataSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DelegatingDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for schemas that are to be made at the start, where there is no actor.
 */
class SchemaAtStartTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(KvSqliteAutoConfiguration.class, KvSqliteJdbcAutoConfiguration.class,
				KvSqliteRoutingAutoConfiguration.class, KvSqliteSchemaAutoConfiguration.class,
				DataSourceAutoConfiguration.class, DataSourceInitializationAutoConfiguration.class))
		.withPropertyValues("kvsqlite.store.type=memory", "kvsqlite.routing.enabled=true");

	@ParameterizedTest
	@ValueSource(strings = { "spring.sql.init.mode=always", "spring.sql.init.mode=ALWAYS",
			"spring.jpa.hibernate.ddl-auto=update", "spring.jpa.hibernate.ddlAuto=create-drop",
			"spring.jpa.hibernate.ddl-auto=validate", "spring.jpa.properties.hibernate.hbm2ddl.auto=create",
			"spring.jpa.properties.jakarta.persistence.schema-generation.database.action=create",
			"spring.jpa.generate-ddl=true", "spring.session.jdbc.initialize-schema=always",
			"spring.batch.jdbc.initialize-schema=always", "spring.integration.jdbc.initialize-schema=always",
			"spring.quartz.jdbc.initialize-schema=always",
			"spring.ai.chat.memory.repository.jdbc.initialize-schema=always",
			"spring.modulith.events.jdbc.schema-initialization.enabled=true",
			"spring.modulith.events.jdbc-schema-initialization.enabled=true" })
	void startShouldFailAndSayWhatToWriteInstead(String property) {
		String[] parts = property.split("=");
		this.runner.withPropertyValues(property).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(FailureReports.of(context.getStartupFailure())).contains(parts[0].replace("ddlAuto", "ddl-auto"),
					"'" + parts[1] + "'", "db/actor", "made when the actor is opened");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.sql.init.mode=never", "spring.sql.init.mode=embedded",
			"spring.jpa.hibernate.ddl-auto=none", "spring.jpa.hibernate.ddl-auto=",
			"spring.session.jdbc.initialize-schema=embedded",
			"spring.modulith.events.jdbc.schema-initialization.enabled=false" })
	void startShouldNotFailWhereNothingIsMade(String property) {
		this.runner.withPropertyValues(property).run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void startShouldNotFailWhereTheApplicationHasADatabaseOfItsOwn() {
		this.runner
			.withPropertyValues("spring.datasource.url=jdbc:sqlite::memory:", "spring.sql.init.mode=always",
					"spring.session.jdbc.initialize-schema=always")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void startShouldNotFailWithoutRouting() {
		this.runner
			.withPropertyValues("kvsqlite.routing.enabled=false", "spring.datasource.url=jdbc:sqlite::memory:",
					"spring.batch.jdbc.initialize-schema=always")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@ParameterizedTest
	@ValueSource(classes = { OnTheRoutingDataSource.class, OnAWrapper.class })
	void liquibaseAtTheStartShouldFailAndNameTheRecipe(Class<?> configuration) {
		this.runner.withUserConfiguration(configuration).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(FailureReports.of(context.getStartupFailure())).contains("liquibase", "ActorInitializer",
					"spring.liquibase.enabled", "docs/migrations.md");
		});
	}

	@Test
	void liquibaseOnADatabaseOfTheApplicationShouldNotFail() {
		this.runner.withUserConfiguration(OnItsOwn.class).run((context) -> assertThat(context).hasNotFailed());
	}

	private static SpringLiquibase liquibase(DataSource dataSource) {
		SpringLiquibase liquibase = new SpringLiquibase();
		liquibase.setDataSource(dataSource);
		liquibase.setShouldRun(false);
		return liquibase;
	}

	@Configuration(proxyBeanMethods = false)
	static class OnTheRoutingDataSource {

		@Bean
		SpringLiquibase liquibase(DataSource dataSource) {
			return SchemaAtStartTests.liquibase(dataSource);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OnAWrapper {

		@Bean
		SpringLiquibase liquibase(DataSource dataSource) {
			return SchemaAtStartTests.liquibase(new DelegatingDataSource(dataSource));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OnItsOwn {

		@Bean
		SpringLiquibase liquibase() {
			SQLiteDataSource own = new SQLiteDataSource();
			own.setUrl("jdbc:sqlite::memory:");
			return SchemaAtStartTests.liquibase(own);
		}

	}

}
