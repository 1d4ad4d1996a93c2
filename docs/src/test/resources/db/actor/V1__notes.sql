-- V1__notes.sql
CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL
);
