package io.kvsqlite.kv.rocksdb;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * The directory of a {@link RocksDbKvStore} is in use: by another store of this process,
 * or by another process.
 */
public class RocksDbDirectoryLockedException extends RocksDbDirectoryException {

	private final boolean lockedByThisProcess;

	/**
	 * Create an exception.
	 * @param directory the directory
	 * @param lockedByThisProcess whether it is this process that uses the directory
	 * @param cause the cause, if there is one
	 */
	public RocksDbDirectoryLockedException(Path directory, boolean lockedByThisProcess, @Nullable Throwable cause) {
		super(directory, lockedByThisProcess ? "is in use by another store of this process, which was not closed"
				: "is in use by another process", cause);
		this.lockedByThisProcess = lockedByThisProcess;
	}

	/**
	 * Return whether it is this process that uses the directory.
	 * @return {@code false} if another process uses it
	 */
	public boolean isLockedByThisProcess() {
		return this.lockedByThisProcess;
	}

}
