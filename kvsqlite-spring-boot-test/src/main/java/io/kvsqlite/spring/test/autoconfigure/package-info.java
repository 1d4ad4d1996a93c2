/**
 * Auto-configuration for tests of a slice of an application.
 */
@NullMarked
package io.kvsqlite.spring.test.autoconfigure;

import org.jspecify.annotations.NullMarked;
