package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * The store cannot be reached or does not answer in time; trying again later may help.
 */
public class KvUnavailableException extends KvDefiniteException {

	public KvUnavailableException(String message) {
		this(message, null);
	}

	public KvUnavailableException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
