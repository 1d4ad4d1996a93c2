/**
 * Brings the schemas of many actors up to date, with Flyway. It stands above
 * {@code io.kvsqlite}.
 */
@NullMarked
package io.kvsqlite.migration;

import org.jspecify.annotations.NullMarked;
