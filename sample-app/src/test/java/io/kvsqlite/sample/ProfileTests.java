package io.kvsqlite.sample;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseEntity;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application with the store of each profile. Those in Redis and PostgreSQL are not
 * there: it starts all the same, and says what is wrong.
 */
class ProfileTests {

	/**
	 * Nobody listens on the discard port of this machine.
	 */
	private static final String NOBODY = "localhost:9";

	private static final ParameterizedTypeReference<Map<String, Object>> OBJECT = new ParameterizedTypeReference<>() {
	};

	@TempDir
	private Path directory;

	private static ConfigurableApplicationContext start(String... arguments) {
		return new SpringApplicationBuilder(SampleApplication.class)
			.run(Stream.concat(Stream.of("--server.port=0", "--kvsqlite.store.timeout=1s"), Stream.of(arguments))
				.toArray(String[]::new));
	}

	private static RestClient client(ConfigurableApplicationContext context) {
		int port = ((WebServerApplicationContext) context).getWebServer().getPort();
		return RestClient.builder()
			.baseUrl("http://localhost:" + port)
			.defaultStatusHandler((status) -> true, (request, response) -> {
			})
			.build();
	}

	private static Map<String, Object> get(ConfigurableApplicationContext context, String path) {
		return client(context).get().uri(path).retrieve().body(OBJECT);
	}

	@Test
	void embeddedStoreShouldBeTheDefault() {
		try (ConfigurableApplicationContext context = start(
				"--kvsqlite.store.rocksdb.directory=" + this.directory.resolve("data"))) {
			assertStoreIs("rocksdb", context);
			assertThat(this.directory.resolve("data/CURRENT")).exists();
		}
	}

	@Test
	void memoryShouldBeChosenByItsProfile() {
		try (ConfigurableApplicationContext context = start("--spring.profiles.active=memory")) {
			assertStoreIs("memory", context);
		}
	}

	private static void assertStoreIs(String type, ConfigurableApplicationContext context) {
		assertThat(get(context, "/api/activity")).containsEntry("store", type);
		assertThat(get(context, "/api/notebooks/new/notes")).containsEntry("status", 404);
		context.getBean(Notebooks.class).add(new NotebookName("new"), "one", "");
		assertThat(get(context, "/api/notebooks/new/notes")).containsEntry("total", 1);
		assertThat(get(context, "/actuator/health")).containsEntry("status", "UP");
	}

	@Test
	void redisWhenItIsNotThereShouldBeNamedByHealthAndByEachRequest() {
		try (ConfigurableApplicationContext context = start("--spring.profiles.active=redis",
				"--spring.data.redis.port=9")) {
			assertThat(get(context, "/api/activity")).containsEntry("store", "redis");
			assertStoreIsNotThere(context);
		}
	}

	@Test
	void postgresqlWhenItIsNotThereShouldBeNamedByHealthAndByEachRequest() {
		try (ConfigurableApplicationContext context = start("--spring.profiles.active=postgresql",
				"--spring.datasource.url=jdbc:postgresql://" + NOBODY + "/notebooks",
				"--spring.datasource.hikari.connection-timeout=1000")) {
			assertThat(get(context, "/api/activity")).containsEntry("store", "postgresql");
			assertStoreIsNotThere(context);
		}
	}

	private static void assertStoreIsNotThere(ConfigurableApplicationContext context) {
		ResponseEntity<Map<String, Object>> answer = client(context).put()
			.uri("/api/notebooks/mine")
			.retrieve()
			.toEntity(OBJECT);
		assertThat(answer.getStatusCode()).isEqualTo(HttpStatusCode.valueOf(503));
		assertThat(answer.getBody().get("detail")).asString().startsWith("The notebook cannot be used now");
		assertThat(get(context, "/api/notebooks").get("detail")).asString().contains("cannot be used now");
		assertThat(get(context, "/actuator/health")).containsEntry("status", "DOWN")
			.extractingByKey("components")
			.asInstanceOf(InstanceOfAssertFactories.MAP)
			.extractingByKey("kvsqlite")
			.asInstanceOf(InstanceOfAssertFactories.MAP)
			.containsEntry("status", "DOWN");
	}

}
