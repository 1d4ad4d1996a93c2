package io.kvsqlite.vfs;

import org.jspecify.annotations.Nullable;

/**
 * What has become of the stored main database since its last commit.
 */
interface StoredState {

	/**
	 * Return a number, not negative, that changes with each transaction, and not with the
	 * parts of one.
	 */
	long version();

	/**
	 * Return whether a transaction that is stored in part has stored a chunk.
	 * @param index the chunk's index
	 */
	boolean isWritten(long index);

	/**
	 * Return what was there before a transaction that is stored in part.
	 * @return the before-images, or {@code null} if no transaction is
	 */
	@Nullable JournaledPages beforeImages();

}
