package io.kvsqlite.spring.autoconfigure;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import javax.sql.DataSource;

import io.kvsqlite.spring.NoActorException;
import io.kvsqlite.spring.autoconfigure.routing.KvSqliteRoutingAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.routing.KvSqliteRoutingRefusalAutoConfiguration;
import io.kvsqlite.spring.routing.ActorContext;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What happens to those who use the data source of the current actor where there is none.
 */
class NoActorTests {

	/**
	 * What says something about the database or the connection, gives the connection up,
	 * or sets what it has anyway.
	 */
	private static final Set<String> HARMLESS = Set.of("abort", "clearWarnings", "close", "getAutoCommit", "getCatalog",
			"getClientInfo", "getHoldability", "getMetaData", "getNetworkTimeout", "getSchema",
			"getTransactionIsolation", "getTypeMap", "getWarnings", "isClosed", "isReadOnly", "isValid", "isWrapperFor",
			"nativeSQL", "rollback", "setClientInfo", "setReadOnly", "setTransactionIsolation");

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(KvSqliteAutoConfiguration.class, KvSqliteJdbcAutoConfiguration.class,
				KvSqliteRoutingAutoConfiguration.class, KvSqliteRoutingRefusalAutoConfiguration.class,
				JdbcTemplateAutoConfiguration.class, JdbcClientAutoConfiguration.class,
				TransactionManagerCustomizationAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class))
		.withPropertyValues("kvsqlite.store.type=memory", "kvsqlite.routing.enabled=true");

	@Test
	void sqlShouldFailAsAMistakeOfTheCallerThatNoRetryMends() {
		this.runner.run((context) -> {
			assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
				.isThrownBy(() -> context.getBean(JdbcTemplate.class).queryForList("SELECT 1"))
				.withCauseInstanceOf(NoActorException.class)
				.withMessageContaining("ActorContext")
				.withMessageContaining("ActorResolver");
			assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
				.isThrownBy(() -> context.getBean(JdbcClient.class).sql("SELECT 1").query().singleRow())
				.withCauseInstanceOf(NoActorException.class);
		});
	}

	@Test
	void transactionShouldFailBecauseOfIt() {
		this.runner.run((context) -> {
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			assertThatThrownBy(() -> transaction.executeWithoutResult((status) -> {
			})).hasRootCauseInstanceOf(NoActorException.class);
			ActorContext.run("a",
					() -> assertThat(transaction.<Integer>execute(
							(status) -> context.getBean(JdbcTemplate.class).queryForObject("SELECT 1", Integer.class)))
						.isEqualTo(1));
		});
	}

	@Test
	void requiredActorShouldFailBecauseOfIt() {
		assertThatIllegalStateException().isThrownBy(ActorContext::required)
			.withCauseInstanceOf(NoActorException.class);
	}

	/**
	 * Every method of a connection either is known to be harmless, or is refused; also
	 * those that a later JDK brings.
	 */
	@Test
	void connectionShouldRefuseWhateverIsNotKnownToBeHarmless() {
		this.runner.run((context) -> {
			List<String> refused = new ArrayList<>();
			for (Method method : Connection.class.getMethods()) {
				try (Connection connection = context.getBean(DataSource.class).getConnection()) {
					Throwable failure = catchThrowable(() -> invoke(connection, method));
					if (failure instanceof NoActorException) {
						refused.add(method.getName());
					}
					else {
						assertThat(HARMLESS).as("%s answered %s", method, failure).contains(method.getName());
					}
				}
			}
			assertThat(refused).contains("createStatement", "prepareStatement", "prepareCall", "setAutoCommit",
					"setSavepoint", "commit", "createBlob", "unwrap", "setCatalog", "setSchema", "setTypeMap",
					"releaseSavepoint", "beginRequest");
		});
	}

	private static void invoke(Connection connection, Method method) throws Throwable {
		Class<?>[] types = method.getParameterTypes();
		Object[] arguments = new Object[types.length];
		for (int i = 0; i < types.length; i++) {
			arguments[i] = (types[i] == int.class) ? 1 : (types[i] == long.class) ? 1L
					: (types[i] == boolean.class) ? false : (types[i] == String.class) ? "SELECT 1" : null;
		}
		try {
			method.invoke(connection, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

	@Test
	void connectionShouldSayWhatFrameworksAskAtTheStart() {
		this.runner.run((context) -> {
			try (Connection connection = context.getBean(DataSource.class).getConnection()) {
				connection.setAutoCommit(true);
				assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("SQLite");
				assertThat(connection.isValid(1)).isTrue();
				assertThatExceptionOfType(NoActorException.class).isThrownBy(() -> connection.setAutoCommit(false));
			}
		});
	}

	@Test
	void sqlAtTheStartShouldBeReported() {
		this.runner.withUserConfiguration(SqlAtTheStart.class).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(FailureReports.of(context.getStartupFailure())).contains("while the application started",
					"ActorInitializer", "ActorContext.call", "ActorResolver");
		});
	}

	@Test
	void requiredActorAtTheStartShouldBeReported() {
		this.runner.withBean("demand", InitializingBean.class, () -> ActorContext::required)
			.run((context) -> assertThat(FailureReports.of(context.getStartupFailure())).contains("ActorInitializer"));
	}

	@Test
	void routingWithoutSpringJdbcShouldBeReported() {
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.jdbc"))
			.run((context) -> assertThat(FailureReports.of(context.getStartupFailure()))
				.contains("kvsqlite.routing.enabled", "spring-boot-starter-jdbc"));
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.jdbc"))
			.withPropertyValues("kvsqlite.routing.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Configuration(proxyBeanMethods = false)
	static class SqlAtTheStart {

		@Bean
		InitializingBean setUp(ApplicationContext context, DataSource dataSource) throws SQLException {
			return () -> new JdbcTemplate(dataSource).execute("CREATE TABLE note (id INTEGER)");
		}

	}

}
