package io.kvsqlite.kv.rocksdb;

import java.nio.ByteBuffer;

import io.kvsqlite.kv.KvCorruptionException;

/**
 * What is stored of an actor beside its namespace, written with each commit: a version (1
 * byte), the epoch and the commit number (8 bytes each, big-endian).
 *
 * @param epoch the epoch of the session that wrote last
 * @param commit the number of the last commit
 */
record OwnerRecord(long epoch, long commit) {

	/**
	 * The number of an actor's first commit.
	 */
	static final long FIRST_COMMIT = 1;

	private static final byte VERSION = 1;

	private static final int LENGTH = 1 + 2 * Long.BYTES;

	byte[] encode() {
		return ByteBuffer.allocate(LENGTH).put(VERSION).putLong(this.epoch).putLong(this.commit).array();
	}

	static OwnerRecord decode(byte[] value, String actorId) {
		if (value.length != LENGTH || value[0] != VERSION) {
			throw new KvCorruptionException(
					"The owner record of actor '%s' has %d bytes%s, and not %d of version %d".formatted(actorId,
							value.length, (value.length > 0) ? " of version " + value[0] : "", LENGTH, VERSION));
		}
		ByteBuffer buffer = ByteBuffer.wrap(value, 1, LENGTH - 1);
		OwnerRecord record = new OwnerRecord(buffer.getLong(), buffer.getLong());
		if (record.epoch < 1 || record.commit < FIRST_COMMIT) {
			throw new KvCorruptionException("The owner record of actor '%s' has epoch %d and commit %d"
				.formatted(actorId, record.epoch, record.commit));
		}
		return record;
	}

}
