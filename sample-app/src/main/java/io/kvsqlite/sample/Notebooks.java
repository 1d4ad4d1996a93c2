package io.kvsqlite.sample;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.ActorStatus;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.sample.MarkdownSections.Section;
import io.kvsqlite.spring.ActorDatabases;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.GeneratedKeyHolder;
import org.springframework.jdbc.support.KeyHolder;
import org.springframework.stereotype.Service;

/**
 * The notebooks, each in a SQLite database of its own.
 */
@Service
public class Notebooks {

	private static final String MARKS = "char(2), char(3)";

	private final ActorDatabases databases;

	private final ActorDataSourceFactory actors;

	Notebooks(ActorDatabases databases) {
		this.databases = databases;
		this.actors = databases.factory();
	}

	/**
	 * Add a note.
	 * @param name the notebook, which need not exist
	 * @param title the note's title
	 * @param body its text
	 * @return the note
	 */
	public Note add(NotebookName name, String title, String body) {
		return insert(client(name), clean(title), clean(body));
	}

	/**
	 * Change the title and the text of a note.
	 * @param name the notebook
	 * @param id the note
	 * @param title its new title
	 * @param body its new text
	 * @return the note as it is now, empty if there is none
	 */
	public Optional<Note> edit(NotebookName name, long id, String title, String body) {
		return client(name)
			.sql("UPDATE note SET title = ?, body = ? WHERE id = ? RETURNING id, title, body, created_at")
			.params(clean(title), clean(body), id)
			.query(Note.class)
			.optional();
	}

	/**
	 * Put a note back that was removed: in its old place, or as the newest one where
	 * another note has got its number since.
	 * @param name the notebook
	 * @param note the note as it was
	 * @return the note as it is now
	 */
	public Note restore(NotebookName name, Note note) {
		JdbcClient client = client(name);
		return client.sql("""
				INSERT INTO note (id, title, body, created_at) VALUES (?, ?, ?, ?)
				ON CONFLICT DO NOTHING RETURNING id, title, body, created_at""")
			.params(note.id(), clean(note.title()), clean(note.body()), note.createdAt())
			.query(Note.class)
			.optional()
			.orElseGet(() -> insert(client, clean(note.title()), clean(note.body()), note.createdAt()));
	}

	/**
	 * Add each section of a Markdown text as a note, all of them or none.
	 * @param name the notebook, which need not exist
	 * @param markdown the text
	 * @return how many notes were added
	 */
	public int addMarkdown(NotebookName name, String markdown) {
		List<Section> sections = MarkdownSections.of(clean(markdown));
		JdbcClient client = client(name);
		this.databases.transactionTemplate(name.actorId())
			.executeWithoutResult(
					(status) -> sections.forEach((section) -> insert(client, section.title(), section.body())));
		return sections.size();
	}

	private static Note insert(JdbcClient client, String title, String body) {
		return insert(client, title, body, System.currentTimeMillis());
	}

	private static Note insert(JdbcClient client, String title, String body, long createdAt) {
		KeyHolder key = new GeneratedKeyHolder();
		client.sql("INSERT INTO note (title, body, created_at) VALUES (?, ?, ?)")
			.params(title, body, createdAt)
			.update(key);
		Number id = key.getKey();
		if (id == null) {
			throw new IllegalStateException("SQLite returned no id for the note");
		}
		return new Note(id.longValue(), title, body, createdAt);
	}

	/**
	 * List notes, the newest first.
	 * @param name the notebook
	 * @param before the id before which to start, {@link Long#MAX_VALUE} for the newest
	 * @param limit the most notes to return
	 * @return the notes
	 */
	@SuppressWarnings("NullAway") // a row is never null
	public List<Note> list(NotebookName name, long before, int limit) {
		return client(name).sql("SELECT id, title, body, created_at FROM note WHERE id < ? ORDER BY id DESC LIMIT ?")
			.params(before, limit)
			.query(Note.class)
			.list();
	}

	/**
	 * Return one note.
	 * @param name the notebook
	 * @param id the note
	 * @return the note, empty if there is none
	 */
	public Optional<Note> find(NotebookName name, long id) {
		return client(name).sql("SELECT id, title, body, created_at FROM note WHERE id = ?")
			.param(id)
			.query(Note.class)
			.optional();
	}

	/**
	 * Count the notes.
	 * @param name the notebook
	 * @return how many it has
	 */
	public long count(NotebookName name) {
		return client(name).sql("SELECT count(*) FROM note").query(Long.class).single();
	}

	/**
	 * Search the notes, the best matches first.
	 * @param name the notebook
	 * @param text the words to search for
	 * @param skipped how many of the best matches to leave out
	 * @param limit the most hits to return
	 * @return the hits, and how many there are in all
	 */
	@SuppressWarnings("NullAway") // a row is never null
	public SearchHits search(NotebookName name, String text, int skipped, int limit) {
		String query = SearchTerms.toQuery(text);
		if (query.isEmpty()) {
			return new SearchHits(0, List.of());
		}
		JdbcClient client = client(name);
		long total = client.sql("SELECT count(*) FROM note_search WHERE note_search MATCH ?")
			.param(query)
			.query(Long.class)
			.single();
		List<SearchHit> hits = client.sql("""
				SELECT rowid AS id, highlight(note_search, 0, %1$s) AS title,
				       snippet(note_search, 1, %1$s, '…', 24) AS excerpt
				FROM note_search WHERE note_search MATCH ?
				ORDER BY bm25(note_search, 4.0, 1.0), rowid LIMIT ? OFFSET ?""".formatted(MARKS))
			.params(query, limit, skipped)
			.query(SearchHit.class)
			.list();
		return new SearchHits(total, hits);
	}

	/**
	 * Remove a note.
	 * @param name the notebook
	 * @param id the note
	 * @return whether there was one
	 */
	public boolean remove(NotebookName name, long id) {
		return client(name).sql("DELETE FROM note WHERE id = ?").param(id).update() > 0;
	}

	/**
	 * List the notebooks in the order of their names, with those that are open marked.
	 * @param limit the most notebooks to return
	 * @return the notebooks, and whether there are more
	 */
	public NotebookPage all(int limit) {
		KvActorPage page = this.actors.actors(NotebookName.ACTOR_PREFIX, null, limit);
		List<Notebook> notebooks = page.actorIds()
			.stream()
			.flatMap((actorId) -> NotebookName.ofActor(actorId).stream())
			.map(this::describe)
			.toList();
		return new NotebookPage(notebooks, page.next() != null);
	}

	private Notebook describe(NotebookName name) {
		ActorStatus status = this.actors.openActor(name.actorId()).orElse(null);
		return new Notebook(name.value(), status != null, (status != null) ? status.databaseSize() : 0);
	}

	/**
	 * Start a notebook, or wake it.
	 * @param name the notebook
	 */
	public void start(NotebookName name) {
		client(name).sql("SELECT 1").query(Integer.class).single();
	}

	/**
	 * Return whether a notebook was started, without waking it.
	 * @param name the notebook
	 * @return whether it exists
	 */
	public boolean exists(NotebookName name) {
		return this.actors.store().owner(name.actorId()) != null;
	}

	/**
	 * Close a notebook's database until it is used again.
	 * @param name the notebook
	 * @return whether it was open
	 * @throws SQLException if it is in use
	 */
	public boolean sleep(NotebookName name) throws SQLException {
		return this.actors.close(name.actorId());
	}

	/**
	 * Delete a notebook for good.
	 * @param name the notebook
	 * @return whether it existed
	 */
	public boolean delete(NotebookName name) {
		return this.actors.delete(name.actorId(), false);
	}

	private JdbcClient client(NotebookName name) {
		return this.databases.jdbcClient(name.actorId());
	}

	/**
	 * Take out the characters that mark search hits.
	 */
	private static String clean(String text) {
		return text.replace("\u0002", "").replace("\u0003", "");
	}

	/**
	 * A notebook.
	 *
	 * @param name its name
	 * @param awake whether its database is open
	 * @param bytes the size of its database while it is open
	 */
	public record Notebook(String name, boolean awake, long bytes) {
	}

	/**
	 * The first notebooks.
	 *
	 * @param notebooks the notebooks, in the order of their names
	 * @param more whether there are more
	 */
	public record NotebookPage(List<Notebook> notebooks, boolean more) {
	}

	/**
	 * What a search found.
	 *
	 * @param total how many notes match
	 * @param hits those of this page
	 */
	public record SearchHits(long total, List<SearchHit> hits) {
	}

}
