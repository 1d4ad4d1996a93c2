package io.kvsqlite.spring.live;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.actuate.endpoint.KvSqliteEndpoint;
import io.kvsqlite.spring.live.LiveApplication.Answer;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The {@link KvSqliteEndpoint} as an operator has it, over HTTP.
 */
class EndpointOverHttpTests {

	private static LiveApplication application;

	@BeforeAll
	static void start() {
		application = LiveApplication.start(Application.class);
		fill(application);
	}

	private static void fill(LiveApplication application) {
		ActorDatabases databases = application.context().getBean(ActorDatabases.class);
		for (String actorId : List.of("team/1", "team/2", "team/3", "user 1/ä")) {
			databases.jdbcClient(actorId).sql("CREATE TABLE t (x)").update();
			databases.jdbcClient(actorId).sql("PRAGMA user_version = 7").update();
		}
	}

	@AfterAll
	static void stop() {
		application.close();
	}

	private static Map<String, Object> get(String path) throws Exception {
		Answer answer = application.send("GET", path);
		assertThat(answer.status()).as(answer.body()).isEqualTo(200);
		return answer.json();
	}

	@Test
	void summaryShouldTellTheStoreAndItsActors() throws Exception {
		Map<String, Object> summary = get("/actuator/kvsqlite");
		assertThat(summary).containsEntry("store", "memory")
			.containsEntry("maxOpenActors", 1000)
			.containsEntry("activeConnections", 0)
			.containsEntry("waitingThreads", 0)
			.containsKey("openActors");
		assertThat(ids(summary)).containsExactlyInAnyOrder("team/1", "team/2", "team/3", "user 1/ä");
	}

	@Test
	void actorsShouldComePageByPage() throws Exception {
		Map<String, Object> first = get("/actuator/kvsqlite?prefix=team/&limit=2");
		assertThat(ids(first)).containsExactly("team/1", "team/2");
		Map<String, Object> second = get("/actuator/kvsqlite?prefix=team/&limit=2&after=" + first.get("next"));
		assertThat(ids(second)).containsExactly("team/3");
		assertThat(second.get("next")).isNull();
	}

	@Test
	void actorShouldBeShownInDetail() throws Exception {
		Map<String, Object> actor = get("/actuator/kvsqlite/team/2");
		assertThat(actor).containsEntry("actorId", "team/2")
			.containsEntry("bytes", 8192)
			.containsEntry("pages", 2)
			.containsEntry("userVersion", 7)
			.containsKey("schemaVersion");
		assertThat(((Number) actor.get("epoch")).longValue()).isPositive();
		assertThat(((Number) actor.get("commit")).longValue()).isEqualTo(3);
		assertThat(actor.get("open")).asInstanceOf(InstanceOfAssertFactories.MAP)
			.containsKeys("since", "lastUsed", "waiting")
			.extractingByKey("since")
			.satisfies((since) -> assertThat(Instant.parse(since.toString()))
				.isBetween(Instant.now().minus(Duration.ofHours(1)), Instant.now()));
		assertThat(get("/actuator/kvsqlite/user%201/%C3%A4")).containsEntry("actorId", "user 1/ä");
	}

	@Test
	void actorThatDoesNotExistShouldNotBeFoundNorMade() throws Exception {
		assertThat(application.send("GET", "/actuator/kvsqlite/nobody").status()).isEqualTo(404);
		assertThat(ids(get("/actuator/kvsqlite"))).doesNotContain("nobody");
	}

	@Test
	void wrongLimitShouldBeABadRequest() throws Exception {
		assertThat(application.send("GET", "/actuator/kvsqlite?limit=0").status()).isEqualTo(400);
		assertThat(application.send("GET", "/actuator/kvsqlite?limit=1001").status()).isEqualTo(400);
		assertThat(application.send("GET", "/actuator/kvsqlite?limit=many").status()).isEqualTo(400);
	}

	@Test
	void idThatNoActorCanHaveShouldBeABadRequest() throws Exception {
		assertThat(application.send("GET", "/actuator/kvsqlite/" + "x".repeat(257)).status()).isEqualTo(400);
	}

	@Test
	void closingShouldBeRefusedUnlessItIsAllowed() throws Exception {
		assertThat(application.send("DELETE", "/actuator/kvsqlite/team/3").status()).isEqualTo(405);
		assertThat(get("/actuator/kvsqlite/team/3").get("open")).isNotNull();
	}

	@Test
	void closingWhenItIsAllowedShouldCloseOneActorAndKeepItsData() throws Exception {
		try (LiveApplication writable = LiveApplication.start(Application.class,
				"management.endpoint.kvsqlite.access=unrestricted")) {
			fill(writable);
			Answer closed = writable.send("DELETE", "/actuator/kvsqlite/team/1");
			assertThat(closed.status()).isEqualTo(200);
			assertThat(closed.json()).containsEntry("actorId", "team/1").containsEntry("closed", true);
			assertThat(writable.send("GET", "/actuator/kvsqlite/team/1").json()).containsEntry("bytes", 8192)
				.extractingByKey("open")
				.isNull();
			assertThat(writable.send("GET", "/actuator/kvsqlite/team/2").json().get("open")).isNotNull();
			assertThat(writable.send("DELETE", "/actuator/kvsqlite/team/1").json()).containsEntry("closed", false);
		}
	}

	private static List<Object> ids(Map<String, Object> summary) {
		return ((List<?>) summary.get("actors")).stream()
			.<Object>map((entry) -> ((Map<?, ?>) entry).get("actorId"))
			.toList();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
