package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * A failure of a {@link KvStore}: either {@linkplain KvDefiniteException definite} or
 * {@linkplain KvIndeterminateException indeterminate}, and nothing else.
 */
public abstract sealed class KvException extends RuntimeException
		permits KvDefiniteException, KvIndeterminateException {

	protected KvException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
