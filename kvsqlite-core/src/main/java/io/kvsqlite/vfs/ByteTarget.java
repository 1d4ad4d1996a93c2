package io.kvsqlite.vfs;

/**
 * Where a read puts its bytes: a view of the reader's memory that starts at the first
 * byte asked for. Lets chunk bytes go to native memory without a copy in between.
 */
public interface ByteTarget {

	/**
	 * Take some bytes.
	 * @param position where they go, counted from the first byte asked for
	 * @param source the array that holds them
	 * @param offset where they start in the array
	 * @param length how many there are
	 */
	void put(int position, byte[] source, int offset, int length);

	/**
	 * Take some zeros.
	 * @param position where they go, counted from the first byte asked for
	 * @param length how many there are
	 */
	void zero(int position, int length);

}
