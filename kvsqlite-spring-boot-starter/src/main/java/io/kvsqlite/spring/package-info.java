/**
 * Actors' databases for Spring: handles with JdbcClient and transactions, exception
 * translation, and lifecycle. Usable without Spring Boot.
 */
@NullMarked
package io.kvsqlite.spring;

import org.jspecify.annotations.NullMarked;
