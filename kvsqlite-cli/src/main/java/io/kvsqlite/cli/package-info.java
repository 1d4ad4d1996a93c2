/**
 * The command-line tool: a thin layer of words over {@code io.kvsqlite.data}.
 */
@NullMarked
package io.kvsqlite.cli;

import org.jspecify.annotations.NullMarked;
