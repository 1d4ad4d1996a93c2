package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * The store found its own data damaged: a checksum that does not match, a value that is
 * not of its making.
 */
public class KvCorruptionException extends KvDefiniteException {

	public KvCorruptionException(String message) {
		this(message, null);
	}

	public KvCorruptionException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
