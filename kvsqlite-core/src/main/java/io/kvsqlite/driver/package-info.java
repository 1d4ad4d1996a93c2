/**
 * The JDBC driver, for everything that knows only a URL. It stands above
 * {@code io.kvsqlite}: one factory for each store that somebody in this process uses.
 */
@NullMarked
package io.kvsqlite.driver;

import org.jspecify.annotations.NullMarked;
