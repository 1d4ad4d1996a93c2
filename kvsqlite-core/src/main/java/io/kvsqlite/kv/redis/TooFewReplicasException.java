package io.kvsqlite.kv.redis;

/**
 * A write is applied, and fewer replicas have it than were asked for.
 */
final class TooFewReplicasException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	TooFewReplicasException(long found, int wanted) {
		super("%d of %d replicas confirmed it in time".formatted(found, wanted));
	}

}
