package io.kvsqlite.kv;

/**
 * What fits in one atomic write.
 *
 * @param maxKeys the most keys: a put, a delete and a range delete count one each; at
 * least {@value #LEAST_KEYS}
 * @param maxBytes the most bytes of keys and values together; at least
 * {@value #LEAST_BYTES}
 */
public record KvLimits(int maxKeys, long maxBytes) {

	/**
	 * The fewest keys with which a file can still shrink in one atomic write: its
	 * metadata, its last chunk, the range behind it.
	 */
	public static final int LEAST_KEYS = 3;

	/**
	 * The fewest bytes with which the same is true.
	 */
	public static final long LEAST_BYTES = 16 * 1024;

	/**
	 * The limits of the system whose format this one follows: 128 keys and 976 KiB.
	 */
	public static final KvLimits REFERENCE = new KvLimits(128, 976 * 1024);

	public KvLimits {
		if (maxKeys < LEAST_KEYS) {
			throw new IllegalArgumentException(
					"'maxKeys' must be at least %d, but is %d".formatted(LEAST_KEYS, maxKeys));
		}
		if (maxBytes < LEAST_BYTES) {
			throw new IllegalArgumentException(
					"'maxBytes' must be at least %d, but is %d".formatted(LEAST_BYTES, maxBytes));
		}
	}

}
