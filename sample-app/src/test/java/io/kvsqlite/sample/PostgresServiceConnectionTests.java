package io.kvsqlite.sample;

import javax.sql.DataSource;

import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import org.jspecify.annotations.Nullable;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.ActiveProfiles;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The profile {@code postgresql} over a service connection.
 */
@RequiresDocker
@ActiveProfiles("postgresql")
class PostgresServiceConnectionTests extends ServiceConnectionTests {

	@Autowired
	private DataSource dataSource;

	@Override
	String storeType() {
		return "postgresql";
	}

	@Override
	int storedActors() {
		JdbcClient server = JdbcClient.create(this.dataSource);
		boolean prepared = server.sql("SELECT to_regclass('kvsqlite_actors') IS NOT NULL")
			.query(Boolean.class)
			.single();
		return prepared ? server.sql("SELECT count(*) FROM kvsqlite_actors").query(Integer.class).single() : 0;
	}

	@Override
	void assertHealth(@Nullable Object warnings) {
		assertThat(warnings).isNull();
	}

	@TestConfiguration(proxyBeanMethods = false)
	static class Servers {

		@Bean
		@ServiceConnection
		PostgreSQLContainer postgresql() {
			return new PostgreSQLContainer(DockerImageName.parse(ServerContainer.image("postgresql", "postgres:15"))
				.asCompatibleSubstituteFor("postgres"));
		}

	}

}
