package io.kvsqlite.sample;

/**
 * A note of a notebook.
 *
 * @param id its number within the notebook
 * @param title its title
 * @param body its text
 * @param createdAt when it was added, in milliseconds since 1970
 */
public record Note(long id, String title, String body, long createdAt) {
}
