/**
 * Auto-configuration for actors' databases.
 */
@NullMarked
package io.kvsqlite.spring.autoconfigure;

import org.jspecify.annotations.NullMarked;
