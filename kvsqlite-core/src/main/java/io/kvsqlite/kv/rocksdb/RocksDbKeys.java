package io.kvsqlite.kv.rocksdb;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The keys of one actor among those of all.
 *
 * <pre>
 * the store's own record    00 00
 * entry in the list         00 00 id
 * record of a deletion      00 01 id 00     (each 00 of the id as 00 FF)
 * owner record              id 00 00        (each 00 of the id as 00 FF)
 * key of an actor           id 00 01 key    (likewise)
 * end of an actor's keys    id 00 02        (likewise; exclusive bound of a range)
 * </pre>
 *
 * <p>
 * So no actor's keys begin with another's, whatever bytes ids and keys have; the list and
 * the deletions come before all of them, for no id begins with {@code 00 00} or
 * {@code 00 01} once it is written like that; and all are in the order of the ids. An
 * owner record stands right before its actor's keys, so that an open finds both in one
 * block. They share one column family: with two, a log could be reused only when both had
 * been flushed.
 */
final class RocksDbKeys {

	/**
	 * The key of the store's own record, and what those of the list begin with.
	 */
	private static final byte[] LIST = { 0, 0 };

	private static final int TERMINATOR_LENGTH = 2;

	private static final byte ESCAPED = (byte) 0xff;

	private static final byte OWNER_RECORD = 0;

	private static final byte END = 1;

	private static final byte BEHIND_END = 2;

	private final byte[] prefix;

	private final byte[] listEntry;

	RocksDbKeys(byte[] actorId) {
		int zeros = 0;
		for (byte b : actorId) {
			zeros += (b == 0) ? 1 : 0;
		}
		byte[] bytes = new byte[actorId.length + zeros + TERMINATOR_LENGTH];
		int position = 0;
		for (byte b : actorId) {
			bytes[position++] = b;
			if (b == 0) {
				bytes[position++] = ESCAPED;
			}
		}
		bytes[position + 1] = END;
		this.prefix = bytes;
		this.listEntry = listEntry(actorId);
	}

	/**
	 * Return the key of the store's own record.
	 */
	static byte[] storeRecord() {
		return LIST.clone();
	}

	/**
	 * Return the first key behind the list.
	 */
	static byte[] endOfList() {
		return new byte[] { 0, 1 };
	}

	/**
	 * Return the first key that the record of a deletion may have.
	 */
	static byte[] firstDeletion() {
		return endOfList();
	}

	/**
	 * Return the first key behind the records of deletions.
	 */
	static byte[] endOfDeletions() {
		return new byte[] { 0, 2 };
	}

	/**
	 * Return what identifies an actor in its keys: its id as they begin, with a zero.
	 */
	byte[] identity() {
		return Arrays.copyOf(this.prefix, this.prefix.length - 1);
	}

	static byte[] deletionOf(byte[] identity) {
		byte[] key = Arrays.copyOf(firstDeletion(), 2 + identity.length);
		System.arraycopy(identity, 0, key, 2, identity.length);
		return key;
	}

	/**
	 * Return what identifies the actor that the record of a deletion is of.
	 */
	static byte[] identityOf(byte[] deletion) {
		return Arrays.copyOfRange(deletion, 2, deletion.length);
	}

	/**
	 * Return the first key of an actor, its owner record.
	 */
	static byte[] firstOf(byte[] identity) {
		return append(identity, OWNER_RECORD);
	}

	/**
	 * Return the first key behind all of an actor's.
	 */
	static byte[] endOf(byte[] identity) {
		return append(identity, BEHIND_END);
	}

	private static byte[] append(byte[] bytes, byte last) {
		byte[] result = Arrays.copyOf(bytes, bytes.length + 1);
		result[bytes.length] = last;
		return result;
	}

	/**
	 * Return the key of an entry in the list, or what those of several begin with.
	 * @param actorId an id, or what several begin with
	 */
	static byte[] listEntry(byte[] actorId) {
		byte[] key = Arrays.copyOf(LIST, LIST.length + actorId.length);
		System.arraycopy(actorId, 0, key, LIST.length, actorId.length);
		return key;
	}

	/**
	 * Return the id of the actor that an entry in the list is of.
	 */
	static byte[] actorId(byte[] listEntry) {
		return Arrays.copyOfRange(listEntry, LIST.length, listEntry.length);
	}

	/**
	 * Return the key of the actor's entry in the list.
	 */
	byte[] listEntry() {
		return this.listEntry;
	}

	/**
	 * Return the key of the actor's owner record.
	 */
	byte[] ownerRecord() {
		byte[] result = this.prefix.clone();
		result[result.length - 1] = OWNER_RECORD;
		return result;
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
	 * Put the store's key for a key of the actor into a buffer.
	 */
	void put(ByteBuffer buffer, byte[] key) {
		buffer.put(this.prefix).put(key);
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
