package io.kvsqlite.kv.rocksdb;

import java.util.Arrays;

/**
 * The keys of one actor among those of all.
 *
 * <pre>
 * the store's own record    00 00
 * owner record              00 00 id
 * key of an actor           id 00 01 key    (each 00 of the id as 00 FF)
 * end of an actor's keys    id 00 02        (likewise; exclusive bound of a range)
 * </pre>
 *
 * <p>
 * So no actor's keys begin with another's, whatever bytes ids and keys have; the records
 * come before all of them, for no id begins with {@code 00 00} once it is written like
 * that; and both are in the order of the ids. They share one column family: with two, a
 * log could be reused only when both had been flushed.
 */
final class RocksDbKeys {

	/**
	 * The key of the store's own record, and what the keys of owner records begin with.
	 */
	private static final byte[] RECORDS = { 0, 0 };

	private static final byte ESCAPED = (byte) 0xff;

	private static final byte END = 1;

	private static final byte BEHIND_END = 2;

	private final byte[] prefix;

	private final byte[] ownerRecord;

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
		this.ownerRecord = ownerRecord(actorId);
	}

	/**
	 * Return the key of the store's own record.
	 */
	static byte[] storeRecord() {
		return RECORDS.clone();
	}

	/**
	 * Return the first key behind all records.
	 */
	static byte[] endOfRecords() {
		return new byte[] { 0, 1 };
	}

	/**
	 * Return the key of an owner record, or what those of several begin with.
	 * @param actorId an id, or what several begin with
	 */
	static byte[] ownerRecord(byte[] actorId) {
		byte[] key = Arrays.copyOf(RECORDS, RECORDS.length + actorId.length);
		System.arraycopy(actorId, 0, key, RECORDS.length, actorId.length);
		return key;
	}

	/**
	 * Return the id of the actor that an owner record is of.
	 */
	static byte[] actorId(byte[] ownerRecordKey) {
		return Arrays.copyOfRange(ownerRecordKey, RECORDS.length, ownerRecordKey.length);
	}

	/**
	 * Return the key of the actor's owner record.
	 */
	byte[] ownerRecord() {
		return this.ownerRecord;
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
