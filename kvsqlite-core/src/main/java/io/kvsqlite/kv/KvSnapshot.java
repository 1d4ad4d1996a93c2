package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * A read-only view of one actor's namespace as of one commit, held without owning it.
 * Used by one thread at a time.
 */
public interface KvSnapshot extends AutoCloseable {

	/**
	 * Return the number of the last commit that this view holds.
	 * @return the commit number, 0 if there was none
	 */
	long commit();

	/**
	 * Read some keys as of this view's commit.
	 * @param keys the keys, in any order
	 * @return the values in the order of the keys, {@code null} for an absent one
	 * @throws KvSnapshotLostException if the store could not keep the view because the
	 * actor moved on; take another
	 * @throws KvDefiniteException if the store could not be read
	 */
	byte[] @Nullable [] read(byte[][] keys);

	/**
	 * Return the keys from one on, in order.
	 * @param from the first key
	 * @param limit the most keys to return, at least 1
	 * @return the keys
	 * @throws KvSnapshotLostException if the actor moved on
	 * @throws KvDefiniteException if the store could not be read
	 */
	byte[][] keys(byte[] from, int limit);

	/**
	 * Let go of the view. Idempotent.
	 */
	@Override
	void close();

}
