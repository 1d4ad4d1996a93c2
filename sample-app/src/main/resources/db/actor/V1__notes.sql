-- Every notebook has this schema in a database of its own.
CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

-- The index for searching keeps no copy of the text; triggers keep it up to date.
CREATE VIRTUAL TABLE note_search USING fts5(title, body, content='note', content_rowid='id', tokenize='porter unicode61');

CREATE TRIGGER note_added AFTER INSERT ON note BEGIN
    INSERT INTO note_search (rowid, title, body) VALUES (new.id, new.title, new.body);
END;

CREATE TRIGGER note_removed AFTER DELETE ON note BEGIN
    INSERT INTO note_search (note_search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
END;
