package io.kvsqlite.kv;

/**
 * How much an actor holds.
 *
 * @param keys the number of keys in its namespace
 * @param bytes the bytes of those keys and their values, before any compression or
 * overhead of the store
 */
public record KvSize(long keys, long bytes) {
}
