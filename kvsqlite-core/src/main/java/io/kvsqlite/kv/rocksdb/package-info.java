/**
 * The embedded store: RocksDB in a directory of its own.
 */
@NullMarked
package io.kvsqlite.kv.rocksdb;

import org.jspecify.annotations.NullMarked;
