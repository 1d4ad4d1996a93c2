/**
 * Health of the store behind actors' databases.
 */
@NullMarked
package io.kvsqlite.spring.health;

import org.jspecify.annotations.NullMarked;
