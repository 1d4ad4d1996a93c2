package io.kvsqlite;

import io.kvsqlite.vfs.VfsListener;

/**
 * Hears what happens to actors and what they do to the store; every method does nothing
 * unless overridden. Called on the thread that does the thing, so an implementation must
 * be quick, safe for use by many threads, and must not throw.
 */
public interface ActorListener extends VfsListener {

	/**
	 * An actor was opened.
	 * @param actorId the actor
	 * @param nanos how long it took, its initializer included, in nanoseconds
	 * @param created whether the actor is new
	 */
	default void actorOpened(String actorId, long nanos, boolean created) {
	}

	/**
	 * An actor could not be opened.
	 * @param actorId the actor
	 * @param nanos how long it took, in nanoseconds
	 * @param failure why
	 */
	default void actorOpenFailed(String actorId, long nanos, Throwable failure) {
	}

	/**
	 * An actor was closed.
	 * @param actorId the actor
	 * @param reason why
	 */
	default void actorClosed(String actorId, CloseReason reason) {
	}

	/**
	 * A connection was handed out, or could not be.
	 * @param actorId the actor
	 * @param nanos how long it took, waiting and opening included, in nanoseconds
	 * @param acquired whether there is a connection
	 */
	default void connectionRequested(String actorId, long nanos, boolean acquired) {
	}

}
