/**
 * The connection an application gets: sqlite-jdbc's own, behind wrappers that end with
 * their hand-out, keep SQL inside the actor and let the actor explain each failure.
 */
@NullMarked
package io.kvsqlite.jdbc;

import org.jspecify.annotations.NullMarked;
