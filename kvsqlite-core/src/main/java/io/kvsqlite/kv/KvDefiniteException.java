package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * A failure of which it is known that nothing was applied, and that nothing will be.
 */
public non-sealed class KvDefiniteException extends KvException {

	public KvDefiniteException(String message) {
		this(message, null);
	}

	public KvDefiniteException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
