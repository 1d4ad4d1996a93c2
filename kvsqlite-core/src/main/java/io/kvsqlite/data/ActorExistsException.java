package io.kvsqlite.data;

import io.kvsqlite.kv.Printable;

/**
 * There is such an actor already, it is not empty, and replacing it was not asked for.
 */
public class ActorExistsException extends RuntimeException {

	private final String actorId;

	/**
	 * Create an exception.
	 * @param actorId the actor
	 * @param storeType the kind of the store that has it
	 */
	public ActorExistsException(String actorId, String storeType) {
		super("Actor '%s' exists in this %s store, and replacing it was not asked for".formatted(Printable.id(actorId),
				storeType));
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
