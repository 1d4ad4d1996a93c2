package io.kvsqlite.codec;

import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

/**
 * The keys under which the files of a database are stored, and the arithmetic of chunks.
 *
 * <p>
 * A file is cut into chunks of {@value #CHUNK_SIZE} bytes, each under a key of its own;
 * its size is under its metadata key:
 *
 * <pre>
 * metadata                 08 01 00 tag
 * chunk                    08 01 01 tag index      (index: u32, big-endian)
 * end of a file's chunks   08 01 01 tag+1          (exclusive bound of a range)
 * </pre>
 */
public final class ChunkKeys {

	/**
	 * Size of a chunk in bytes. Only the last chunk of a file may be shorter.
	 */
	public static final int CHUNK_SIZE = 4096;

	/**
	 * The most chunks of a file; with {@link #CHUNK_SIZE}, 16 TiB.
	 */
	public static final long MAX_CHUNKS = 1L << 32;

	/**
	 * The largest size of a file in bytes.
	 */
	public static final long MAX_FILE_SIZE = MAX_CHUNKS * CHUNK_SIZE;

	private static final byte PREFIX = 0x08;

	private static final byte VERSION = 0x01;

	private static final byte METADATA = 0x00;

	private static final byte CHUNK = 0x01;

	private static final int METADATA_KEY_LENGTH = 4;

	private static final int CHUNK_KEY_LENGTH = 8;

	private ChunkKeys() {
	}

	/**
	 * Return the key of a file's metadata.
	 * @param file the file
	 * @return a new key
	 */
	public static byte[] metadata(FileTag file) {
		return new byte[] { PREFIX, VERSION, METADATA, file.tag() };
	}

	/**
	 * Return the key of a chunk.
	 * @param file the file
	 * @param index the chunk's index, 0 to {@link #MAX_CHUNKS}{@code  - 1}
	 * @return a new key
	 */
	public static byte[] chunk(FileTag file, long index) {
		return new byte[] { PREFIX, VERSION, CHUNK, file.tag(), (byte) (index >>> 24), (byte) (index >>> 16),
				(byte) (index >>> 8), (byte) index };
	}

	/**
	 * Return the key behind all chunks of a file.
	 * @param file the file
	 * @return a new key, the exclusive bound of a range that starts at a chunk
	 */
	public static byte[] endOfChunks(FileTag file) {
		return new byte[] { PREFIX, VERSION, CHUNK, (byte) (file.tag() + 1) };
	}

	/**
	 * Return how many chunks a file of some size has.
	 * @param size the size in bytes
	 * @return the number of chunks
	 */
	public static long chunkCount(long size) {
		return (size + CHUNK_SIZE - 1) / CHUNK_SIZE;
	}

	/**
	 * Return the length that a chunk must have in a file of some size.
	 * @param index the chunk's index
	 * @param size the file's size in bytes
	 * @return {@link #CHUNK_SIZE}, less for the last chunk, 0 beyond it
	 */
	public static int chunkLength(long index, long size) {
		return (int) Math.max(0, Math.min(CHUNK_SIZE, size - index * CHUNK_SIZE));
	}

	/**
	 * Describe a key for a person.
	 * @param key any key
	 * @return such as {@code "main database chunk 12"}, or the bytes in hexadecimal when
	 * the key is none of this format
	 */
	public static String describe(byte[] key) {
		FileTag file = fileOf(key);
		if (file != null && key[2] == METADATA && key.length == METADATA_KEY_LENGTH) {
			return file + " metadata";
		}
		if (file != null && key[2] == CHUNK && key.length == CHUNK_KEY_LENGTH) {
			return file + " chunk " + indexOf(key);
		}
		return HexFormat.ofDelimiter(" ").formatHex(key);
	}

	/**
	 * Return the index of the chunk that a chunk key names.
	 * @param chunkKey a key made by {@link #chunk}
	 * @return its index
	 */
	public static long indexOf(byte[] chunkKey) {
		return (chunkKey[4] & 0xffL) << 24 | (chunkKey[5] & 0xffL) << 16 | (chunkKey[6] & 0xffL) << 8
				| (chunkKey[7] & 0xffL);
	}

	private static @Nullable FileTag fileOf(byte[] key) {
		if (key.length < METADATA_KEY_LENGTH || key[0] != PREFIX || key[1] != VERSION) {
			return null;
		}
		for (FileTag file : FileTag.values()) {
			if (file.tag() == key[3]) {
				return file;
			}
		}
		return null;
	}

}
