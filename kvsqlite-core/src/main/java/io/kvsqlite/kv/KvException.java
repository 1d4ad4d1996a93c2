package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * A failure of a {@link KvStore}: either {@linkplain KvDefiniteException definite} or
 * {@linkplain KvIndeterminateException indeterminate}, and nothing else.
 */
public abstract sealed class KvException extends RuntimeException
		permits KvDefiniteException, KvIndeterminateException {

	/**
	 * Create an exception.
	 * @param message what happened; what cannot be printed in it is escaped
	 * @param cause why, or {@code null}
	 */
	protected KvException(String message, @Nullable Throwable cause) {
		super(Printable.text(message), cause);
	}

}
