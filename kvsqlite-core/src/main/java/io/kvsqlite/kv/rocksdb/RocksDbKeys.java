package io.kvsqlite.kv.rocksdb;

import java.util.Arrays;

/**
 * The keys of one actor among those of all: each begins with the actor's id.
 *
 * <p>
 * The id is written with {@code 00} as {@code 00 FF} and ends with {@code 00 01}. So no
 * actor's keys begin with another's, whatever bytes ids and keys have, and actors are in
 * the order of their ids. The exclusive end of an actor's keys is its id with
 * {@code 00 02} at the end.
 */
final class RocksDbKeys {

	private static final byte ESCAPED = (byte) 0xff;

	private static final byte END = 1;

	private static final byte BEHIND_END = 2;

	private final byte[] prefix;

	RocksDbKeys(byte[] actorId) {
		int zeros = 0;
		for (byte b : actorId) {
			zeros += (b == 0) ? 1 : 0;
		}
		byte[] bytes = new byte[actorId.length + zeros + 2];
		int position = 0;
		for (byte b : actorId) {
			bytes[position++] = b;
			if (b == 0) {
				bytes[position++] = ESCAPED;
			}
		}
		bytes[position + 1] = END;
		this.prefix = bytes;
	}

	/**
	 * Return how many bytes stand before the actor's own key.
	 */
	int prefixLength() {
		return this.prefix.length;
	}

	/**
	 * Return the store's key for a key of the actor.
	 */
	byte[] of(byte[] key) {
		byte[] result = Arrays.copyOf(this.prefix, this.prefix.length + key.length);
		System.arraycopy(key, 0, result, this.prefix.length, key.length);
		return result;
	}

	/**
	 * Return the first key of the store that may be the actor's.
	 */
	byte[] from() {
		return this.prefix.clone();
	}

	/**
	 * Return the first key of the store behind all of the actor's.
	 */
	byte[] to() {
		byte[] result = this.prefix.clone();
		result[result.length - 1] = BEHIND_END;
		return result;
	}

	/**
	 * Return the actor's key for a key of the store that is the actor's.
	 */
	byte[] strip(byte[] storeKey) {
		return Arrays.copyOfRange(storeKey, this.prefix.length, storeKey.length);
	}

}
