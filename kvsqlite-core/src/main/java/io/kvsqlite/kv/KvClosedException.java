package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * The store was closed, or the session or snapshot that was used.
 */
public class KvClosedException extends KvDefiniteException {

	public KvClosedException(String message) {
		this(message, null);
	}

	public KvClosedException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
