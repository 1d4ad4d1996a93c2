package io.kvsqlite.spring.recipes;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.Callable;

import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.recipes.jpa.JpaNote;
import io.kvsqlite.spring.recipes.jpa.JpaNoteRepository;
import io.kvsqlite.spring.routing.ActorContext;
import io.kvsqlite.spring.web.ActorResolver;
import jakarta.persistence.EntityManagerFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The recipes for JPA, and for Hibernate with tenants, in a web application with Spring
 * Boot's defaults: a session is open for as long as a request takes.
 */
class OpenInViewTests {

	private final HttpClient client = HttpClient.newHttpClient();

	private static ConfigurableApplicationContext start(Class<?> recipe, String... further) {
		SpringApplicationBuilder application = new SpringApplicationBuilder(recipe, RecipeTests.Schema.class, Web.class)
			.web(WebApplicationType.SERVLET)
			.properties("server.port=0", "kvsqlite.store.type=memory", "kvsqlite.routing.enabled=true",
					"kvsqlite.actors.connection-timeout=300ms",
					"spring.jpa.database-platform=org.hibernate.community.dialect.SQLiteDialect",
					"spring.jpa.hibernate.ddl-auto=none");
		return application.properties(further).run();
	}

	private HttpResponse<String> send(ConfigurableApplicationContext context, String path, String actorId)
			throws IOException, InterruptedException {
		int port = ((WebServerApplicationContext) context).getWebServer().getPort();
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
		if (actorId != null) {
			request.header("X-Actor", actorId);
		}
		return this.client.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	@ParameterizedTest
	@ValueSource(classes = { RecipeTests.Jpa.class, RecipeTests.HibernateTenants.class })
	void requestShouldHaveTheRowsOfTheActorItNames(Class<?> recipe) throws Exception {
		try (ConfigurableApplicationContext context = start(recipe)) {
			assertThat(send(context, "/nothing", null)).returns(200, HttpResponse::statusCode)
				.returns("nobody", HttpResponse::body);
			for (String path : new String[] { "/write", "/read", "/later" }) {
				for (String actorId : new String[] { null, "a", "c" }) {
					assertThat(send(context, path, actorId)).as("%s of %s", path, actorId)
						.returns(200, HttpResponse::statusCode)
						.returns("a b", HttpResponse::body);
				}
			}
			// a transaction is over, and the request is not
			assertThat(send(context, "/connections", "a").body()).isEqualTo("0");
			ActorDatabases databases = context.getBean(ActorDatabases.class);
			for (String actorId : new String[] { "a", "b" }) {
				assertThat(databases.jdbcClient(actorId).sql("SELECT text FROM note").query(String.class).list())
					.containsExactly(actorId, actorId, actorId);
			}
			assertThat(handlingMode(context)).isEqualTo("DELAYED_ACQUISITION_AND_RELEASE_AFTER_TRANSACTION");
		}
		try (ConfigurableApplicationContext context = start(recipe,
				"spring.jpa.properties.hibernate.connection.handling_mode=DELAYED_ACQUISITION_AND_HOLD")) {
			assertThat(handlingMode(context)).isEqualTo("DELAYED_ACQUISITION_AND_HOLD");
			assertThat(send(context, "/connections", "a").body()).isEqualTo("1");
		}
	}

	private static String handlingMode(ConfigurableApplicationContext context) {
		return String.valueOf(
				context.getBean(EntityManagerFactory.class).getProperties().get("hibernate.connection.handling_mode"));
	}

	@Configuration(proxyBeanMethods = false)
	@Import(Handlers.class)
	static class Web {

		@Bean
		ActorResolver actorOfRequest() {
			return (request) -> request.getHeader("X-Actor");
		}

	}

	@RestController
	static class Handlers {

		private final JpaNoteRepository notes;

		private final ActorDatabases databases;

		Handlers(JpaNoteRepository notes, ActorDatabases databases) {
			this.notes = notes;
			this.databases = databases;
		}

		@GetMapping("/nothing")
		String nothing() {
			return ActorContext.current().orElse("nobody");
		}

		@GetMapping("/write")
		String write() {
			ActorContext.run("a", () -> this.notes.save(new JpaNote("a")));
			ActorContext.run("b", () -> this.notes.save(new JpaNote("b")));
			return read();
		}

		@GetMapping("/read")
		String read() {
			return first("a") + " " + first("b");
		}

		@GetMapping("/later")
		Callable<String> later() {
			return this::read;
		}

		private String first(String actorId) {
			return ActorContext.call(actorId, () -> this.notes.findById(1L).orElseThrow().getText());
		}

		@GetMapping("/connections")
		int connections() {
			this.notes.findAll();
			return this.databases.factory().activeConnections();
		}

	}

}
