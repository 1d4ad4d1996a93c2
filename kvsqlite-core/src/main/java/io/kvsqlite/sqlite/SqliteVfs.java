package io.kvsqlite.sqlite;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import com.kenai.jffi.MemoryIO;
import org.jspecify.annotations.Nullable;

/**
 * The virtual file system {@value #NAME} of the SQLite in this process.
 *
 * <p>
 * It is linked in behind the default one, which is what {@code sqlite3_vfs_register}
 * does, once for the life of the process, and its callbacks are kept reachable for ever:
 * SQLite may call them as long as it is loaded. A name that was not {@linkplain #register
 * registered} cannot be opened, nor can one that is open already. What happens in a
 * callback is the matter of {@link VfsCallbacks}.
 */
final class SqliteVfs {

	static final String NAME = "kvsqlite";

	private static final MemoryIO memory = MemoryIO.getInstance();

	private static @Nullable SqliteVfs instance;

	private final DefaultVfs defaultVfs;

	private final VfsCallbacks callbacks;

	/**
	 * Keeps the callbacks reachable.
	 */
	private final List<NativeFunction> functions = new ArrayList<>();

	/**
	 * Return the VFS of this process, registering it the first time.
	 * @throws UnsupportedSqliteException if sqlite-jdbc is not one that is known to work
	 */
	static synchronized SqliteVfs get() {
		SqliteVfs vfs = instance;
		if (vfs == null) {
			vfs = new SqliteVfs(DefaultVfs.find());
			instance = vfs;
		}
		return vfs;
	}

	private SqliteVfs(DefaultVfs defaultVfs) {
		this.defaultVfs = defaultVfs;
		long methods = memory.allocateMemory(VfsLayout.METHODS_SIZE, true);
		this.callbacks = new VfsCallbacks(methods, defaultVfs.batchAtomicWrite());
		fillMethods(methods);
		long vfs = memory.allocateMemory(VfsLayout.VFS_SIZE, true);
		fillVfs(vfs);
		link(vfs);
	}

	private void fillMethods(long methods) {
		memory.putInt(methods + VfsLayout.VERSION, 1);
		set(methods + VfsLayout.CLOSE, "xClose");
		set(methods + VfsLayout.READ, "xRead");
		set(methods + VfsLayout.WRITE, "xWrite");
		set(methods + VfsLayout.TRUNCATE, "xTruncate");
		set(methods + VfsLayout.SYNC, "xSync");
		set(methods + VfsLayout.GET_FILE_SIZE, "xFileSize");
		set(methods + VfsLayout.LOCK, "xLock");
		set(methods + VfsLayout.UNLOCK, "xUnlock");
		set(methods + VfsLayout.CHECK_RESERVED_LOCK, "xCheckReservedLock");
		set(methods + VfsLayout.FILE_CONTROL, "xFileControl");
		set(methods + VfsLayout.SECTOR_SIZE, "xSectorSize");
		set(methods + VfsLayout.DEVICE_CHARACTERISTICS, "xDeviceCharacteristics");
	}

	private void fillVfs(long vfs) {
		long original = this.defaultVfs.address();
		int version = memory.getInt(original + VfsLayout.VERSION);
		memory.putInt(vfs + VfsLayout.VERSION, version);
		memory.putInt(vfs + VfsLayout.FILE_SIZE, VfsLayout.OUR_FILE_SIZE);
		memory.putInt(vfs + VfsLayout.MAX_PATHNAME, VfsCallbacks.MAX_PATHNAME);
		byte[] name = NAME.getBytes(StandardCharsets.US_ASCII);
		long nativeName = memory.allocateMemory(name.length + 1, true);
		memory.putZeroTerminatedByteArray(nativeName, name, 0, name.length);
		memory.putAddress(vfs + VfsLayout.NAME, nativeName);
		set(vfs + VfsLayout.OPEN, "xOpen");
		set(vfs + VfsLayout.DELETE, "xDelete");
		set(vfs + VfsLayout.ACCESS, "xAccess");
		set(vfs + VfsLayout.FULL_PATHNAME, "xFullPathname");
		set(vfs + VfsLayout.GET_LAST_ERROR, "xGetLastError");
		copy(original, vfs, VfsLayout.DL_OPEN, VfsLayout.GET_LAST_ERROR);
		if (version >= 2) {
			copy(original, vfs, VfsLayout.CURRENT_TIME_INT64, VfsLayout.SET_SYSTEM_CALL);
		}
		if (version >= 3) {
			copy(original, vfs, VfsLayout.SET_SYSTEM_CALL, VfsLayout.VFS_SIZE);
		}
	}

	private static void copy(long from, long to, int start, int end) {
		for (int offset = start; offset < end; offset += Long.BYTES) {
			memory.putAddress(to + offset, memory.getAddress(from + offset));
		}
	}

	/**
	 * Link a VFS in behind the default one. Its own link is written first, so that the
	 * list is whole at every moment for threads that walk it.
	 */
	private void link(long vfs) {
		long next = this.defaultVfs.address() + VfsLayout.NEXT;
		memory.putAddress(vfs + VfsLayout.NEXT, memory.getAddress(next));
		memory.putAddress(next, vfs);
	}

	private void set(long address, String function) {
		NativeFunction made = NativeFunction.of(this.callbacks, function);
		this.functions.add(made);
		memory.putAddress(address, made.address());
	}

	/**
	 * Return the version that SQLite would note in a database's header.
	 */
	int sqliteVersionNumber() {
		return this.defaultVfs.sqliteVersionNumber();
	}

	/**
	 * Make an actor's files known by its name.
	 */
	void register(ActorBinding actor) {
		this.callbacks.register(actor);
	}

	/**
	 * Make a name unknown. Files that are still open under it stay open.
	 */
	void unregister(ActorBinding actor) {
		this.callbacks.unregister(actor);
	}

	/**
	 * Return how many files SQLite has open.
	 */
	int openFiles() {
		return this.callbacks.openFiles();
	}

}
