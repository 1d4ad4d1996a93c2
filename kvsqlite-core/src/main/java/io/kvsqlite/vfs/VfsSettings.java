package io.kvsqlite.vfs;

/**
 * How the files of an actor use memory and the store.
 *
 * @param transactionMemory the most bytes that a transaction keeps in memory, its journal
 * included, before it goes to the store in parts; at least {@value #LEAST_MEMORY}
 * @param preloadChunks how many of the first chunks are read with the open, at least 1
 * @param readAheadChunks the most chunks fetched at once when reads run in a direction; 1
 * switches read-ahead off
 */
public record VfsSettings(long transactionMemory, int preloadChunks, int readAheadChunks) {

	/**
	 * The least memory for a transaction, in bytes.
	 */
	public static final long LEAST_MEMORY = 64 * 1024;

	public VfsSettings {
		require(transactionMemory >= LEAST_MEMORY, "transactionMemory", LEAST_MEMORY, transactionMemory);
		require(preloadChunks >= 1, "preloadChunks", 1, preloadChunks);
		require(readAheadChunks >= 1, "readAheadChunks", 1, readAheadChunks);
	}

	private static void require(boolean condition, String name, long least, long actual) {
		if (!condition) {
			throw new IllegalArgumentException("'%s' must be at least %d, but is %d".formatted(name, least, actual));
		}
	}

}
