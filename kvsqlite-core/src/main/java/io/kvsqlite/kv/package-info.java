/**
 * The storage contract: what a key-value store must do so that a SQLite database can be
 * kept in it, the errors it may report, and the in-memory store.
 */
@NullMarked
package io.kvsqlite.kv;

import org.jspecify.annotations.NullMarked;
