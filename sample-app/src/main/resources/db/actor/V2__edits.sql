-- A note that is edited is found by its new words, and no longer by its old ones.
CREATE TRIGGER note_edited AFTER UPDATE ON note BEGIN
    INSERT INTO note_search (note_search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
    INSERT INTO note_search (rowid, title, body) VALUES (new.id, new.title, new.body);
END;
