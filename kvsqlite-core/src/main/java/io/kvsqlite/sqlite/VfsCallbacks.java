package io.kvsqlite.sqlite;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import com.kenai.jffi.MemoryIO;
import io.kvsqlite.sqlite.CallbackFault.Injection;
import io.kvsqlite.sqlite.CallbackFault.Place;
import io.kvsqlite.vfs.ActorFiles;
import org.jspecify.annotations.Nullable;

/**
 * The functions of our VFS and its files that SQLite calls, under their names there.
 *
 * <p>
 * Pointers are plain addresses, so that a call leaves no garbage. What may come up in a
 * callback, and how it is noticed whatever happens, is told at {@link ActorBinding} and
 * {@link MachineCode}: each result is {@linkplain #told combined} for the latter.
 *
 * <p>
 * Locks do nothing: an actor's files have one connection.
 *
 * @see <a href="https://www.sqlite.org/c3ref/vfs.html">OS Interface Object</a>
 * @see <a href="https://www.sqlite.org/c3ref/io_methods.html">OS Interface File Virtual
 * Methods Object</a>
 */
final class VfsCallbacks {

	private static final MemoryIO memory = MemoryIO.getInstance();

	private static final String JOURNAL_SUFFIX = "-journal";

	static final int MAX_PATHNAME = 128;

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

	private final Map<String, ActorBinding> actors = new ConcurrentHashMap<>();

	private final OpenFiles files = new OpenFiles();

	/**
	 * The address of the {@code sqlite3_io_methods} of our files.
	 */
	private final long methods;

	private final int characteristics;

	/**
	 * What a result is combined with on its way to SQLite.
	 */
	private final int mask;

	/**
	 * Create the functions.
	 * @param methods the address of the {@code sqlite3_io_methods} of our files
	 * @param batchAtomicWrite whether SQLite was built with batch-atomic writes
	 * @param guarded whether the functions are {@linkplain MachineCode#guard guarded}
	 */
	VfsCallbacks(long methods, boolean batchAtomicWrite, boolean guarded) {
		this.methods = methods;
		this.mask = guarded ? MachineCode.MASK : 0;
		this.characteristics = IOCAP_SAFE_APPEND | IOCAP_SEQUENTIAL | (batchAtomicWrite ? IOCAP_BATCH_ATOMIC : 0);
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

	/**
	 * Open a file. It has our methods from the start, as a file that fails: where a
	 * vanished call is a success to SQLite, it uses that.
	 */
	int xOpen(long vfs, long name, long file, int flags, long outFlags) {
		memory.putLong(file + VfsLayout.SLOT, OpenFiles.NONE);
		memory.putAddress(file + VfsLayout.METHODS, this.methods);
		passing(Place.BEFORE);
		try {
			passing(Place.ENTRY);
			OpenFile opened = open(name, flags);
			if (opened == null || !opened.enter()) {
				memory.putAddress(file + VfsLayout.METHODS, 0);
				return told(ResultCode.CANTOPEN);
			}
			memory.putLong(file + VfsLayout.SLOT, this.files.add(opened));
			if (outFlags != 0) {
				memory.putInt(outFlags, flags);
			}
			passing(Place.MIDDLE);
			return told(opened.leave(ResultCode.OK));
		}
		catch (Throwable ex) {
			passing(Place.HANDLER);
			return told(ResultCode.CANTOPEN);
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

	int xDelete(long vfs, long name, int syncDirectory) {
		passing(Place.BEFORE);
		ActorBinding actor = null;
		try {
			actor = journalOwner(string(name));
			if (actor == null || !actor.enter()) {
				return told(ResultCode.IOERR_DELETE);
			}
			passing(Place.ENTRY);
			actor.files().deleteJournal();
			passing(Place.MIDDLE);
			return told(actor.leave(ResultCode.OK));
		}
		catch (Throwable ex) {
			if (actor != null) {
				actor.remember(ex);
			}
			passing(Place.HANDLER);
			return told(ResultCode.IOERR_DELETE);
		}
	}

	int xAccess(long vfs, long name, int flags, long result) {
		passing(Place.BEFORE);
		ActorBinding actor = null;
		try {
			actor = journalOwner(string(name));
			if (actor == null) {
				memory.putInt(result, 0);
				return told(ResultCode.OK);
			}
			if (!actor.enter()) {
				return told(ResultCode.IOERR_ACCESS);
			}
			passing(Place.ENTRY);
			memory.putInt(result, actor.files().journalExists() ? 1 : 0);
			passing(Place.MIDDLE);
			return told(actor.leave(ResultCode.OK));
		}
		catch (Throwable ex) {
			if (actor != null) {
				actor.remember(ex);
			}
			passing(Place.HANDLER);
			return told(ResultCode.IOERR_ACCESS);
		}
	}

	int xFullPathname(long vfs, long name, int length, long out) {
		passing(Place.BEFORE);
		try {
			byte[] bytes = memory.getZeroTerminatedByteArray(name, MAX_PATHNAME + 1);
			if (bytes.length >= length || bytes.length > MAX_PATHNAME) {
				return told(ResultCode.CANTOPEN);
			}
			memory.putZeroTerminatedByteArray(out, bytes, 0, bytes.length);
			return told(ResultCode.OK);
		}
		catch (Throwable ex) {
			return told(ResultCode.CANTOPEN);
		}
	}

	int xGetLastError(long vfs, int length, long out) {
		return told(0);
	}

	/**
	 * Close a file, whatever happened to its actor.
	 */
	int xClose(long file) {
		passing(Place.BEFORE);
		try {
			this.files.remove((int) memory.getLong(file + VfsLayout.SLOT));
			return told(ResultCode.OK);
		}
		catch (Throwable ex) {
			return told(ResultCode.IOERR_CLOSE);
		}
	}

	int xRead(long file, long buffer, int amount, long offset) {
		passing(Place.BEFORE);
		OpenFile open = fileAt(file);
		if (open == null || !open.enter()) {
			return told(ResultCode.IOERR_READ);
		}
		try {
			passing(Place.ENTRY);
			int read = open.file().read(offset, amount, open.bytes().at(buffer));
			passing(Place.MIDDLE);
			return told(open.leave((read < amount) ? ResultCode.IOERR_SHORT_READ : ResultCode.OK));
		}
		catch (Throwable ex) {
			return told(failed(open, ex, ResultCode.IOERR_READ));
		}
	}

	int xWrite(long file, long buffer, int amount, long offset) {
		passing(Place.BEFORE);
		OpenFile open = fileAt(file);
		if (open == null || !open.enter()) {
			return told(ResultCode.IOERR_WRITE);
		}
		try {
			passing(Place.ENTRY);
			open.file().write(offset, amount, open.bytes().at(buffer));
			passing(Place.MIDDLE);
			return told(open.leave(ResultCode.OK));
		}
		catch (Throwable ex) {
			return told(failed(open, ex, ResultCode.IOERR_WRITE));
		}
	}

	int xTruncate(long file, long size) {
		passing(Place.BEFORE);
		OpenFile open = fileAt(file);
		if (open == null || !open.enter()) {
			return told(ResultCode.IOERR_TRUNCATE);
		}
		try {
			passing(Place.ENTRY);
			open.file().truncate(size);
			passing(Place.MIDDLE);
			return told(open.leave(ResultCode.OK));
		}
		catch (Throwable ex) {
			return told(failed(open, ex, ResultCode.IOERR_TRUNCATE));
		}
	}

	int xSync(long file, int flags) {
		return told(ResultCode.OK);
	}

	int xFileSize(long file, long result) {
		passing(Place.BEFORE);
		OpenFile open = fileAt(file);
		if (open == null || !open.enter()) {
			return told(ResultCode.IOERR_FSTAT);
		}
		try {
			passing(Place.ENTRY);
			memory.putLong(result, open.file().size());
			passing(Place.MIDDLE);
			return told(open.leave(ResultCode.OK));
		}
		catch (Throwable ex) {
			return told(failed(open, ex, ResultCode.IOERR_FSTAT));
		}
	}

	int xLock(long file, int level) {
		return told(ResultCode.OK);
	}

	int xUnlock(long file, int level) {
		return told(ResultCode.OK);
	}

	int xCheckReservedLock(long file, long result) {
		memory.putInt(result, 0);
		return told(ResultCode.OK);
	}

	int xFileControl(long file, int operation, long argument) {
		passing(Place.BEFORE);
		OpenFile open = fileAt(file);
		if (open == null) {
			return told(ResultCode.IOERR_FSYNC);
		}
		ActorBinding actor = open.actor();
		if (actor == null || !open.main()) {
			return told(ResultCode.NOTFOUND);
		}
		if (!actor.enter()) {
			return told(ResultCode.IOERR_FSYNC);
		}
		try {
			passing(Place.ENTRY);
			int code = switch (operation) {
				case FCNTL_PRAGMA -> pragma(actor, argument);
				case FCNTL_SYNC -> {
					actor.files().commitPoint();
					yield ResultCode.OK;
				}
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
			passing(Place.MIDDLE);
			return told(actor.leave(code));
		}
		catch (Throwable ex) {
			return told(failed(open, ex, ResultCode.IOERR_FSYNC));
		}
	}

	private static int pragma(ActorBinding actor, long arguments) {
		String name = string(memory.getAddress(arguments + Long.BYTES));
		long value = memory.getAddress(arguments + 2 * Long.BYTES);
		String refusal = actor.refusal(name, (value != 0) ? string(value) : null);
		if (refusal != null) {
			actor.refuse(refusal);
			return ResultCode.ERROR;
		}
		return ResultCode.NOTFOUND;
	}

	int xSectorSize(long file) {
		return sectorSize();
	}

	/**
	 * Say what is true of files that reach the store in atomic writes, in order: what is
	 * appended is there before the size says so, and no write overtakes another.
	 */
	int xDeviceCharacteristics(long file) {
		return characteristics();
	}

	int sectorSize() {
		return SECTOR_SIZE;
	}

	int characteristics() {
		return this.characteristics;
	}

	/**
	 * Return what to return for SQLite to get a result. A callback that vanishes does not
	 * come by here.
	 */
	private int told(int result) {
		return result ^ this.mask;
	}

	private static int failed(OpenFile open, Throwable error, int code) {
		int told = open.failed(error, code);
		passing(Place.HANDLER);
		return told;
	}

	private static void passing(Place place) {
		CallbackFault fault = Injection.fault;
		if (fault != null) {
			fault.at(place);
		}
	}

	private @Nullable OpenFile fileAt(long file) {
		return this.files.get((int) memory.getLong(file + VfsLayout.SLOT));
	}

	private static String string(long address) {
		return new String(memory.getZeroTerminatedByteArray(address, MAX_PATHNAME), StandardCharsets.UTF_8);
	}

}
