package io.kvsqlite.vfs;

import org.jspecify.annotations.Nullable;

/**
 * Reads stored chunks, from wherever they are.
 */
@FunctionalInterface
public interface ChunkReader {

	/**
	 * Read some keys.
	 * @param keys the keys
	 * @return the values in the order of the keys, {@code null} for an absent one
	 */
	byte[] @Nullable [] read(byte[][] keys);

}
