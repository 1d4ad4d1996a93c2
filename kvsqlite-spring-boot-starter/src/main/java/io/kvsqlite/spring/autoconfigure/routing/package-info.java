/**
 * Auto-configuration for the data source that follows the current actor.
 */
@NullMarked
package io.kvsqlite.spring.autoconfigure.routing;

import org.jspecify.annotations.NullMarked;
