package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.kv.rocksdb.RocksDbDirectoryDamagedException;
import io.kvsqlite.kv.rocksdb.RocksDbDirectoryException;
import io.kvsqlite.kv.rocksdb.RocksDbDirectoryLockedException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to do about a directory that RocksDB cannot use.
 */
class RocksDbDirectoryFailureAnalyzer extends AbstractFailureAnalyzer<RocksDbDirectoryException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, RocksDbDirectoryException cause) {
		return new FailureAnalysis(
				"%s.%n%nIts absolute path is %s".formatted(cause.getMessage(), cause.directory().toAbsolutePath()),
				action(cause), cause);
	}

	private static String action(RocksDbDirectoryException cause) {
		if (cause instanceof RocksDbDirectoryLockedException locked) {
			if (locked.isLockedByThisProcess()) {
				return "Close the other store first: another application context of this process, perhaps a cached one "
						+ "of a test, still has it open. Or give each its own kvsqlite.store.rocksdb.directory.";
			}
			return "Stop the other process, or give this one its own kvsqlite.store.rocksdb.directory. "
					+ "For actors that several processes share, set kvsqlite.store.type to redis or postgresql.";
		}
		if (cause instanceof RocksDbDirectoryDamagedException) {
			return "Copy the directory before anything else. Then restore a backup, or open what is left with the tool "
					+ "and openDamaged=true, as the message says. kvsqlite check then tells of each actor "
					+ "whether it is whole.";
		}
		return "Point kvsqlite.store.rocksdb.directory to a directory that this process can make and write, "
				+ "and that holds nothing else.";
	}

}
