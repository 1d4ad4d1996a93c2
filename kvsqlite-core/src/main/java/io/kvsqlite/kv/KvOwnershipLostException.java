package io.kvsqlite.kv;

/**
 * A read, write or deletion was refused because the epoch is no longer current: another
 * session owns the actor now, or it was deleted. Nothing was applied.
 */
public class KvOwnershipLostException extends KvDefiniteException {

	private final String actorId;

	private final long epoch;

	/**
	 * Create an exception.
	 * @param actorId the actor
	 * @param epoch the epoch that is no longer current
	 */
	public KvOwnershipLostException(String actorId, long epoch) {
		super("Ownership of actor '%s' was lost: epoch %d is no longer current".formatted(actorId, epoch));
		this.actorId = actorId;
		this.epoch = epoch;
	}

	/**
	 * Return the actor.
	 * @return the actor's id
	 */
	public String actorId() {
		return this.actorId;
	}

	/**
	 * Return the epoch that is no longer current.
	 * @return the epoch
	 */
	public long epoch() {
		return this.epoch;
	}

}
