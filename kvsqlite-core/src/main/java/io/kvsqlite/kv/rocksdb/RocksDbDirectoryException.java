package io.kvsqlite.kv.rocksdb;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvDefiniteException;

/**
 * A {@link RocksDbKvStore} cannot use its directory: it cannot be made or written, or
 * holds what is not this store's.
 */
public class RocksDbDirectoryException extends KvDefiniteException {

	private final Path directory;

	/**
	 * Create an exception.
	 * @param directory the directory
	 * @param reason what is wrong with it, to follow its name
	 * @param cause the cause, if there is one
	 */
	public RocksDbDirectoryException(Path directory, String reason, @Nullable Throwable cause) {
		super("The RocksDB directory '%s' %s".formatted(directory, reason), cause);
		this.directory = directory;
	}

	/**
	 * Return the directory.
	 * @return the directory, as it was configured
	 */
	public Path directory() {
		return this.directory;
	}

}
