package io.kvsqlite.kv;

/**
 * What a store finds in an actor's owner record when it refuses a session.
 *
 * @param fence the fence of the ownership that is current, {@link KvFence#NONE} if there
 * is none
 * @param epoch the epoch in the record
 * @param lastCommit the actor's last commit
 */
public record KvFoundOwner(KvFence fence, long epoch, KvCommit lastCommit) {

	/**
	 * Return whether the store went back in time and has lost commits that a session
	 * knows of, as far as that can be told: if another owner has written more than the
	 * session since, or the actor was made anew, it cannot. Good for saying what
	 * happened, in a {@link KvCorruptionException} instead of a
	 * {@link KvOwnershipLostException}; the session is over in either case.
	 * @param session the session that is refused
	 * @return whether commits were lost for certain
	 */
	public boolean hasForgotten(KvSession session) {
		KvCommit known = session.lastCommit();
		if (known.equals(this.lastCommit)) {
			return false;
		}
		if (this.fence.equals(session.fence())) {
			// no other can have written under it
			return true;
		}
		// an opening after this one would have taken the epoch up
		boolean openingForgotten = this.epoch <= session.epoch();
		return openingForgotten
				&& (known.writer().equals(session.fence()) || this.lastCommit.number() < known.number());
	}

}
