package io.kvsqlite.sample;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The notebook service over HTTP, on the embedded store.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class NotebookApplicationTests {

	private static final ParameterizedTypeReference<List<Map<String, Object>>> LIST = new ParameterizedTypeReference<>() {
	};

	@TempDir
	static Path directory;

	@Autowired
	private Notebooks notebooks;

	private final RestClient client;

	NotebookApplicationTests(@LocalServerPort int port) {
		this.client = RestClient.builder()
			.baseUrl("http://localhost:" + port)
			.defaultStatusHandler((status) -> true, (request, response) -> {
			})
			.build();
	}

	@DynamicPropertySource
	static void store(DynamicPropertyRegistry registry) {
		registry.add("kvsqlite.store.rocksdb.directory", directory::toString);
	}

	@Test
	void noteShouldBeFoundAfterItWasAdded() {
		var added = this.client.post()
			.uri("/api/notebooks/{name}/notes", "Küche")
			.contentType(MediaType.APPLICATION_JSON)
			.body(Map.of("title", "Apple pie", "body", "Six apples, butter & <flour>"))
			.retrieve()
			.toEntity(Note.class);
		assertThat(added.getStatusCode()).isEqualTo(HttpStatus.CREATED);
		assertThat(search("Küche", "appl")).singleElement()
			.satisfies((hit) -> assertThat(hit).containsEntry("title", "\u0002Apple\u0003 pie")
				.extractingByKey("excerpt")
				.isEqualTo("Six \u0002apples\u0003, butter & <flour>"));
		assertThat(search("Küche", "\" OR *")).isEmpty();
	}

	@Test
	void markdownShouldBecomeANoteForEachHeading() {
		Map<?, ?> result = this.client.post()
			.uri("/api/notebooks/docs")
			.contentType(MediaType.parseMediaType("text/markdown;charset=UTF-8"))
			.body("# Getting started\nAdd one dependency.\n\n## Stores\nRocksDB needs no server.\n")
			.retrieve()
			.body(Map.class);
		assertThat(result).isEqualTo(Map.of("added", 2));
		assertThat(search("docs", "server")).extracting((hit) -> hit.get("title")).containsExactly("Stores");
	}

	@Test
	void notebookThatSleepsShouldKeepItsNotes() throws Exception {
		NotebookName name = new NotebookName("sleepy");
		this.notebooks.add(name, "one", "");
		assertThat(this.notebooks.sleep(name)).isTrue();
		assertThat(notebook("sleepy")).containsEntry("awake", false);
		assertThat(this.notebooks.count(name)).isEqualTo(1);
		assertThat(notebook("sleepy")).containsEntry("awake", true);
	}

	@Test
	void removedNoteShouldNotBeFound() {
		NotebookName name = new NotebookName("removals");
		Note note = this.notebooks.add(name, "gone tomorrow", "");
		assertThat(this.notebooks.remove(name, note.id())).isTrue();
		assertThat(this.notebooks.search(name, "gone", 10)).isEmpty();
		assertThat(status("DELETE", "/api/notebooks/removals/notes/" + note.id())).isEqualTo(404);
	}

	@Test
	void lookingShouldNotMakeANotebook() {
		assertThat(status("GET", "/api/notebooks/nowhere/notes")).isEqualTo(404);
		assertThat(notebook("nowhere")).isEmpty();
	}

	@Test
	void nameThatIsNotAllowedShouldBeExplained() {
		Map<?, ?> problem = this.client.put().uri("/api/notebooks/{name}", "?!").retrieve().body(Map.class);
		assertThat(problem.get("detail")).asString().contains("'?!'").contains("letters");
	}

	@Test
	void activityShouldCountCommits() {
		this.notebooks.add(new NotebookName("busy"), "one", "");
		Map<?, ?> activity = this.client.get().uri("/api/activity").retrieve().body(Map.class);
		assertThat(activity.get("store")).isEqualTo("rocksdb");
		assertThat((List<?>) activity.get("commitsPerSecond")).hasSize(StoreActivity.SECONDS);
	}

	private int status(String method, String path) {
		return this.client.method(HttpMethod.valueOf(method))
			.uri(path)
			.retrieve()
			.toBodilessEntity()
			.getStatusCode()
			.value();
	}

	private Map<String, Object> notebook(String name) {
		return this.client.get()
			.uri("/api/notebooks")
			.retrieve()
			.body(LIST)
			.stream()
			.filter((notebook) -> notebook.get("name").equals(name))
			.findFirst()
			.orElse(Map.of());
	}

	private List<Map<String, Object>> search(String name, String text) {
		return this.client.get().uri("/api/notebooks/{name}/search?q={text}", name, text).retrieve().body(LIST);
	}

}
