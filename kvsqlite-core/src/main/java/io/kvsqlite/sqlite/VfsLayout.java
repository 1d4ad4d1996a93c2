package io.kvsqlite.sqlite;

/**
 * Offsets in {@code sqlite3_vfs}, {@code sqlite3_io_methods} and our
 * {@code sqlite3_file}, in bytes, on 64-bit platforms.
 *
 * @see <a href="https://www.sqlite.org/c3ref/vfs.html">OS Interface Object</a>
 */
final class VfsLayout {

	// struct sqlite3_vfs

	static final int VERSION = 0;

	static final int FILE_SIZE = 4;

	static final int MAX_PATHNAME = 8;

	static final int NEXT = 16;

	static final int NAME = 24;

	static final int OPEN = 40;

	static final int DELETE = 48;

	static final int ACCESS = 56;

	static final int FULL_PATHNAME = 64;

	/**
	 * From here to {@link #GET_LAST_ERROR} come xDlOpen, xDlError, xDlSym, xDlClose,
	 * xRandomness, xSleep and xCurrentTime.
	 */
	static final int DL_OPEN = 72;

	static final int GET_LAST_ERROR = 128;

	/**
	 * Since version 2.
	 */
	static final int CURRENT_TIME_INT64 = 136;

	/**
	 * Since version 3: xSetSystemCall, xGetSystemCall, xNextSystemCall.
	 */
	static final int SET_SYSTEM_CALL = 144;

	static final int VFS_SIZE = 168;

	// struct sqlite3_io_methods, version 1

	static final int CLOSE = 8;

	static final int READ = 16;

	static final int WRITE = 24;

	static final int TRUNCATE = 32;

	static final int SYNC = 40;

	static final int GET_FILE_SIZE = 48;

	static final int LOCK = 56;

	static final int UNLOCK = 64;

	static final int CHECK_RESERVED_LOCK = 72;

	static final int FILE_CONTROL = 80;

	static final int SECTOR_SIZE = 88;

	static final int DEVICE_CHARACTERISTICS = 96;

	static final int METHODS_SIZE = 104;

	// struct sqlite3_file, ours

	static final int METHODS = 0;

	static final int SLOT = 8;

	static final int OUR_FILE_SIZE = 16;

	private VfsLayout() {
	}

}
