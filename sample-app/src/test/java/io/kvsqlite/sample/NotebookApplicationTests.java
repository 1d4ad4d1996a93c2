package io.kvsqlite.sample;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.kvsqlite.ActorDataSourceFactory;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The notebook service over HTTP, on the embedded store.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class NotebookApplicationTests {

	private static final ParameterizedTypeReference<Map<String, Object>> OBJECT = new ParameterizedTypeReference<>() {
	};

	@TempDir
	static Path directory;

	@Autowired
	private Notebooks notebooks;

	@Autowired
	private ActorDataSourceFactory actors;

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
		assertThat(this.notebooks.search(name, "gone", 0, 10).hits()).isEmpty();
		assertThat(status("DELETE", "/api/notebooks/removals/notes/" + note.id())).isEqualTo(404);
	}

	@Test
	void editedNoteShouldBeFoundByItsNewWordsAlone() {
		NotebookName name = new NotebookName("edits");
		Note note = this.notebooks.add(name, "old title", "old words");
		ResponseEntity<Note> edited = this.client.put()
			.uri("/api/notebooks/edits/notes/" + note.id())
			.contentType(MediaType.APPLICATION_JSON)
			.body(Map.of("title", "new title", "body", "other words"))
			.retrieve()
			.toEntity(Note.class);
		assertThat(edited.getBody()).isEqualTo(new Note(note.id(), "new title", "other words", note.createdAt()));
		assertThat(search("edits", "old")).isEmpty();
		assertThat(search("edits", "other")).extracting((hit) -> hit.get("title")).containsExactly("new title");
		assertThat(this.notebooks.edit(name, note.id() + 1, "no", "note")).isEmpty();
	}

	@Test
	void removedNoteShouldComeBackInItsPlaceUnlessThatIsTaken() {
		NotebookName name = new NotebookName("undo");
		Note first = this.notebooks.add(name, "first", "apples");
		Note second = this.notebooks.add(name, "second", "plums");
		this.notebooks.remove(name, first.id());
		this.notebooks.remove(name, second.id());
		Note third = this.notebooks.add(name, "third", "");
		assertThat(third.id()).as("SQLite gives the largest number again").isEqualTo(first.id());
		assertThat(restore("undo", second)).isEqualTo(second);
		Note moved = restore("undo", first);
		assertThat(moved.id()).isGreaterThan(second.id());
		assertThat(moved.createdAt()).isEqualTo(first.createdAt());
		assertThat(this.notebooks.list(name, Long.MAX_VALUE, 10)).extracting(Note::title)
			.containsExactly("first", "second", "third");
		assertThat(search("undo", "apples")).hasSize(1);
	}

	@Test
	void searchShouldCountAllThatMatchesAndGiveItInPages() {
		NotebookName name = new NotebookName("many hits");
		this.notebooks.addMarkdown(name, "# Apple\n".repeat(120));
		assertThat(searchPage("many hits", "apple", 0)).containsEntry("total", 120)
			.extractingByKey("hits")
			.asInstanceOf(InstanceOfAssertFactories.LIST)
			.hasSize(50);
		assertThat(Stream.of(0, 50, 100)
			.flatMap((skip) -> objects(searchPage("many hits", "apple", skip).get("hits")).stream())
			.map((hit) -> hit.get("id"))
			.distinct()).hasSize(120);
	}

	@Test
	void listShouldSayThatThereAreMoreNotebooks() {
		this.notebooks.start(new NotebookName("list 1"));
		this.notebooks.start(new NotebookName("list 2"));
		Map<String, Object> page = this.client.get().uri("/api/notebooks?limit=1").retrieve().body(OBJECT);
		assertThat(page).containsEntry("more", true)
			.extractingByKey("notebooks")
			.asInstanceOf(InstanceOfAssertFactories.LIST)
			.hasSize(1);
		assertThat(status("GET", "/api/notebooks?limit=0")).isEqualTo(400);
	}

	@ParameterizedTest
	@ValueSource(strings = { "a/b", "a//b", "a/b/", "a/../b", "Küche 2/3", "a" })
	void notebookShouldBeReachedByItsNameAndNoOther(String name) {
		assertThat(this.client.put().uri("/api/notebooks/{name}", name).retrieve().toBodilessEntity().getStatusCode())
			.isEqualTo(HttpStatus.NO_CONTENT);
		assertThat(notebook(name)).containsEntry("name", name);
		assertThat(
				this.client.delete().uri("/api/notebooks/{name}", name).retrieve().toBodilessEntity().getStatusCode())
			.isEqualTo(HttpStatus.NO_CONTENT);
		assertThat(notebook(name)).isEmpty();
		assertThat(this.client.get()
			.uri("/api/notebooks/{name}/notes", name)
			.retrieve()
			.toBodilessEntity()
			.getStatusCode()).isEqualTo(HttpStatus.NOT_FOUND);
	}

	@Test
	void actorThatIsNoNotebookShouldNotBreakTheList() throws Exception {
		try (Connection connection = this.actors.dataSource("notebook/?!").getConnection();
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE IF NOT EXISTS strange (a)");
		}
		this.notebooks.start(new NotebookName("beside a strange one"));
		assertThat(notebook("beside a strange one")).containsEntry("awake", true);
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

	private Note restore(String name, Note note) {
		return this.client.post()
			.uri("/api/notebooks/{name}/notes/{id}/restore", name, note.id())
			.contentType(MediaType.APPLICATION_JSON)
			.body(note)
			.retrieve()
			.body(Note.class);
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
		Map<String, Object> page = this.client.get().uri("/api/notebooks").retrieve().body(OBJECT);
		return objects(page.get("notebooks")).stream()
			.filter((notebook) -> notebook.get("name").equals(name))
			.findFirst()
			.orElse(Map.of());
	}

	private List<Map<String, Object>> search(String name, String text) {
		return objects(searchPage(name, text, 0).get("hits"));
	}

	private Map<String, Object> searchPage(String name, String text, int skip) {
		return this.client.get()
			.uri("/api/notebooks/{name}/search?q={text}&skip={skip}", name, text, skip)
			.retrieve()
			.body(OBJECT);
	}

	@SuppressWarnings("unchecked")
	private static List<Map<String, Object>> objects(Object list) {
		return (List<Map<String, Object>>) list;
	}

	@Test
	void pageOfAnotherOriginShouldChangeNothing() {
		for (String[] header : new String[][] { { "Origin", "https://example.org" }, { "Origin", "null" },
				{ "Sec-Fetch-Site", "cross-site" }, { "Sec-Fetch-Site", "same-site" } }) {
			for (HttpMethod method : List.of(HttpMethod.PUT, HttpMethod.POST, HttpMethod.DELETE)) {
				var refused = this.client.method(method)
					.uri("/api/notebooks/foreign")
					.header(header[0], header[1])
					.contentType(MediaType.TEXT_PLAIN)
					.body("# One\ntext")
					.retrieve()
					.toBodilessEntity();
				assertThat(refused.getStatusCode()).as("%s %s", method, header[1]).isEqualTo(HttpStatus.FORBIDDEN);
			}
		}
		assertThat(this.notebooks.exists(new NotebookName("foreign"))).isFalse();
	}

}
