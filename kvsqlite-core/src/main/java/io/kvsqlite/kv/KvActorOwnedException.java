package io.kvsqlite.kv;

/**
 * An actor cannot be opened or deleted because a live owner holds it.
 */
public class KvActorOwnedException extends KvDefiniteException {

	private final String actorId;

	private final String holder;

	/**
	 * Create an exception.
	 * @param actorId the actor
	 * @param holder the name of the owner that holds it
	 */
	public KvActorOwnedException(String actorId, String holder) {
		super("Actor '%s' is held by '%s'".formatted(actorId, holder));
		this.actorId = actorId;
		this.holder = holder;
	}

	/**
	 * Return the actor.
	 * @return the actor's id
	 */
	public String actorId() {
		return this.actorId;
	}

	/**
	 * Return who holds the actor.
	 * @return the name of the owner
	 */
	public String holder() {
		return this.holder;
	}

}
