package io.kvsqlite.sample;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;

import io.kvsqlite.sample.Notebooks.Notebook;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * The notebooks over HTTP.
 */
@RestController
@RequestMapping("/api/notebooks")
class NotebookController {

	private static final int PAGE = 50;

	private static final int MOST_NOTEBOOKS = 200;

	private final Notebooks notebooks;

	NotebookController(Notebooks notebooks) {
		this.notebooks = notebooks;
	}

	@GetMapping
	List<Notebook> all() {
		return this.notebooks.all(MOST_NOTEBOOKS);
	}

	@PutMapping("/{name}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void start(@PathVariable String name) {
		this.notebooks.start(new NotebookName(name));
	}

	@GetMapping("/{name}/notes")
	Notes list(@PathVariable String name, @RequestParam(defaultValue = "" + Long.MAX_VALUE) long before) {
		NotebookName notebook = existing(name);
		return new Notes(this.notebooks.count(notebook), this.notebooks.list(notebook, before, PAGE));
	}

	@PostMapping("/{name}/notes")
	@ResponseStatus(HttpStatus.CREATED)
	Note add(@PathVariable String name, @RequestBody NewNote note) {
		if (note.title() == null || note.title().isBlank()) {
			throw new IllegalArgumentException("A note needs a title");
		}
		return this.notebooks.add(new NotebookName(name), note.title().strip(),
				(note.body() != null) ? note.body().strip() : "");
	}

	@PostMapping(path = "/{name}", consumes = { "text/markdown", MediaType.TEXT_PLAIN_VALUE })
	@ResponseStatus(HttpStatus.CREATED)
	Map<String, Integer> addMarkdown(@PathVariable String name, @RequestBody String markdown) {
		return Map.of("added", this.notebooks.addMarkdown(new NotebookName(name), markdown));
	}

	@GetMapping("/{name}/search")
	List<SearchHit> search(@PathVariable String name, @RequestParam("q") String text) {
		return this.notebooks.search(existing(name), text, PAGE);
	}

	@DeleteMapping("/{name}/notes/{id}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void remove(@PathVariable String name, @PathVariable long id) {
		if (!this.notebooks.remove(existing(name), id)) {
			throw new ResponseStatusException(HttpStatus.NOT_FOUND, "Notebook '%s' has no note %d".formatted(name, id));
		}
	}

	@PostMapping("/{name}/sleep")
	Map<String, Boolean> sleep(@PathVariable String name) throws SQLException {
		return Map.of("wasAwake", this.notebooks.sleep(existing(name)));
	}

	@PostMapping("/{name}/wake")
	Map<String, Long> wake(@PathVariable String name) {
		return Map.of("notes", this.notebooks.count(existing(name)));
	}

	@DeleteMapping("/{name}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void delete(@PathVariable String name) {
		this.notebooks.delete(existing(name));
	}

	/**
	 * Looking must not make a notebook.
	 */
	private NotebookName existing(String name) {
		NotebookName notebook = new NotebookName(name);
		if (!this.notebooks.exists(notebook)) {
			throw new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no notebook '%s'".formatted(name));
		}
		return notebook;
	}

	/**
	 * A note to be added.
	 *
	 * @param title its title
	 * @param body its text, may be left out
	 */
	record NewNote(@Nullable String title, @Nullable String body) {
	}

	/**
	 * A page of notes.
	 *
	 * @param total how many the notebook has
	 * @param notes those of this page
	 */
	record Notes(long total, List<Note> notes) {
	}

}
