/**
 * Tests of the connections that applications get, against sqlite-jdbc itself.
 */
@NullMarked
package io.kvsqlite.jdbc;

import org.jspecify.annotations.NullMarked;
