package io.kvsqlite;

/**
 * Why an open actor was closed.
 */
public enum CloseReason {

	/**
	 * Nobody used it for the idle time-out.
	 */
	IDLE,

	/**
	 * It made room for another actor.
	 */
	EVICTED,

	/**
	 * Somebody asked for it, or for its deletion.
	 */
	REQUESTED,

	/**
	 * It could not be used any more.
	 */
	POISONED,

	/**
	 * The factory was stopped or closed.
	 */
	SHUTDOWN

}
