package io.kvsqlite.kv.rocksdb;

import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * An actor that someone holds or is about to open. Once removed from the store's map it
 * never comes back: an actor of the same id is another object. Changed under its lock.
 */
final class HeldActor {

	/**
	 * Makes the check of the epoch and the access that it permits one step. Who may have
	 * cleared {@code current} unlocks by {@link RocksDbKvStore#unlock}, which forgets an
	 * actor that no one holds.
	 */
	final ReentrantLock lock = new ReentrantLock();

	/**
	 * The latest session, {@code null} if it was given up. Volatile for
	 * {@link RocksDbKvStore#owner}, which reads it without the lock.
	 */
	volatile @Nullable RocksDbSession current;

	/**
	 * Whether it is not in the map any more.
	 */
	boolean removed;

}
