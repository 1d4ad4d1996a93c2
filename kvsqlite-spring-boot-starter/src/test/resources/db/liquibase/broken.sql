--liquibase formatted sql

--changeset notes:1
CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);

--changeset notes:2
INSERT INTO nowhere VALUES (1);
