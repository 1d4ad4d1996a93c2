package io.kvsqlite.spring.isolation;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.isolation.IsolationApplication.Cell;
import io.kvsqlite.spring.isolation.IsolationApplication.Decoration;
import io.kvsqlite.spring.isolation.IsolationApplication.Outcomes;
import io.kvsqlite.spring.isolation.IsolationApplication.Style;
import io.kvsqlite.spring.isolation.IsolationApplication.Technology;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Each way to reach an actor's data, in each way in which a request is handled, with and
 * without open-in-view, inside every kind of scope, behind every decoration of the data
 * source, with a database of the application's own beside it or not. In each cell: the
 * rows of the right actor, or where no actor was named, an error; never another's, and
 * never a wait for a time-out.
 *
 * <p>
 * An application for each decoration, and all else by requests to it.
 */
@Timeout(300)
class IsolationMatrixTests {

	private static final List<String> ACTORS = List.of("a", "b", "c");

	private final HttpClient client = HttpClient.newHttpClient();

	static List<Arguments> applications() {
		List<Arguments> all = new ArrayList<>();
		for (Decoration decoration : Decoration.values()) {
			for (boolean own : new boolean[] { false, true }) {
				all.add(Arguments.of(decoration, own));
			}
		}
		return all;
	}

	@ParameterizedTest(name = "{0}, own database: {1}")
	@MethodSource("applications")
	void everyCellShouldHaveTheRowsOfItsActorOrAnError(Decoration decoration, boolean own) throws Exception {
		try (ConfigurableApplicationContext context = IsolationApplication.start(decoration, own)) {
			SoftAssertions soft = new SoftAssertions();
			for (boolean openInView : new boolean[] { true, false }) {
				for (String outer : new String[] { "", "a", "c" }) {
					for (Style style : Style.values()) {
						check(context, own, new Cell(openInView, outer, style), soft);
					}
				}
			}
			soft.assertAll();
			assertNothingIsLeft(context);
			Outcomes outcomes = context.getBean(Outcomes.class);
			assertThat(outcomes.committed()).isEmpty();
			assertThat(outcomes.rolledBack())
				.hasSize(own ? 2 * 3 * Style.values().length * Technology.values().length : 0);
		}
	}

	private void check(ConfigurableApplicationContext context, boolean own, Cell cell, SoftAssertions soft)
			throws IOException, InterruptedException {
		HttpResponse<String> response = send(context, cell);
		soft.assertThat(response.statusCode()).as("%s", cell).isEqualTo(200);
		List<String> lines = response.body().lines().toList();
		// a, b and a again, and then without naming one
		soft.assertThat(lines).as("%s", cell).hasSize(Technology.values().length * 4);
		for (String line : lines) {
			String[] parts = line.split("\\|", 3);
			soft.assertThat(parts).as("%s", cell).hasSize(3);
			if (parts.length == 3) {
				checkLine(cell, own, parts[0], parts[1], parts[2], soft);
			}
		}
	}

	private static void checkLine(Cell cell, boolean own, String technology, String named, String found,
			SoftAssertions soft) {
		String expected = named.isEmpty() ? cell.outer() : named;
		if (!found.startsWith("!")) {
			soft.assertThat(expected).as("%s %s: %s", cell, technology, found).isNotEmpty();
			soft.assertThat(found.split(","))
				.as("%s %s", cell, technology)
				.contains(expected + "1")
				.allMatch((text) -> text.startsWith(expected));
		}
		else if (!own || !found.contains("this very thread")) {
			// a session without a transaction lives as long as the transaction of the
			// application's own around it, and keeps the actor's only connection from one
			// that is begun afterwards
			soft.assertThat(found)
				.as("%s %s for '%s'", cell, technology, named)
				.containsIgnoringCase("no actor is bound");
			soft.assertThat(named).as("%s %s: %s", cell, technology, found).isEmpty();
			soft.assertThat(cell.outer().isEmpty() || cell.style() != Style.SYNCHRONOUS)
				.as("%s %s: %s", cell, technology, found)
				.isTrue();
		}
	}

	private HttpResponse<String> send(ConfigurableApplicationContext context, Cell cell)
			throws IOException, InterruptedException {
		int port = ((WebServerApplicationContext) context).getWebServer().getPort();
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:%d/%s/%s".formatted(port,
				cell.openInView() ? "open" : "plain", cell.style().name().toLowerCase(Locale.ROOT))))
			.timeout(Duration.ofSeconds(60));
		if (!cell.outer().isEmpty()) {
			request.header("X-Actor", cell.outer());
		}
		return this.client.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	private static void assertNothingIsLeft(ConfigurableApplicationContext context) {
		ActorDatabases databases = context.getBean(ActorDatabases.class);
		await().atMost(Duration.ofSeconds(5))
			.untilAsserted(() -> assertThat(databases.factory().activeConnections()).isZero());
		for (String actorId : ACTORS) {
			assertThat(databases.jdbcClient(actorId).sql("SELECT text FROM note").query(String.class).list())
				.hasSizeGreaterThan(2)
				.allMatch((text) -> text.startsWith(actorId));
		}
		assertThat(databases.factory().openActors()).isEqualTo(ACTORS.size());
	}

}
