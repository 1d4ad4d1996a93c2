package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * A snapshot can no longer be read because the actor has moved on.
 */
public class KvSnapshotLostException extends KvDefiniteException {

	public KvSnapshotLostException(String message) {
		this(message, null);
	}

	public KvSnapshotLostException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
