package io.kvsqlite.vfs;

/**
 * A file as SQLite sees it. Used by one thread at a time.
 *
 * <p>
 * Failures are unchecked: {@link io.kvsqlite.kv.KvException} from the store,
 * {@link CorruptedActorException} for damaged chunks, {@link ActorFailedException} once
 * the actor's connection cannot be used any more.
 */
public interface VfsFile {

	/**
	 * Read bytes; what lies beyond the end of the file reads as zeros.
	 * @param offset the position of the first byte
	 * @param length how many bytes to read
	 * @param target receives exactly {@code length} bytes
	 * @return how many of them lie within the file
	 */
	int read(long offset, int length, ByteTarget target);

	/**
	 * Write bytes, growing the file as needed.
	 * @param offset the position of the first byte
	 * @param length how many bytes to write
	 * @param source gives them
	 */
	void write(long offset, int length, ByteSource source);

	/**
	 * Cut the file, or extend it with zeros.
	 * @param size the new size in bytes
	 */
	void truncate(long size);

	/**
	 * Return the size of the file.
	 * @return the size in bytes
	 */
	long size();

}
