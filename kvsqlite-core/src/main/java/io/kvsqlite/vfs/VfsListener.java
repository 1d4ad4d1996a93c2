package io.kvsqlite.vfs;

import org.jspecify.annotations.Nullable;

/**
 * Hears what the files of an actor do to the store. Called on the thread that uses the
 * actor's connection, between SQLite and the store: must be quick and must not throw.
 * Every method does nothing unless overridden.
 */
public interface VfsListener {

	/**
	 * Chunks were read from the store, in one round trip.
	 * @param actorId the actor
	 * @param keys how many keys were asked for
	 * @param nanos how long it took, in nanoseconds
	 * @param failure what went wrong, or {@code null}
	 */
	default void storeRead(String actorId, int keys, long nanos, @Nullable Throwable failure) {
	}

	/**
	 * An atomic write was made to the store, in one round trip.
	 * @param actorId the actor
	 * @param keys how many keys it put or deleted
	 * @param bytes how many bytes of keys and values it carried
	 * @param nanos how long it took, in nanoseconds
	 * @param failure what went wrong, or {@code null}
	 */
	default void storeWritten(String actorId, int keys, long bytes, long nanos, @Nullable Throwable failure) {
	}

	/**
	 * Chunks were fetched that SQLite had not asked for yet.
	 * @param actorId the actor
	 * @param chunks how many
	 */
	default void readAhead(String actorId, int chunks) {
	}

	/**
	 * A chunk that SQLite asked for had been fetched ahead.
	 * @param actorId the actor
	 */
	default void readAheadUsed(String actorId) {
	}

	/**
	 * A transaction outgrew one atomic write, so its journal goes to the store.
	 * @param actorId the actor
	 */
	default void transactionJournaled(String actorId) {
	}

	/**
	 * The outcome of a write became known by opening the actor again.
	 * @param actorId the actor
	 * @param applied whether the write had been applied
	 */
	default void writeResolved(String actorId, boolean applied) {
	}

	/**
	 * The actor's connection cannot be used any more.
	 * @param actorId the actor
	 * @param cause why
	 */
	default void connectionPoisoned(String actorId, Throwable cause) {
	}

	/**
	 * Something stored was found damaged.
	 * @param actorId the actor
	 * @param corruption what
	 */
	default void corruptionFound(String actorId, CorruptedActorException corruption) {
	}

}
