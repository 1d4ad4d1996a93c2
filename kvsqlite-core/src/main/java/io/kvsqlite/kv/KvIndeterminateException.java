package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * A write or a deletion whose outcome is not known: its reply was lost, so it may have
 * been applied, may not have been, or may still be applied later. Opening the actor again
 * settles what a session asked for, a write or a deletion; deleting the actor again
 * settles a deletion that was asked of the store.
 */
public non-sealed class KvIndeterminateException extends KvException {

	public KvIndeterminateException(String message) {
		this(message, null);
	}

	public KvIndeterminateException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
