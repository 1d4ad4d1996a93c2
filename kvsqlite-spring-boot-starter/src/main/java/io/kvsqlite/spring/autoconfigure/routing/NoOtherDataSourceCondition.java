package io.kvsqlite.spring.autoconfigure.routing;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;

/**
 * Matches when nothing asks Spring Boot for a data source of the application's own.
 */
class NoOtherDataSourceCondition extends NoneNestedConditions {

	NoOtherDataSourceCondition() {
		super(ConfigurationPhase.REGISTER_BEAN);
	}

	@ConditionalOnProperty("spring.datasource.url")
	static class Url {

	}

	@ConditionalOnProperty("spring.datasource.jndi-name")
	static class Jndi {

	}

	@ConditionalOnProperty("spring.datasource.driver-class-name")
	static class DriverClass {

	}

	@ConditionalOnBean(type = "org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails")
	static class ServiceConnection {

	}

}
