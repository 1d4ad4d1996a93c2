--liquibase formatted sql

--changeset notes:1
CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
--rollback DROP TABLE note;

--changeset notes:2
ALTER TABLE note ADD COLUMN title TEXT;
INSERT INTO note (text) VALUES ('first; with a semicolon');
