/**
 * The stored format: chunk keys, file metadata and the empty database, as pure functions
 * over bytes. {@code docs/format.md} describes it for writers of other readers.
 */
@NullMarked
package io.kvsqlite.codec;

import org.jspecify.annotations.NullMarked;
