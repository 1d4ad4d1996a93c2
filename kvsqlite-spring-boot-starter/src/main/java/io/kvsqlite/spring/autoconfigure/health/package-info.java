/**
 * Auto-configuration for health.
 */
@NullMarked
package io.kvsqlite.spring.autoconfigure.health;

import org.jspecify.annotations.NullMarked;
