package io.kvsqlite.spring.autoconfigure;

import io.kvsqlite.kv.KvStoreFullException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to do about a store without room when the application starts.
 */
class FullStoreFailureAnalyzer extends AbstractFailureAnalyzer<KvStoreFullException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, KvStoreFullException cause) {
		return new FailureAnalysis(
				"The store of the actors' databases has no room left: %s".formatted(cause.getMessage()),
				"Make room where the store is: on the disk of kvsqlite.store.rocksdb.directory, in the memory of Redis "
						+ "(maxmemory), or on the disk of PostgreSQL. Delete nothing in the directory itself.",
				cause);
	}

}
