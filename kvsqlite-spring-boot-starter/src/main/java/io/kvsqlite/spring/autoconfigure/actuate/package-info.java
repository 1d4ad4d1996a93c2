/**
 * Auto-configuration for the actuator endpoint.
 */
@NullMarked
package io.kvsqlite.spring.autoconfigure.actuate;

import org.jspecify.annotations.NullMarked;
