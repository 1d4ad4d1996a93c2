package io.kvsqlite.sqlite;

import jnr.ffi.annotations.Delegate;
import jnr.ffi.types.int64_t;
import jnr.ffi.types.intptr_t;

/**
 * The C signatures of the functions in SQLite's {@code sqlite3_vfs} and
 * {@code sqlite3_io_methods}; pointers are plain addresses, so that a call leaves no
 * garbage. Public only because the generated closures must see them.
 *
 * @see <a href="https://www.sqlite.org/c3ref/vfs.html">OS Interface Object</a>
 * @see <a href="https://www.sqlite.org/c3ref/io_methods.html">OS Interface File Virtual
 * Methods Object</a>
 */
public final class Callbacks {

	private Callbacks() {
	}

	/**
	 * {@code int xOpen(sqlite3_vfs*, const char *zName, sqlite3_file*, int flags, int
	 * *pOutFlags)}.
	 */
	public interface Open {

		/**
		 * Called by SQLite.
		 * @param vfs the VFS
		 * @param name the file's name, 0 for a temporary file
		 * @param file the memory for the open file
		 * @param flags why it is opened
		 * @param outFlags how it was opened, may be 0
		 * @return a result code
		 */
		@Delegate
		int call(@intptr_t long vfs, @intptr_t long name, @intptr_t long file, int flags, @intptr_t long outFlags);

	}

	/**
	 * {@code int xDelete(sqlite3_vfs*, const char *zName, int syncDir)}.
	 */
	public interface Delete {

		/**
		 * Called by SQLite.
		 * @param vfs the VFS
		 * @param name the file's name
		 * @param syncDir whether the deletion must be durable
		 * @return a result code
		 */
		@Delegate
		int call(@intptr_t long vfs, @intptr_t long name, int syncDir);

	}

	/**
	 * {@code int xAccess(sqlite3_vfs*, const char *zName, int flags, int *pResOut)}.
	 */
	public interface Access {

		/**
		 * Called by SQLite.
		 * @param vfs the VFS
		 * @param name the file's name
		 * @param flags what is asked
		 * @param result receives 1 or 0
		 * @return a result code
		 */
		@Delegate
		int call(@intptr_t long vfs, @intptr_t long name, int flags, @intptr_t long result);

	}

	/**
	 * {@code int xFullPathname(sqlite3_vfs*, const char *zName, int nOut, char *zOut)}.
	 */
	public interface FullPathname {

		/**
		 * Called by SQLite.
		 * @param vfs the VFS
		 * @param name the name given
		 * @param length the room for the full name
		 * @param out receives the full name
		 * @return a result code
		 */
		@Delegate
		int call(@intptr_t long vfs, @intptr_t long name, int length, @intptr_t long out);

	}

	/**
	 * {@code int xGetLastError(sqlite3_vfs*, int, char *)}.
	 */
	public interface GetLastError {

		/**
		 * Called by SQLite.
		 * @param vfs the VFS
		 * @param length the room for a message
		 * @param out receives a message
		 * @return an error number
		 */
		@Delegate
		int call(@intptr_t long vfs, int length, @intptr_t long out);

	}

	/**
	 * {@code int xRead(sqlite3_file*, void*, int iAmt, sqlite3_int64 iOfst)} and
	 * {@code xWrite}.
	 */
	public interface Transfer {

		/**
		 * Called by SQLite.
		 * @param file the open file
		 * @param buffer the bytes
		 * @param amount how many bytes
		 * @param offset where in the file
		 * @return a result code
		 */
		@Delegate
		int call(@intptr_t long file, @intptr_t long buffer, int amount, @int64_t long offset);

	}

	/**
	 * {@code int xTruncate(sqlite3_file*, sqlite3_int64 size)}.
	 */
	public interface Truncate {

		/**
		 * Called by SQLite.
		 * @param file the open file
		 * @param size the new size
		 * @return a result code
		 */
		@Delegate
		int call(@intptr_t long file, @int64_t long size);

	}

	/**
	 * {@code int f(sqlite3_file*, int)}: {@code xSync}, {@code xLock}, {@code xUnlock}.
	 */
	public interface FileWithNumber {

		/**
		 * Called by SQLite.
		 * @param file the open file
		 * @param number flags or a lock level
		 * @return a result code
		 */
		@Delegate
		int call(@intptr_t long file, int number);

	}

	/**
	 * {@code int f(sqlite3_file*, T *pOut)}: {@code xFileSize},
	 * {@code xCheckReservedLock}.
	 */
	public interface FileWithResult {

		/**
		 * Called by SQLite.
		 * @param file the open file
		 * @param result receives the answer
		 * @return a result code
		 */
		@Delegate
		int call(@intptr_t long file, @intptr_t long result);

	}

	/**
	 * {@code int xFileControl(sqlite3_file*, int op, void *pArg)}.
	 */
	public interface FileControl {

		/**
		 * Called by SQLite.
		 * @param file the open file
		 * @param operation the operation code
		 * @param argument its argument
		 * @return a result code
		 */
		@Delegate
		int call(@intptr_t long file, int operation, @intptr_t long argument);

	}

	/**
	 * {@code int f(sqlite3_file*)}: {@code xClose}, {@code xSectorSize},
	 * {@code xDeviceCharacteristics}.
	 */
	public interface FileOnly {

		/**
		 * Called by SQLite.
		 * @param file the open file
		 * @return a result code or a number
		 */
		@Delegate
		int call(@intptr_t long file);

	}

}
