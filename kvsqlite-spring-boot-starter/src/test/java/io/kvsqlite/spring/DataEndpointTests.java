package io.kvsqlite.spring;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.kvsqlite.spring.actuate.endpoint.KvSqliteDataEndpoint;
import io.kvsqlite.spring.autoconfigure.KvSqliteAutoConfiguration;
import io.kvsqlite.spring.autoconfigure.actuate.KvSqliteDataEndpointAutoConfiguration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the endpoint that takes data out, over HTTP.
 */
class DataEndpointTests {

	private final HttpClient client = HttpClient.newHttpClient();

	@TempDir
	private Path directory;

	/**
	 * The applications, by the access that they permit.
	 */
	private static final Map<String, ConfigurableApplicationContext> applications = new HashMap<>();

	private String root = "";

	@AfterAll
	static void close() {
		applications.values().forEach(ConfigurableApplicationContext::close);
		applications.clear();
	}

	private ActorDatabases start(String access) {
		ConfigurableApplicationContext context = applications.computeIfAbsent(access, DataEndpointTests::run);
		this.root = "http://127.0.0.1:%s/actuator/kvsqlitedata/"
			.formatted(context.getEnvironment().getProperty("local.server.port"));
		ActorDatabases databases = context.getBean(ActorDatabases.class);
		databases.jdbcClient("team/1").sql("CREATE TABLE IF NOT EXISTS t AS SELECT 'one' AS x").update();
		return databases;
	}

	private static ConfigurableApplicationContext run(String access) {
		return new SpringApplicationBuilder(Application.class).run("--server.port=0", "--kvsqlite.store.type=memory",
				"--management.endpoints.web.exposure.include=*", "--spring.main.banner-mode=off",
				"--spring.autoconfigure.exclude=" + String.join(",", Application.UNUSED),
				"--management.endpoint.kvsqlitedata.access=" + access);
	}

	private HttpResponse<byte[]> send(String method, String path, String body) throws Exception {
		return this.client.send(HttpRequest.newBuilder(URI.create(this.root + path))
			.header("Content-Type", "application/json")
			.method(method, BodyPublishers.ofString(body))
			.build(), BodyHandlers.ofByteArray());
	}

	private static String text(HttpResponse<byte[]> response) {
		return new String(response.body(), StandardCharsets.UTF_8);
	}

	private static List<Path> leftovers() throws Exception {
		try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
			return files.filter((file) -> file.getFileName().toString().startsWith("kvsqlite-export-")).toList();
		}
	}

	// The directory is the machine's: another process may be exporting for a while.
	private static void awaitNoLeftoversBut(List<Path> before) {
		Awaitility.await()
			.atMost(Duration.ofMinutes(1))
			.untilAsserted(() -> assertThat(leftovers()).isSubsetOf(before));
	}

	@Test
	void exportShouldBeADownloadThatSqliteOpens() throws Exception {
		List<Path> before = leftovers();
		ActorDatabases databases = start("read-only");
		HttpResponse<byte[]> response = databases.transactionTemplate("team/1").execute((status) -> {
			databases.jdbcClient("team/1").sql("UPDATE t SET x = 'not yet'").update();
			try {
				return send("GET", "export/team/1", "");
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		});
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type")).contains("application/vnd.sqlite3");
		Path file = Files.write(this.directory.resolve("x.sqlite"), response.body());
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT x FROM t")) {
			assertThat(rows.next()).isTrue();
			assertThat(rows.getString(1)).isEqualTo("one");
		}
		awaitNoLeftoversBut(before);
		HttpResponse<byte[]> unknown = send("GET", "export/nobody", "");
		assertThat(unknown.statusCode()).isEqualTo(404);
		assertThat(text(unknown)).contains("There is no actor 'nobody'");
		awaitNoLeftoversBut(before);
	}

	@Test
	void checkShouldBeAReport() throws Exception {
		start("read-only");
		HttpResponse<byte[]> response = send("GET", "check/team/1", "");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(text(response)).contains("\"actor\":\"team/1\"").contains("\"sound\":true");
		assertThat(send("GET", "check/nobody", "").statusCode()).isEqualTo(404);
		assertThat(send("GET", "nonsense/team/1", "").statusCode()).isEqualTo(400);
	}

	@Test
	void nothingShouldBePermittedByDefault() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(KvSqliteAutoConfiguration.class, KvSqliteDataEndpointAutoConfiguration.class))
			.withPropertyValues("kvsqlite.store.type=memory", "management.endpoints.web.exposure.include=*")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(KvSqliteDataEndpoint.class));
	}

	@Test
	void readOnlyAccessShouldNotWrite() throws Exception {
		ActorDatabases databases = start("read-only");
		assertThat(send("DELETE", "team/1", "").statusCode()).isIn(404, 405);
		assertThat(send("POST", "copy/team/1", "{\"target\":\"team/2\"}").statusCode()).isEqualTo(405);
		assertThat(databases.factory().actors("", null, 10).actorIds()).containsExactly("team/1");
	}

	@Test
	void copyAndDeleteShouldWorkWithUnrestrictedAccess() throws Exception {
		ActorDatabases databases = start("unrestricted");
		HttpResponse<byte[]> copied = send("POST", "copy/team/1", "{\"target\":\"test/1\"}");
		assertThat(copied.statusCode()).isEqualTo(200);
		assertThat(text(copied)).contains("\"target\":\"test/1\"").contains("\"sha256\":\"");
		assertThat(databases.jdbcClient("test/1").sql("SELECT x FROM t").query(String.class).single()).isEqualTo("one");
		databases.jdbcClient("test/1").sql("UPDATE t SET x = 'precious'").update();
		HttpResponse<byte[]> exists = send("POST", "copy/team/1", "{\"target\":\"test/1\"}");
		assertThat(exists.statusCode()).isEqualTo(409);
		assertThat(text(exists)).contains("Actor 'test/1' exists");
		assertThat(send("POST", "copy/team/1", "{}").statusCode()).isEqualTo(400);
		assertThat(send("POST", "copy/team/1", "{\"target\":\"\"}").statusCode()).isEqualTo(400);
		assertThat(send("POST", "copy/nobody", "{\"target\":\"x\"}").statusCode()).isEqualTo(404);
		databases.transactionTemplate("team/1").executeWithoutResult((status) -> {
			databases.jdbcClient("team/1").sql("SELECT x FROM t").query(String.class).single();
			try {
				HttpResponse<byte[]> inUse = send("DELETE", "team/1", "");
				assertThat(inUse.statusCode()).isEqualTo(409);
				assertThat(text(inUse)).contains("Actor 'team/1' is held by");
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		});
		assertThat(text(send("DELETE", "team/1", ""))).contains("\"deleted\":true");
		assertThat(text(send("DELETE", "team/1", ""))).contains("\"deleted\":false");
		assertThat(text(send("DELETE", "test/1?force=true", ""))).contains("\"deleted\":true");
		assertThat(databases.factory().store().actors("", null, 10).actorIds()).isEmpty();
	}

	/**
	 * An application with Actuator, and without the users' data sources that other tests
	 * need.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		static final List<String> UNUSED = List.of(
				"org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
				"org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
				"org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration",
				"org.springframework.boot.data.jdbc.autoconfigure.DataJdbcRepositoriesAutoConfiguration",
				"org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration");

	}

}
