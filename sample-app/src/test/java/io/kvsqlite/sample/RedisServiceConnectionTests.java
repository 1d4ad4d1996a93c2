package io.kvsqlite.sample;

import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.test.context.ActiveProfiles;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The profile {@code redis} over a service connection.
 */
@RequiresDocker
@ActiveProfiles("redis")
class RedisServiceConnectionTests extends ServiceConnectionTests {

	@Autowired
	private GenericContainer<?> redis;

	@Override
	String storeType() {
		return "redis";
	}

	@Override
	int storedActors() throws Exception {
		String keys = this.redis.execInContainer("redis-cli", "--scan", "--pattern", "kvsqlite:*}owner:*").getStdout();
		return (int) keys.lines().filter((key) -> !key.isBlank()).count();
	}

	// The image's Redis keeps no append-only file unless it is told to.
	@Override
	void assertHealth(@Nullable Object warnings) {
		assertThat(warnings).asInstanceOf(InstanceOfAssertFactories.LIST)
			.singleElement()
			.asString()
			.contains("appendonly");
	}

	@TestConfiguration(proxyBeanMethods = false)
	static class Servers {

		@Bean
		@ServiceConnection("redis")
		GenericContainer<?> redis() {
			return new GenericContainer<>(DockerImageName.parse(ServerContainer.image("redis", "redis:7.2")))
				.withExposedPorts(6379);
		}

	}

}
