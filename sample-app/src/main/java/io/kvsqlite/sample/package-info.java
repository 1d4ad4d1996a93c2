/**
 * A notebook service: every notebook is an actor with a SQLite database of its own.
 */
@NullMarked
package io.kvsqlite.sample;

import org.jspecify.annotations.NullMarked;
