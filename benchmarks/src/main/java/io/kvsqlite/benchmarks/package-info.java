/**
 * Measures kvsqlite beside what users would pick instead.
 */
@NullMarked
package io.kvsqlite.benchmarks;

import org.jspecify.annotations.NullMarked;
