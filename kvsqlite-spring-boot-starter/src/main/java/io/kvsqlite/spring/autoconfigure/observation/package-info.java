/**
 * Auto-configuration for observations.
 */
@NullMarked
package io.kvsqlite.spring.autoconfigure.observation;

import org.jspecify.annotations.NullMarked;
