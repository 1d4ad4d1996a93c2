package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * The store has no room for the write: a full disk, a memory limit, a quota.
 */
public class KvStoreFullException extends KvDefiniteException {

	public KvStoreFullException(String message) {
		this(message, null);
	}

	public KvStoreFullException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
