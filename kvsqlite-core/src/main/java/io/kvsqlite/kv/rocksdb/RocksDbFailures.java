package io.kvsqlite.kv.rocksdb;

import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;

/**
 * Decides what a failure of RocksDB means.
 */
final class RocksDbFailures {

	private RocksDbFailures() {
	}

	/**
	 * Return the failure of something that changes nothing, or that is known to have
	 * changed nothing.
	 */
	static KvDefiniteException definite(String what, RocksDBException cause) {
		String message = "%s: RocksDB says %s".formatted(what, describe(cause));
		if (isNoSpace(cause)) {
			return new KvStoreFullException(message, cause);
		}
		return switch (code(cause)) {
			case Corruption -> new KvCorruptionException(message, cause);
			case IOError, Busy, TryAgain, TimedOut, Aborted, Incomplete, ShutdownInProgress ->
				new KvUnavailableException(message, cause);
			default -> new KvDefiniteException(message, cause);
		};
	}

	/**
	 * Return the failure of a write.
	 *
	 * <p>
	 * A write is appended to the log, the log is synchronised, then the write is applied
	 * to memory. Any error from the first step on leaves bytes in the log that a restart
	 * may or may not take for a whole record: so an input-output error, a full disk
	 * included, is indeterminate, even where this process will never show the write. An
	 * error that an earlier failure left behind, which refuses the write at once, has the
	 * same code and cannot be told apart. Only what RocksDB checks before it touches the
	 * log is definite: the options and the batch itself.
	 */
	static KvException ofWrite(String what, RocksDBException cause) {
		return switch (code(cause)) {
			case InvalidArgument, NotSupported -> definite(what, cause);
			default -> new KvIndeterminateException(
					"%s: whether it was applied is not known; RocksDB says %s".formatted(what, describe(cause)), cause);
		};
	}

	static boolean isNoSpace(RocksDBException cause) {
		Status status = cause.getStatus();
		return status != null && status.getSubCode() == Status.SubCode.NoSpace;
	}

	private static Status.Code code(RocksDBException cause) {
		Status status = cause.getStatus();
		return (status != null) ? status.getCode() : Status.Code.Undefined;
	}

	static String describe(RocksDBException cause) {
		Status status = cause.getStatus();
		String message = (cause.getMessage() != null) ? cause.getMessage() : "nothing";
		return (status != null) ? "%s (%s)".formatted(message, status.getCodeString()) : message;
	}

	/**
	 * Return whether opening failed because the directory's lock is held.
	 */
	static boolean isLocked(RocksDBException cause) {
		String message = message(cause);
		return message != null && message.contains("lock") && message.contains("/LOCK");
	}

	/**
	 * Return whether that lock is held by this process.
	 */
	static boolean isLockedByThisProcess(RocksDBException cause) {
		String message = message(cause);
		return message != null && message.contains("current process");
	}

	private static @Nullable String message(RocksDBException cause) {
		return cause.getMessage();
	}

}
