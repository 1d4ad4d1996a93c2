package io.kvsqlite.data;

import io.kvsqlite.kv.Printable;

/**
 * There is no such actor in the store.
 */
public class UnknownActorException extends RuntimeException {

	private final String actorId;

	/**
	 * Create an exception.
	 * @param actorId the actor
	 * @param storeType the kind of the store that was asked
	 */
	public UnknownActorException(String actorId, String storeType) {
		super("There is no actor '%s' in this %s store".formatted(Printable.id(actorId), storeType));
		this.actorId = actorId;
	}

	/**
	 * Return the actor.
	 * @return the actor's id
	 */
	public String actorId() {
		return this.actorId;
	}

}
