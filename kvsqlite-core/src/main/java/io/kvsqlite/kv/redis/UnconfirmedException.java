package io.kvsqlite.kv.redis;

/**
 * A write is applied, but not confirmed as it was to be: fewer replicas or files have it
 * than were asked for, or that could not be asked.
 */
final class UnconfirmedException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	UnconfirmedException(String message) {
		super(message);
	}

	UnconfirmedException(String message, Throwable cause) {
		super(message, cause);
	}

}
