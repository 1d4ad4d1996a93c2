/**
 * The files of an actor's database, made of chunks in a key-value store: the commit
 * protocol, spilling, recovery and read-ahead. Plain Java: no native memory, no JDBC.
 */
@NullMarked
package io.kvsqlite.vfs;

import org.jspecify.annotations.NullMarked;
