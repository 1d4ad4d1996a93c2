package io.kvsqlite.vfs;

import java.util.Arrays;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Bytes to read into and write from, in the place of SQLite's native memory.
 */
record Bytes(byte[] array) implements ByteSource, ByteTarget {

	private static final byte UNTOUCHED = 0x55;

	/**
	 * Return bytes that are never zero, different for each seed.
	 */
	static byte[] random(long seed, int length) {
		byte[] bytes = new byte[length];
		new Random(seed).nextBytes(bytes);
		for (int i = 0; i < length; i++) {
			bytes[i] |= 1;
		}
		return bytes;
	}

	static void write(VfsFile file, long offset, byte[] bytes) {
		file.write(offset, bytes.length, new Bytes(bytes));
	}

	/**
	 * Read bytes that must all lie within the file.
	 */
	static byte[] read(VfsFile file, long offset, int length) {
		byte[] bytes = new byte[length];
		assertThat(read(file, offset, bytes)).isEqualTo(length);
		return bytes;
	}

	/**
	 * Read into bytes that hold something else before.
	 * @return how many of them lie within the file
	 */
	static int read(VfsFile file, long offset, byte[] bytes) {
		Arrays.fill(bytes, UNTOUCHED);
		return file.read(offset, bytes.length, new Bytes(bytes));
	}

	static byte[] readAll(VfsFile file) {
		return read(file, 0, Math.toIntExact(file.size()));
	}

	@Override
	public void get(int position, byte[] target, int offset, int length) {
		System.arraycopy(this.array, position, target, offset, length);
	}

	@Override
	public void put(int position, byte[] source, int offset, int length) {
		System.arraycopy(source, offset, this.array, position, length);
	}

	@Override
	public void zero(int position, int length) {
		Arrays.fill(this.array, position, position + length, (byte) 0);
	}

}
