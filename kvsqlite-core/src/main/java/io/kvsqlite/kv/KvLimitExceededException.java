package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * A write is over the store's {@linkplain KvLimits limits}.
 */
public class KvLimitExceededException extends KvDefiniteException {

	public KvLimitExceededException(String message) {
		this(message, null);
	}

	public KvLimitExceededException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
