/**
 * What people who write a store of their own test it with: the storage contract as tests,
 * and stores that wrap another to count its round trips, to narrow its limits, or to let
 * something go wrong.
 */
@NullMarked
package io.kvsqlite.testing;

import org.jspecify.annotations.NullMarked;
