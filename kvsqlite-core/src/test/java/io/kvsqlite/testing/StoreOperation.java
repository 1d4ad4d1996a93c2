package io.kvsqlite.testing;

import org.jspecify.annotations.Nullable;

/**
 * One operation on a store, as noted in the log of a {@link FaultyKvStore}.
 *
 * @param number its place among all operations, from 1
 * @param kind what was asked for
 * @param actorId the actor
 * @param keys how many keys it named
 * @param checksum of the keys and values that the caller handed over, but for the random
 * content of a rollback journal
 * @param fault what was made to go wrong, or {@code null}
 */
public record StoreOperation(int number, Kind kind, String actorId, int keys, int checksum, @Nullable FaultKind fault) {

	StoreOperation withoutFault() {
		return new StoreOperation(this.number, this.kind, this.actorId, this.keys, this.checksum, null);
	}

	/**
	 * What can be asked of a store.
	 */
	public enum Kind {

		/**
		 * Take ownership, and read.
		 */
		OPEN,

		/**
		 * Read in a session.
		 */
		READ,

		/**
		 * Write in a session.
		 */
		WRITE,

		/**
		 * Close a session. Cannot fail.
		 */
		CLOSE,

		/**
		 * Delete an actor, whoever wrote to it last.
		 */
		DELETE,

		/**
		 * Delete the actor in a session.
		 */
		DELETE_OWNED

	}

}
