/**
 * The actuator endpoint for actors' databases.
 */
@NullMarked
package io.kvsqlite.spring.actuate.endpoint;

import org.jspecify.annotations.NullMarked;
