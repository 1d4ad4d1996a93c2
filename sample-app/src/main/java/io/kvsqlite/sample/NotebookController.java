package io.kvsqlite.sample;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;

import io.kvsqlite.sample.Notebooks.NotebookPage;
import io.kvsqlite.sample.Notebooks.SearchHits;
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

	private static final int MAX_NOTEBOOKS = 10_000;

	private final Notebooks notebooks;

	NotebookController(Notebooks notebooks) {
		this.notebooks = notebooks;
	}

	@GetMapping
	NotebookPage all(@RequestParam(defaultValue = "200") int limit) {
		if (limit < 1 || limit > MAX_NOTEBOOKS) {
			throw new IllegalArgumentException(
					"A page takes 1 to %d notebooks, and not %d".formatted(MAX_NOTEBOOKS, limit));
		}
		return this.notebooks.all(limit);
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
		return this.notebooks.add(new NotebookName(name), note.cleanTitle(), note.cleanBody());
	}

	@GetMapping("/{name}/notes/{id}")
	Note find(@PathVariable String name, @PathVariable long id) {
		return this.notebooks.find(existing(name), id).orElseThrow(() -> noNote(name, id));
	}

	@PutMapping("/{name}/notes/{id}")
	Note edit(@PathVariable String name, @PathVariable long id, @RequestBody NewNote note) {
		return this.notebooks.edit(existing(name), id, note.cleanTitle(), note.cleanBody())
			.orElseThrow(() -> noNote(name, id));
	}

	@PostMapping("/{name}/notes/{id}/restore")
	@ResponseStatus(HttpStatus.CREATED)
	Note restore(@PathVariable String name, @PathVariable long id, @RequestBody RemovedNote note) {
		NewNote text = new NewNote(note.title(), note.body());
		return this.notebooks.restore(existing(name),
				new Note(id, text.cleanTitle(), text.cleanBody(), note.createdAt()));
	}

	@PostMapping(path = "/{name}", consumes = { "text/markdown", MediaType.TEXT_PLAIN_VALUE })
	@ResponseStatus(HttpStatus.CREATED)
	Map<String, Integer> addMarkdown(@PathVariable String name, @RequestBody String markdown) {
		return Map.of("added", this.notebooks.addMarkdown(new NotebookName(name), markdown));
	}

	@GetMapping("/{name}/search")
	SearchHits search(@PathVariable String name, @RequestParam("q") String text,
			@RequestParam(defaultValue = "0") int skip) {
		if (skip < 0) {
			throw new IllegalArgumentException("A search skips 0 matches or more, and not %d".formatted(skip));
		}
		return this.notebooks.search(existing(name), text, skip, PAGE);
	}

	@DeleteMapping("/{name}/notes/{id}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void remove(@PathVariable String name, @PathVariable long id) {
		if (!this.notebooks.remove(existing(name), id)) {
			throw noNote(name, id);
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

	private static ResponseStatusException noNote(String name, long id) {
		return new ResponseStatusException(HttpStatus.NOT_FOUND, "Notebook '%s' has no note %d".formatted(name, id));
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
	 * A note to be added, or what is to stand in one.
	 *
	 * @param title its title
	 * @param body its text, may be left out
	 */
	record NewNote(@Nullable String title, @Nullable String body) {

		String cleanTitle() {
			if (this.title == null || this.title.isBlank()) {
				throw new IllegalArgumentException("A note needs a title");
			}
			return this.title.strip();
		}

		String cleanBody() {
			return (this.body != null) ? this.body.strip() : "";
		}

	}

	/**
	 * A note that was removed, to be put back.
	 *
	 * @param title its title
	 * @param body its text, may be left out
	 * @param createdAt when it was added, in milliseconds since 1970
	 */
	record RemovedNote(@Nullable String title, @Nullable String body, long createdAt) {
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
