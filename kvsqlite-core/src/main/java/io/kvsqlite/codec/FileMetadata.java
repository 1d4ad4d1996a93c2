package io.kvsqlite.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The metadata of a file: its size. Stored as 10 bytes, a version (u16, little-endian, 1)
 * and the size in bytes (u64, little-endian): the BARE encoding with an embedded version.
 */
public final class FileMetadata {

	/**
	 * Length of the encoded form in bytes.
	 */
	public static final int LENGTH = 10;

	private static final short VERSION = 1;

	private FileMetadata() {
	}

	/**
	 * Encode the metadata of a file.
	 * @param size the file's size in bytes, 0 to {@link ChunkKeys#MAX_FILE_SIZE}
	 * @return a new array
	 * @throws IllegalArgumentException if the size is out of range
	 */
	public static byte[] encode(long size) {
		if (size < 0 || size > ChunkKeys.MAX_FILE_SIZE) {
			throw new IllegalArgumentException(
					"A file's size must be between 0 and %d bytes, but is %d".formatted(ChunkKeys.MAX_FILE_SIZE, size));
		}
		return ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN).putShort(VERSION).putLong(size).array();
	}

	/**
	 * Decode the metadata of a file.
	 * @param value the stored bytes
	 * @return the file's size in bytes
	 * @throws MalformedMetadataException if the length or the version is not the one of
	 * this format, or the size is out of range
	 */
	public static long decode(byte[] value) throws MalformedMetadataException {
		if (value.length < Short.BYTES) {
			throw new MalformedMetadataException("it has %d bytes instead of %d".formatted(value.length, LENGTH));
		}
		ByteBuffer buffer = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
		int version = Short.toUnsignedInt(buffer.getShort());
		if (version != VERSION) {
			throw new MalformedMetadataException("it has version %d, and only version %d is known%s".formatted(version,
					VERSION, (version > VERSION) ? ": a newer release wrote it" : ""));
		}
		if (value.length != LENGTH) {
			throw new MalformedMetadataException("it has %d bytes instead of %d".formatted(value.length, LENGTH));
		}
		long size = buffer.getLong();
		if (size < 0 || size > ChunkKeys.MAX_FILE_SIZE) {
			throw new MalformedMetadataException("its size, %s bytes, is over the %d bytes that a file can have"
				.formatted(Long.toUnsignedString(size), ChunkKeys.MAX_FILE_SIZE));
		}
		return size;
	}

}
