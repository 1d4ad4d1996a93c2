/**
 * The store in PostgreSQL, through JDBC.
 */
@NullMarked
package io.kvsqlite.kv.jdbc;

import org.jspecify.annotations.NullMarked;
