/**
 * The actor of a test.
 */
@NullMarked
package io.kvsqlite.spring.test;

import org.jspecify.annotations.NullMarked;
