package io.kvsqlite.sample;

/**
 * A note that matches a search. The matches are enclosed in the characters U+0002 and
 * U+0003, which no note contains, so that whoever shows them can escape everything else.
 *
 * @param id the note's number within the notebook
 * @param title its title
 * @param excerpt the part of its text that matches best
 */
public record SearchHit(long id, String title, String excerpt) {
}
