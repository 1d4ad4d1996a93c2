/**
 * Spring Data JDBC on SQLite.
 */
@NullMarked
package io.kvsqlite.spring.data;

import org.jspecify.annotations.NullMarked;
