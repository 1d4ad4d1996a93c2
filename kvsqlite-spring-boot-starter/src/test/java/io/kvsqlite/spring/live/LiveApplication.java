package io.kvsqlite.spring.live;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An application with a web server on a free port, and a client of it.
 *
 * @param context the application
 * @param port its port, also after the web server has stopped
 * @param client the client
 */
record LiveApplication(ConfigurableApplicationContext context, int port, HttpClient client) implements AutoCloseable {

	private static final String NOT_NEEDED = """
			org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,\
			org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration,\
			org.springframework.boot.data.jdbc.autoconfigure.DataJdbcRepositoriesAutoConfiguration,\
			org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration,\
			org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration""";

	/**
	 * Start an application.
	 * @param configuration its configuration
	 * @param properties its properties
	 */
	static LiveApplication start(Class<?> configuration, String... properties) {
		List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--kvsqlite.store.type=memory",
				"--spring.autoconfigure.exclude=" + NOT_NEEDED,
				"--management.endpoints.web.exposure.include=kvsqlite,health"));
		for (String property : properties) {
			arguments.add("--" + property);
		}
		ConfigurableApplicationContext context = new SpringApplicationBuilder(configuration)
			.web(WebApplicationType.SERVLET)
			.run(arguments.toArray(String[]::new));
		int port = ((WebServerApplicationContext) context).getWebServer().getPort();
		return new LiveApplication(context, port, HttpClient.newHttpClient());
	}

	/**
	 * Ask for a resource and wait for the answer.
	 */
	Answer send(String method, String path) throws IOException, InterruptedException {
		return Answer.of(this.client.send(request(method, path), HttpResponse.BodyHandlers.ofString()));
	}

	/**
	 * Ask for a resource.
	 */
	CompletableFuture<Answer> sendAsync(String method, String path) {
		return this.client.sendAsync(request(method, path), HttpResponse.BodyHandlers.ofString()).thenApply(Answer::of);
	}

	private HttpRequest request(String method, String path) {
		return HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path))
			.method(method, HttpRequest.BodyPublishers.noBody())
			.build();
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * What came back.
	 *
	 * @param status the status
	 * @param body the body
	 */
	record Answer(int status, String body) {

		private static Answer of(HttpResponse<String> response) {
			return new Answer(response.statusCode(), response.body());
		}

		Map<String, Object> json() {
			return JsonParserFactory.getJsonParser().parseMap(this.body);
		}

	}

}
