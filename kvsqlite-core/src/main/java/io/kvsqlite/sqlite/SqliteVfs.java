package io.kvsqlite.sqlite;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import com.kenai.jffi.MemoryIO;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.vfs.ActorFailedException;
import io.kvsqlite.vfs.ActorFiles;
import io.kvsqlite.vfs.CorruptedActorException;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.jspecify.annotations.Nullable;

/**
 * The virtual file system {@value #NAME} of the SQLite in this process.
 *
 * <p>
 * It is linked in behind the default one, which is what {@code sqlite3_vfs_register}
 * does, once for the life of the process, and its callbacks are kept reachable for ever:
 * SQLite may call them as long as it is loaded. A name that was not {@linkplain #register
 * registered} cannot be opened, nor can one that is open already. No exception leaves a
 * callback; it is remembered for the actor and becomes a result code.
 *
 * <p>
 * Locks do nothing: an actor's files have one connection. The characteristics advertised
 * are true of files that reach the store in atomic writes, in order: what is appended is
 * there before the size says so, and no write overtakes another.
 */
final class SqliteVfs {

	static final String NAME = "kvsqlite";

	private static final MemoryIO memory = MemoryIO.getInstance();

	private static final String JOURNAL_SUFFIX = "-journal";

	private static final int MAX_PATHNAME = 128;

	private static final int SECTOR_SIZE = 4096;

	private static final int OPEN_MAIN_DB = 0x100;

	private static final int OPEN_TEMP_DB = 0x200;

	private static final int OPEN_TRANSIENT_DB = 0x400;

	private static final int OPEN_MAIN_JOURNAL = 0x800;

	private static final int OPEN_TEMP_JOURNAL = 0x1000;

	private static final int OPEN_SUBJOURNAL = 0x2000;

	private static final int OPEN_TEMPORARY = OPEN_TEMP_DB | OPEN_TRANSIENT_DB | OPEN_TEMP_JOURNAL | OPEN_SUBJOURNAL;

	private static final int IOCAP_SAFE_APPEND = 0x200;

	private static final int IOCAP_SEQUENTIAL = 0x400;

	private static final int IOCAP_BATCH_ATOMIC = 0x4000;

	private static final int FCNTL_PRAGMA = 14;

	private static final int FCNTL_SYNC = 21;

	private static final int FCNTL_BEGIN_ATOMIC_WRITE = 31;

	private static final int FCNTL_COMMIT_ATOMIC_WRITE = 32;

	private static final int FCNTL_ROLLBACK_ATOMIC_WRITE = 33;

	private static @Nullable SqliteVfs instance;

	private final DefaultVfs defaultVfs;

	private final Map<String, ActorBinding> actors = new ConcurrentHashMap<>();

	private final OpenFiles files = new OpenFiles();

	/**
	 * Keeps the callbacks reachable.
	 */
	private final List<Object> callbacks = new ArrayList<>();

	private final long methods;

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
		this.methods = memory.allocateMemory(VfsLayout.METHODS_SIZE, true);
		fillMethods();
		long vfs = memory.allocateMemory(VfsLayout.VFS_SIZE, true);
		fillVfs(vfs);
		link(vfs);
	}

	private void fillMethods() {
		memory.putInt(this.methods + VfsLayout.VERSION, 1);
		set(VfsLayout.CLOSE, Callbacks.FileOnly.class, this::xClose);
		set(VfsLayout.READ, Callbacks.Transfer.class, this::xRead);
		set(VfsLayout.WRITE, Callbacks.Transfer.class, this::xWrite);
		set(VfsLayout.TRUNCATE, Callbacks.Truncate.class, this::xTruncate);
		set(VfsLayout.SYNC, Callbacks.FileWithNumber.class, (file, flags) -> ResultCode.OK);
		set(VfsLayout.GET_FILE_SIZE, Callbacks.FileWithResult.class, this::xFileSize);
		set(VfsLayout.LOCK, Callbacks.FileWithNumber.class, (file, level) -> ResultCode.OK);
		set(VfsLayout.UNLOCK, Callbacks.FileWithNumber.class, (file, level) -> ResultCode.OK);
		set(VfsLayout.CHECK_RESERVED_LOCK, Callbacks.FileWithResult.class, (file, result) -> {
			memory.putInt(result, 0);
			return ResultCode.OK;
		});
		set(VfsLayout.FILE_CONTROL, Callbacks.FileControl.class, this::xFileControl);
		set(VfsLayout.SECTOR_SIZE, Callbacks.FileOnly.class, (file) -> SECTOR_SIZE);
		int characteristics = IOCAP_SAFE_APPEND | IOCAP_SEQUENTIAL
				| (this.defaultVfs.batchAtomicWrite() ? IOCAP_BATCH_ATOMIC : 0);
		set(VfsLayout.DEVICE_CHARACTERISTICS, Callbacks.FileOnly.class, (file) -> characteristics);
	}

	private void fillVfs(long vfs) {
		long original = this.defaultVfs.address();
		int version = memory.getInt(original + VfsLayout.VERSION);
		memory.putInt(vfs + VfsLayout.VERSION, version);
		memory.putInt(vfs + VfsLayout.FILE_SIZE, VfsLayout.OUR_FILE_SIZE);
		memory.putInt(vfs + VfsLayout.MAX_PATHNAME, MAX_PATHNAME);
		byte[] name = NAME.getBytes(StandardCharsets.US_ASCII);
		long nativeName = memory.allocateMemory(name.length + 1, true);
		memory.putZeroTerminatedByteArray(nativeName, name, 0, name.length);
		memory.putAddress(vfs + VfsLayout.NAME, nativeName);
		memory.putAddress(vfs + VfsLayout.OPEN, callback(Callbacks.Open.class, this::xOpen));
		memory.putAddress(vfs + VfsLayout.DELETE, callback(Callbacks.Delete.class, this::xDelete));
		memory.putAddress(vfs + VfsLayout.ACCESS, callback(Callbacks.Access.class, this::xAccess));
		memory.putAddress(vfs + VfsLayout.FULL_PATHNAME, callback(Callbacks.FullPathname.class, this::xFullPathname));
		memory.putAddress(vfs + VfsLayout.GET_LAST_ERROR,
				callback(Callbacks.GetLastError.class, (address, length, out) -> 0));
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

	private <T> void set(int offset, Class<T> type, T callback) {
		memory.putAddress(this.methods + offset, callback(type, callback));
	}

	private <T> long callback(Class<T> type, T callback) {
		Pointer pointer = Runtime.getSystemRuntime().getClosureManager().getClosurePointer(type, callback);
		this.callbacks.add(callback);
		this.callbacks.add(pointer);
		return pointer.address();
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
		this.actors.put(actor.token(), actor);
	}

	/**
	 * Make a name unknown. Files that are still open under it stay open.
	 */
	void unregister(ActorBinding actor) {
		this.actors.remove(actor.token(), actor);
	}

	/**
	 * Return how many files SQLite has open.
	 */
	int openFiles() {
		return this.files.size();
	}

	private int xOpen(long vfs, long name, long file, int flags, long outFlags) {
		memory.putAddress(file + VfsLayout.METHODS, 0);
		try {
			OpenFile opened = open(name, flags);
			if (opened == null) {
				return ResultCode.CANTOPEN;
			}
			memory.putLong(file + VfsLayout.SLOT, this.files.add(opened));
			memory.putAddress(file + VfsLayout.METHODS, this.methods);
			if (outFlags != 0) {
				memory.putInt(outFlags, flags);
			}
			return ResultCode.OK;
		}
		catch (Throwable ex) {
			return ResultCode.CANTOPEN;
		}
	}

	private @Nullable OpenFile open(long name, int flags) {
		if (name == 0 || (flags & OPEN_TEMPORARY) != 0) {
			return OpenFile.temporary(ActorFiles.temporary());
		}
		String path = string(name);
		if ((flags & OPEN_MAIN_DB) != 0) {
			ActorBinding actor = this.actors.get(path);
			return (actor != null && actor.takeMainFile()) ? OpenFile.main(actor) : null;
		}
		ActorBinding actor = journalOwner(path);
		if ((flags & OPEN_MAIN_JOURNAL) != 0 && actor != null) {
			return OpenFile.journal(actor);
		}
		return null;
	}

	private @Nullable ActorBinding journalOwner(String path) {
		return path.endsWith(JOURNAL_SUFFIX)
				? this.actors.get(path.substring(0, path.length() - JOURNAL_SUFFIX.length())) : null;
	}

	private int xDelete(long vfs, long name, int syncDirectory) {
		ActorBinding actor = null;
		try {
			actor = journalOwner(string(name));
			if (actor == null) {
				return ResultCode.IOERR_DELETE;
			}
			actor.files().deleteJournal();
			return ResultCode.OK;
		}
		catch (Throwable ex) {
			return failed(actor, ex, ResultCode.IOERR_DELETE);
		}
	}

	private int xAccess(long vfs, long name, int flags, long result) {
		try {
			ActorBinding actor = journalOwner(string(name));
			memory.putInt(result, (actor != null && actor.files().journalExists()) ? 1 : 0);
			return ResultCode.OK;
		}
		catch (Throwable ex) {
			return ResultCode.IOERR_ACCESS;
		}
	}

	private int xFullPathname(long vfs, long name, int length, long out) {
		try {
			byte[] bytes = memory.getZeroTerminatedByteArray(name, MAX_PATHNAME + 1);
			if (bytes.length >= length || bytes.length > MAX_PATHNAME) {
				return ResultCode.CANTOPEN;
			}
			memory.putZeroTerminatedByteArray(out, bytes, 0, bytes.length);
			return ResultCode.OK;
		}
		catch (Throwable ex) {
			return ResultCode.CANTOPEN;
		}
	}

	private int xClose(long file) {
		try {
			this.files.remove((int) memory.getLong(file + VfsLayout.SLOT));
			return ResultCode.OK;
		}
		catch (Throwable ex) {
			return ResultCode.IOERR_CLOSE;
		}
	}

	private int xRead(long file, long buffer, int amount, long offset) {
		OpenFile open = null;
		try {
			open = fileAt(file);
			int read = open.file().read(offset, amount, open.bytes().at(buffer));
			return (read < amount) ? ResultCode.IOERR_SHORT_READ : ResultCode.OK;
		}
		catch (Throwable ex) {
			if (open != null) {
				giveUpTransaction(open.actor(), ex);
			}
			return failed(open, ex, ResultCode.IOERR_READ);
		}
	}

	/**
	 * Let a connection on which a read failed in a transaction that writes serve nothing
	 * any more. SQLite rolls back, but FTS5 keeps the number of rows that it counted in
	 * the transaction, and would store it with the next. (What is damaged stays so on the
	 * next connection: there it does not help.)
	 */
	private static void giveUpTransaction(@Nullable ActorBinding actor, Throwable ex) {
		if (actor != null && actor.files().isWriting() && !(ex instanceof CorruptedActorException)) {
			actor.files().fail("a read failed in a transaction", ex);
		}
	}

	private int xWrite(long file, long buffer, int amount, long offset) {
		OpenFile open = null;
		try {
			open = fileAt(file);
			open.file().write(offset, amount, open.bytes().at(buffer));
			return ResultCode.OK;
		}
		catch (Throwable ex) {
			return failed(open, ex, ResultCode.IOERR_WRITE);
		}
	}

	private int xTruncate(long file, long size) {
		OpenFile open = null;
		try {
			open = fileAt(file);
			open.file().truncate(size);
			return ResultCode.OK;
		}
		catch (Throwable ex) {
			return failed(open, ex, ResultCode.IOERR_TRUNCATE);
		}
	}

	private int xFileSize(long file, long result) {
		OpenFile open = null;
		try {
			open = fileAt(file);
			memory.putLong(result, open.file().size());
			return ResultCode.OK;
		}
		catch (Throwable ex) {
			return failed(open, ex, ResultCode.IOERR_FSTAT);
		}
	}

	/**
	 * Commit, unless something failed that nobody was told of. SQLite drops the error of
	 * a read of the statistics that ANALYZE left, when it reads the schema again, but has
	 * rolled the transaction back by then: what follows would be committed without what
	 * came before, statement by statement.
	 */
	private static int commitPoint(ActorBinding actor) {
		if (actor.hasError() && actor.files().isCommitting()) {
			return ResultCode.IOERR_FSYNC;
		}
		actor.files().commitPoint();
		return ResultCode.OK;
	}

	private int xFileControl(long file, int operation, long argument) {
		OpenFile open = null;
		try {
			open = fileAt(file);
			ActorBinding actor = open.actor();
			if (actor == null || !open.main()) {
				return ResultCode.NOTFOUND;
			}
			return switch (operation) {
				case FCNTL_PRAGMA -> pragma(actor, argument);
				case FCNTL_SYNC -> commitPoint(actor);
				case FCNTL_BEGIN_ATOMIC_WRITE -> {
					actor.files().beginAtomic();
					yield ResultCode.OK;
				}
				case FCNTL_COMMIT_ATOMIC_WRITE ->
					actor.files().commitAtomically() ? ResultCode.OK : ResultCode.IOERR_COMMIT_ATOMIC;
				case FCNTL_ROLLBACK_ATOMIC_WRITE -> {
					actor.files().rollBackAtomic();
					yield ResultCode.OK;
				}
				default -> ResultCode.NOTFOUND;
			};
		}
		catch (Throwable ex) {
			return failed(open, ex, ResultCode.IOERR_FSYNC);
		}
	}

	private int pragma(ActorBinding actor, long arguments) {
		String name = string(memory.getAddress(arguments + Long.BYTES));
		long value = memory.getAddress(arguments + 2 * Long.BYTES);
		String refusal = actor.refusal(name, (value != 0) ? string(value) : null);
		if (refusal != null) {
			actor.refuse(refusal);
			return ResultCode.ERROR;
		}
		return ResultCode.NOTFOUND;
	}

	private OpenFile fileAt(long file) {
		return this.files.get((int) memory.getLong(file + VfsLayout.SLOT));
	}

	private static String string(long address) {
		return new String(memory.getZeroTerminatedByteArray(address, MAX_PATHNAME), StandardCharsets.UTF_8);
	}

	private static int failed(@Nullable OpenFile open, Throwable ex, int code) {
		return failed((open != null) ? open.actor() : null, ex, code);
	}

	/**
	 * Remember what went wrong, and say it to SQLite as well as a number can. An error of
	 * the virtual machine leaves the actor in an unknown state.
	 */
	private static int failed(@Nullable ActorBinding actor, Throwable ex, int code) {
		if (actor == null) {
			return code;
		}
		actor.remember(ex);
		if (ex instanceof Error) {
			actor.files().fail("an error came up in a callback", ex);
		}
		if (ex instanceof CorruptedActorException) {
			return ResultCode.IOERR_CORRUPTFS;
		}
		if (ex instanceof ActorFailedException && ex.getCause() instanceof KvStoreFullException) {
			return ResultCode.FULL;
		}
		return code;
	}

}
