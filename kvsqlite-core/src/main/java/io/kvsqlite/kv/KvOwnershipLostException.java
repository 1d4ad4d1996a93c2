package io.kvsqlite.kv;

/**
 * A read, write or deletion was refused because the fence of its session is not the one
 * in the actor's owner record: another session owns the actor now, it was deleted, or the
 * store has forgotten that the session was opened. Nothing was applied.
 */
public class KvOwnershipLostException extends KvDefiniteException {

	private final String actorId;

	private final long epoch;

	/**
	 * Create an exception.
	 * @param actorId the actor
	 * @param epoch the epoch of the session that lost it
	 */
	public KvOwnershipLostException(String actorId, long epoch) {
		super("Ownership of actor '%s' was lost: its opening under epoch %d is no longer current".formatted(actorId,
				epoch));
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
	 * Return the epoch of the session that lost the ownership.
	 * @return the epoch
	 */
	public long epoch() {
		return this.epoch;
	}

}
