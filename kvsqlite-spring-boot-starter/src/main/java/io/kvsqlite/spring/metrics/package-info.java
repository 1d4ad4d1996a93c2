/**
 * Meters of actors' databases, through Micrometer.
 */
@NullMarked
package io.kvsqlite.spring.metrics;

import org.jspecify.annotations.NullMarked;
