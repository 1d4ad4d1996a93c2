package io.kvsqlite.vfs;

/**
 * Where a write takes its bytes from: a view of the writer's memory that starts at the
 * first byte to be written.
 */
public interface ByteSource {

	/**
	 * Give some bytes.
	 * @param position where they are, counted from the first byte to be written
	 * @param target the array that receives them
	 * @param offset where they go in the array
	 * @param length how many there are
	 */
	void get(int position, byte[] target, int offset, int length);

}
