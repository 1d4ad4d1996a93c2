/**
 * Observations of actors' databases, through Micrometer.
 */
@NullMarked
package io.kvsqlite.spring.observation;

import org.jspecify.annotations.NullMarked;
