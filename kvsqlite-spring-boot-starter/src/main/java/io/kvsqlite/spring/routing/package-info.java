/**
 * One data source that follows the current actor.
 */
@NullMarked
package io.kvsqlite.spring.routing;

import org.jspecify.annotations.NullMarked;
