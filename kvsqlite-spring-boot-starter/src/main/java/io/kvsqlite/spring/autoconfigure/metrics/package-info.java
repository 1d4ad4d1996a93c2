/**
 * Auto-configuration for meters.
 */
@NullMarked
package io.kvsqlite.spring.autoconfigure.metrics;

import org.jspecify.annotations.NullMarked;
