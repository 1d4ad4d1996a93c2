/**
 * One SQLite database per actor, opened as an ordinary {@link javax.sql.DataSource}: the
 * public face of kvsqlite, and the life cycle of open actors.
 */
@NullMarked
package io.kvsqlite;

import org.jspecify.annotations.NullMarked;
