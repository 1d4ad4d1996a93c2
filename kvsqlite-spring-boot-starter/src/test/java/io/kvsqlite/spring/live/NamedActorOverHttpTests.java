package io.kvsqlite.spring.live;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.spring.ActorDatabases;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which actor a request means, as bytes on the wire: every legal id can be named, no two
 * are confused, and what is ambiguous does nothing.
 */
class NamedActorOverHttpTests {

	private static final List<String> IDS = List.of("x", "x/b", "x//b", "x/b/", "/x/b", "//x/b", "x/b;v=1", "x;v=1/b",
			";", ".", "..", "x/..", "x/./b", "x%2Fb", "%2e%2e", "%00", "%", "a,b", "a", "b", "x ", " x", "x+b", "x b",
			"x\tb", "ü", "u\u0308", "\u0000", "x\u0000b", "x\nb", "\r\n", "\u001b[2J", "\ufffd", "\ud83d\ude00", "\\",
			"x\\b", "?", "#", "&actor=x", "actor=x", "x?actor=y", "export", "check/x", "copy", "\"", "'", "<b>",
			"\u202e", "CON", "x".repeat(256));

	private static final List<String> AMBIGUOUS = List.of("/x//b", "/x/b/", "//x/b", "///x/b", "/x/b//", "/x/b;v=1",
			"/x;v=1/b", "/;v=1/x/b", "/x/b;", "/x/./b", "/x/%2e/b", "/x/%2E/b", "/x%2Fb", "/x%2fb", "/x%5Cb", "/x\\b",
			"/x/b%00", "/x/b%FF", "/x/b%C0%AF", "/x%C0%AFb", "/x/b%", "/x/b%zz", "/x?actor=a", "/x?actorId=a",
			"/x?actor=x", "?actor=a&actor=b", "?actor=x&actor=x", "?actor=a&%61ctor=b", "?actor=", "?actor", "?", "",
			"/", "//", "/?actor=x", "//?actor=x", ";v=1?actor=x", "/;v=1?actor=x", "?actor=%FF", "?actor=%C0%AF",
			"?actor=%ED%A0%80", "?actor=%", "?actor=" + "y".repeat(257), "/%20/../x//b");

	private static LiveApplication application;

	private static ActorDataSourceFactory factory;

	private static int port;

	@BeforeAll
	static void start() {
		application = LiveApplication.start(Application.class, "management.endpoints.web.exposure.include=*",
				"management.endpoint.kvsqlite.access=unrestricted",
				"management.endpoint.kvsqlitedata.access=unrestricted");
		factory = application.context().getBean(ActorDataSourceFactory.class);
		port = Integer.parseInt(application.context().getEnvironment().getRequiredProperty("local.server.port"));
	}

	@AfterAll
	static void stop() {
		application.close();
	}

	@BeforeEach
	void makeActors() {
		ActorDatabases databases = application.context().getBean(ActorDatabases.class);
		for (String actorId : IDS) {
			databases.jdbcClient(actorId).sql("CREATE TABLE IF NOT EXISTS t (x)").update();
		}
		assertThat(existing()).containsExactlyInAnyOrderElementsOf(IDS);
	}

	private static List<String> existing() {
		return factory.actors("", null, 1000).actorIds();
	}

	private static String encode(String actorId) {
		return URLEncoder.encode(actorId, StandardCharsets.UTF_8);
	}

	/**
	 * Send a request line as it is.
	 */
	private static Reply send(String method, String target, String body, String... headers) throws IOException {
		try (Socket socket = new Socket("localhost", port)) {
			OutputStream out = socket.getOutputStream();
			String head = "%s %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\nContent-Length: %d\r\n"
				.formatted(method, target, port, body.length());
			for (String header : headers) {
				head += header + "\r\n";
			}
			out.write((head + "\r\n" + body).getBytes(StandardCharsets.ISO_8859_1));
			out.flush();
			String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			int begin = answer.indexOf("\r\n\r\n");
			String content = answer.substring(begin + 4);
			int json = content.indexOf('{');
			return new Reply(Integer.parseInt(answer.substring(9, 12)),
					(json >= 0) ? content.substring(json, content.lastIndexOf('}') + 1) : content);
		}
	}

	@Test
	void everyIdShouldBeNamedByAParameter() throws Exception {
		for (String actorId : IDS) {
			Reply actor = send("GET", "/actuator/kvsqlite?actor=" + encode(actorId), "");
			assertThat(actor.status()).as(actorId).isEqualTo(200);
			assertThat(actor.actorId()).isEqualTo(actorId);
			assertThat(send("GET", "/actuator/kvsqlitedata/check?actor=" + encode(actorId), "").body()).as(actorId)
				.contains("\"sound\":true");
			assertThat(send("GET", "/actuator/kvsqlitedata/export?actor=" + encode(actorId), "").status()).as(actorId)
				.isEqualTo(200);
			Reply closed = send("DELETE", "/actuator/kvsqlite?actor=" + encode(actorId), "");
			assertThat(closed.actorId()).isEqualTo(actorId);
			assertThat(closed.body()).contains("\"closed\":true");
			assertThat(factory.openActor(actorId)).isEmpty();
		}
		List<String> left = new ArrayList<>(IDS);
		for (String actorId : IDS) {
			Reply deleted = send("DELETE", "/actuator/kvsqlitedata?actor=" + encode(actorId), "");
			assertThat(deleted.actorId()).isEqualTo(actorId);
			left.remove(actorId);
			assertThat(existing()).as("after the deletion of '%s'", actorId).containsExactlyInAnyOrderElementsOf(left);
		}
	}

	@Test
	void copyShouldTakeTheIdsFromItsBody() throws Exception {
		String json = "Content-Type: application/json";
		Reply copied = send("POST", "/actuator/kvsqlitedata/copy", "{\"actor\":\"x//b\",\"target\":\"y/\"}", json);
		assertThat(copied.status()).as(copied.body()).isEqualTo(200);
		assertThat(existing()).contains("y/").hasSize(IDS.size() + 1);
		assertThat(factory.delete("y/", true)).isTrue();
		for (String body : List.of("{\"actor\":[\"a\",\"b\"],\"target\":\"y\"}", "{\"actor\":\"a\",\"target\":[\"y\"]}",
				"{\"target\":\"y\"}", "{\"actor\":\"a\"}", "{}", "")) {
			assertThat(send("POST", "/actuator/kvsqlitedata/copy", body, json).status()).as(body).isEqualTo(400);
		}
		assertThat(send("POST", "/actuator/kvsqlitedata/copy?actor=b", "{\"actor\":\"a\",\"target\":\"y\"}", json)
			.status()).isEqualTo(400);
		assertThat(send("POST", "/actuator/kvsqlitedata/copy/a", "{\"actorId\":\"b\",\"target\":\"y\"}", json).status())
			.isEqualTo(400);
		assertThat(send("POST", "/actuator/kvsqlitedata/copy/a?target=z", "{\"target\":\"y\"}", json).status())
			.isEqualTo(400);
		assertThat(existing()).hasSize(IDS.size());
	}

	@Test
	void ambiguousPathsShouldDoNothing() throws Exception {
		for (String path : AMBIGUOUS) {
			for (String endpoint : List.of("/actuator/kvsqlitedata", "/actuator/kvsqlite")) {
				Reply refused = send("DELETE", endpoint + path, "");
				assertThat(refused.status()).as("DELETE %s%s: %s", endpoint, path, refused.body()).isBetween(400, 499);
			}
			for (String operation : List.of("/export", "/check")) {
				Reply refused = send("GET", "/actuator/kvsqlitedata" + operation + path, "");
				assertThat(refused.status()).as("GET %s%s: %s", operation, path, refused.body()).isBetween(400, 499);
			}
			Reply refused = send("POST", "/actuator/kvsqlitedata/copy" + path, "{\"target\":\"y\"}",
					"Content-Type: application/json");
			assertThat(refused.status()).as("POST %s: %s", path, refused.body()).isBetween(400, 499);
		}
		assertThat(existing()).containsExactlyInAnyOrderElementsOf(IDS);
		for (String actorId : IDS) {
			assertThat(factory.openActor(actorId)).as("'%s' was closed", actorId).isPresent();
		}
	}

	@Test
	void plainPathsShouldNameTheActorThatTheySpell() throws Exception {
		for (String actorId : List.of("x", "x/b", "a,b", "ü", "x b", "x ", "x%2Fb", "\ufffd", "export", "check/x")) {
			String path = encode(actorId).replace("+", "%20").replace("%2F", "/");
			assertThat(send("GET", "/actuator/kvsqlite/" + path, "").actorId()).isEqualTo(actorId);
		}
		assertThat(send("DELETE", "/actuator/kvsqlitedata/x/b", "").actorId()).isEqualTo("x/b");
		assertThat(existing()).doesNotContain("x/b").hasSize(IDS.size() - 1);
	}

	@Test
	void pagesOfOtherOriginsShouldChangeNothing() throws Exception {
		List<String> foreign = List.of("Origin: https://example.org", "Origin: null", "Origin: http://localhost",
				"Origin: https://localhost:" + port, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site",
				"Sec-Fetch-Site: cross-site\r\nOrigin: http://localhost:" + port);
		for (String header : foreign) {
			for (String target : List.of("/actuator/kvsqlitedata/x", "/actuator/kvsqlitedata?actor=x",
					"/actuator/kvsqlite/x", "/actuator/kvsqlite?actor=x")) {
				assertThat(send("DELETE", target, "", header).status()).as("%s, %s", target, header)
					.isBetween(400, 499);
			}
			assertThat(send("POST", "/actuator/kvsqlitedata/copy/x", "{\"target\":\"y\"}", header,
					"Content-Type: application/json")
				.status()).as(header).isBetween(400, 499);
		}
		for (String type : List.of("text/plain", "application/x-www-form-urlencoded",
				"multipart/form-data; boundary=b")) {
			assertThat(send("POST", "/actuator/kvsqlitedata/copy/x", "{\"target\":\"y\"}", "Content-Type: " + type)
				.status()).as(type).isBetween(400, 499);
		}
		assertThat(existing()).containsExactlyInAnyOrderElementsOf(IDS);
		assertThat(factory.openActor("x")).isPresent();
		assertThat(send("DELETE", "/actuator/kvsqlite/x", "", "Origin: http://localhost:" + port).body())
			.contains("\"closed\":true");
		assertThat(send("DELETE", "/actuator/kvsqlitedata/x", "", "Sec-Fetch-Site: same-origin").body())
			.contains("\"deleted\":true");
	}

	private record Reply(int status, String body) {

		String actorId() {
			return String.valueOf(JsonParserFactory.getJsonParser().parseMap(this.body).get("actorId"));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
