/**
 * For tests: the contract suite for stores, stores that count and fail, real servers in
 * containers, and a proxy that cuts connections.
 */
@NullMarked
package io.kvsqlite.testing;

import org.jspecify.annotations.NullMarked;
