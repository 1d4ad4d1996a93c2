package io.kvsqlite.testing;

import java.util.Arrays;
import java.util.zip.CRC32;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvWrite;

/**
 * Copies of writes, whose arrays belong to the caller again once the write has returned.
 */
final class WriteCopy {

	private static final byte[] JOURNAL_START = ChunkKeys.chunk(FileTag.JOURNAL, 0);

	private static final byte[] JOURNAL_END = ChunkKeys.endOfChunks(FileTag.JOURNAL);

	private WriteCopy() {
	}

	static KvWrite of(KvWrite write) {
		return ofFirst(write, Integer.MAX_VALUE);
	}

	/**
	 * Return a copy of a write's first parts.
	 */
	static KvWrite ofFirst(KvWrite write, int parts) {
		KvWrite copy = new KvWrite();
		write.forEach(new KvWrite.Visitor<RuntimeException>() {

			@Override
			public void put(byte[] key, byte[] value) {
				if (copy.keys() < parts) {
					copy.put(key.clone(), value.clone());
				}
			}

			@Override
			public void delete(byte[] key) {
				if (copy.keys() < parts) {
					copy.delete(key.clone());
				}
			}

			@Override
			public void deleteRange(byte[] from, byte[] to) {
				if (copy.keys() < parts) {
					copy.deleteRange(from.clone(), to.clone());
				}
			}

		});
		return copy;
	}

	/**
	 * Return a checksum of what a write says. Of a journal's chunks only the length
	 * counts: SQLite mixes a random number into them.
	 */
	static int checksum(KvWrite write) {
		CRC32 crc = new CRC32();
		write.forEach(new KvWrite.Visitor<RuntimeException>() {

			@Override
			public void put(byte[] key, byte[] value) {
				crc.update(1);
				crc.update(key);
				if (Arrays.compareUnsigned(key, JOURNAL_START) >= 0 && Arrays.compareUnsigned(key, JOURNAL_END) < 0) {
					crc.update(value.length);
				}
				else {
					crc.update(value);
				}
			}

			@Override
			public void delete(byte[] key) {
				crc.update(2);
				crc.update(key);
			}

			@Override
			public void deleteRange(byte[] from, byte[] to) {
				crc.update(3);
				crc.update(from);
				crc.update(to);
			}

		});
		return (int) crc.getValue();
	}

	static int checksum(byte[][] keys) {
		CRC32 crc = new CRC32();
		for (byte[] key : keys) {
			crc.update(key);
		}
		return (int) crc.getValue();
	}

}
