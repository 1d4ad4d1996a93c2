package io.kvsqlite.kv.rocksdb;

import java.nio.ByteBuffer;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvFence;

/**
 * What is stored of an actor beside its namespace, written with each commit: a version (1
 * byte), the epoch, the commit number and the two halves of the writer's fence (8 bytes
 * each, big-endian). Version 1 had no fence; it is read, and replaced by the next commit.
 *
 * @param epoch the epoch of the session that wrote last
 * @param lastCommit the last commit
 */
record OwnerRecord(long epoch, KvCommit lastCommit) {

	/**
	 * The number of an actor's first commit.
	 */
	static final long FIRST_COMMIT = 1;

	private static final byte VERSION_WITHOUT_FENCE = 1;

	private static final byte VERSION = 2;

	private static final int LENGTH_WITHOUT_FENCE = 1 + 2 * Long.BYTES;

	private static final int LENGTH = LENGTH_WITHOUT_FENCE + 2 * Long.BYTES;

	byte[] encode() {
		KvFence writer = this.lastCommit.writer();
		return ByteBuffer.allocate(LENGTH)
			.put(VERSION)
			.putLong(this.epoch)
			.putLong(this.lastCommit.number())
			.putLong(writer.high())
			.putLong(writer.low())
			.array();
	}

	static OwnerRecord decode(byte[] value, String actorId) {
		boolean fenced = value.length == LENGTH && value[0] == VERSION;
		if (!fenced && (value.length != LENGTH_WITHOUT_FENCE || value[0] != VERSION_WITHOUT_FENCE)) {
			throw new KvCorruptionException(
					"The owner record of actor '%s' has %d bytes%s, and not %d of version %d".formatted(actorId,
							value.length, (value.length > 0) ? " of version " + value[0] : "", LENGTH, VERSION));
		}
		ByteBuffer buffer = ByteBuffer.wrap(value, 1, value.length - 1);
		long epoch = buffer.getLong();
		long commit = buffer.getLong();
		KvFence writer = fenced ? new KvFence(buffer.getLong(), buffer.getLong()) : KvFence.NONE;
		if (epoch < 1 || commit < FIRST_COMMIT || (fenced && writer.equals(KvFence.NONE))) {
			throw new KvCorruptionException("The owner record of actor '%s' has epoch %d and commit %d of opening %s"
				.formatted(actorId, epoch, commit, writer));
		}
		return new OwnerRecord(epoch, new KvCommit(commit, writer));
	}

}
