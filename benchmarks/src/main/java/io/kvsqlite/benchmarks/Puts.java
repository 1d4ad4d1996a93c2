package io.kvsqlite.benchmarks;

import io.kvsqlite.kv.KvWrite;

/**
 * Takes a write that has puts alone.
 *
 * @param <X> what it may throw
 */
interface Puts<X extends Exception> extends KvWrite.Visitor<X> {

	@Override
	default void delete(byte[] key) {
		throw new IllegalStateException("Only puts are replayed");
	}

	@Override
	default void deleteRange(byte[] from, byte[] to) {
		throw new IllegalStateException("Only puts are replayed");
	}

}
