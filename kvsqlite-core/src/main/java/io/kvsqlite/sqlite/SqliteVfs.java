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
 * callback is the matter of {@link VfsCallbacks}, and what happens when one vanishes that
 * of {@link MachineCode}.
 */
final class SqliteVfs {

	static final String NAME = "kvsqlite";

	private static final MemoryIO memory = MemoryIO.getInstance();

	private static @Nullable SqliteVfs instance;

	private final DefaultVfs defaultVfs;

	private final VfsCallbacks callbacks;

	private final boolean guarded;

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
		long vfs = memory.allocateMemory(VfsLayout.VFS_SIZE, true);
		MachineCode code = MachineCode.allocate();
		VfsCallbacks callbacks = new VfsCallbacks(methods, defaultVfs.batchAtomicWrite(), code != null);
		fillMethods(methods, callbacks, code);
		fillVfs(vfs, callbacks, code);
		if (code != null && !code.finish()) {
			code = null;
			callbacks = new VfsCallbacks(methods, defaultVfs.batchAtomicWrite(), false);
			fillMethods(methods, callbacks, null);
			fillVfs(vfs, callbacks, null);
		}
		this.callbacks = callbacks;
		this.guarded = code != null;
		link(vfs);
	}

	private void fillMethods(long methods, VfsCallbacks callbacks, @Nullable MachineCode code) {
		memory.putInt(methods + VfsLayout.VERSION, 1);
		set(methods + VfsLayout.CLOSE, callbacks, "xClose", code);
		set(methods + VfsLayout.READ, callbacks, "xRead", code);
		set(methods + VfsLayout.WRITE, callbacks, "xWrite", code);
		set(methods + VfsLayout.TRUNCATE, callbacks, "xTruncate", code);
		setConstant(methods + VfsLayout.SYNC, callbacks, "xSync", ResultCode.OK, code);
		set(methods + VfsLayout.GET_FILE_SIZE, callbacks, "xFileSize", code);
		setConstant(methods + VfsLayout.LOCK, callbacks, "xLock", ResultCode.OK, code);
		setConstant(methods + VfsLayout.UNLOCK, callbacks, "xUnlock", ResultCode.OK, code);
		set(methods + VfsLayout.CHECK_RESERVED_LOCK, callbacks, "xCheckReservedLock", code);
		set(methods + VfsLayout.FILE_CONTROL, callbacks, "xFileControl", code);
		setConstant(methods + VfsLayout.SECTOR_SIZE, callbacks, "xSectorSize", callbacks.sectorSize(), code);
		setConstant(methods + VfsLayout.DEVICE_CHARACTERISTICS, callbacks, "xDeviceCharacteristics",
				callbacks.characteristics(), code);
	}

	private void fillVfs(long vfs, VfsCallbacks callbacks, @Nullable MachineCode code) {
		long original = this.defaultVfs.address();
		int version = memory.getInt(original + VfsLayout.VERSION);
		memory.putInt(vfs + VfsLayout.VERSION, version);
		memory.putInt(vfs + VfsLayout.FILE_SIZE, VfsLayout.OUR_FILE_SIZE);
		memory.putInt(vfs + VfsLayout.MAX_PATHNAME, VfsCallbacks.MAX_PATHNAME);
		byte[] name = NAME.getBytes(StandardCharsets.US_ASCII);
		long nativeName = memory.allocateMemory(name.length + 1, true);
		memory.putZeroTerminatedByteArray(nativeName, name, 0, name.length);
		memory.putAddress(vfs + VfsLayout.NAME, nativeName);
		set(vfs + VfsLayout.OPEN, callbacks, "xOpen", code);
		set(vfs + VfsLayout.DELETE, callbacks, "xDelete", code);
		set(vfs + VfsLayout.ACCESS, callbacks, "xAccess", code);
		set(vfs + VfsLayout.FULL_PATHNAME, callbacks, "xFullPathname", code);
		setConstant(vfs + VfsLayout.GET_LAST_ERROR, callbacks, "xGetLastError", 0, code);
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

	private void set(long address, VfsCallbacks callbacks, String function, @Nullable MachineCode code) {
		NativeFunction made = NativeFunction.of(callbacks, function);
		this.functions.add(made);
		memory.putAddress(address, (code != null) ? code.guard(made.address()) : made.address());
	}

	/**
	 * Set a function whose answer is always the same.
	 */
	private void setConstant(long address, VfsCallbacks callbacks, String function, int result,
			@Nullable MachineCode code) {
		if (code != null) {
			memory.putAddress(address, code.constant(result));
		}
		else {
			set(address, callbacks, function, null);
		}
	}

	/**
	 * Return whether a callback that vanishes is a failure to SQLite.
	 */
	boolean isGuarded() {
		return this.guarded;
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
