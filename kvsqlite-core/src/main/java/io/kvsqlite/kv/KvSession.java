package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * One ownership of one actor, from its opening on: the only way to read and write its
 * namespace.
 *
 * <p>
 * Every read, every write, the {@linkplain #delete() deletion} and the release names the
 * actor and carries the session's {@linkplain #fence() fence}, and is refused by the
 * store, in the same atomic step, unless the fence is the one in the actor's owner
 * record. A read or a write also carries the {@linkplain #lastCommit() last commit} that
 * the session knows, and is refused where the store has another: then the store lost
 * commits that it had acknowledged. A write makes the {@linkplain KvCommit#next(KvFence)
 * next commit}; the store records its number and its writer together with what was
 * written.
 *
 * <h2>A write whose outcome is unknown</h2>
 *
 * <p>
 * Open the actor again: the new fence keeps the lost write from arriving late. Then
 * compare the last commit that the new session found with what the old one knew, as
 * {@linkplain KvCommit identities}, never by their numbers alone:
 *
 * <ul>
 * <li>It is the commit that the lost write was to make: the write was applied.
 * <li>It is the commit before that: the write was not applied, and never will be.
 * <li>It is any other: somebody else has written since, or the store went back in time.
 * What became of the write is unknown, and stays so.
 * </ul>
 *
 * <p>
 * Where the open fails, the outcome is unknown as well.
 *
 * <p>
 * A session is used by one thread at a time; {@link #close()} may be called by any. It
 * serves nothing after {@link KvOwnershipLostException} or
 * {@link KvIndeterminateException}; after {@code close()} it answers with
 * {@link KvClosedException} or {@link KvOwnershipLostException}, and after
 * {@link #delete()} with {@link KvOwnershipLostException}.
 */
public interface KvSession extends AutoCloseable {

	/**
	 * Return the actor this session owns.
	 * @return the actor's id
	 */
	String actorId();

	/**
	 * Return the epoch of this ownership: a number for people and for the order of
	 * things. Nothing is safe because of it, for a store that goes back in time gives the
	 * same epoch out again.
	 * @return a positive number, greater than that of any earlier session of this actor
	 * that the store remembers
	 */
	long epoch();

	/**
	 * Return what tells this ownership from all others.
	 * @return the fence that was drawn for the opening
	 */
	KvFence fence();

	/**
	 * Return the last commit that is known to be applied: that found at the open, or the
	 * last write of this session that returned.
	 * @return the last commit, {@link KvCommit#NONE} if there was none
	 */
	KvCommit lastCommit();

	/**
	 * Return the number of the last commit that is known to be applied.
	 * @return the number of the {@linkplain #lastCommit() last commit}, 0 if there was
	 * none
	 */
	default long commit() {
		return lastCommit().number();
	}

	/**
	 * Read some keys, in one round trip, as of one moment.
	 * @param keys the keys, in any order
	 * @return the values in the order of the keys, {@code null} for an absent one. The
	 * caller may keep the arrays and must not change them
	 * @throws KvOwnershipLostException if another opening has the actor, or none
	 * @throws KvCorruptionException if the store has lost commits that this session knows
	 * @throws KvDefiniteException if the store could not be read
	 */
	byte[] @Nullable [] read(byte[][] keys);

	/**
	 * Read some keys like {@link #read(byte[][])}, into arrays that the caller lends. A
	 * store that would make an array for each value fills the one that is lent for it;
	 * others, by default, leave the loan alone. Once this method has returned or thrown,
	 * the store neither keeps nor touches the arrays.
	 * @param keys the keys, in any order
	 * @param arrays for each key an array to be filled if the value has just its length,
	 * or {@code null}; no array twice. What those hold that are not returned is not
	 * defined
	 * @return the values in the order of the keys, {@code null} for an absent one. A
	 * value is the array that was lent for its key, which stays the caller's, or another,
	 * which the caller may keep and must not change
	 * @throws KvOwnershipLostException if another opening has the actor, or none
	 * @throws KvCorruptionException if the store has lost commits that this session knows
	 * @throws KvDefiniteException if the store could not be read
	 */
	default byte[] @Nullable [] read(byte[][] keys, byte[] @Nullable [] arrays) {
		return read(keys);
	}

	/**
	 * Apply a write, all of it or nothing, durably as the store is configured. A write
	 * without parts is a commit like any other.
	 * @param write what to put and delete, within the store's
	 * {@linkplain KvStore#limits() limits}. The store keeps none of its arrays
	 * @throws KvOwnershipLostException if another opening has the actor, or none; nothing
	 * was applied
	 * @throws KvCorruptionException if the store has lost commits that this session
	 * knows; nothing was applied
	 * @throws KvLimitExceededException if the write is over the limits; nothing was
	 * applied
	 * @throws KvDefiniteException if nothing was applied and nothing will be
	 * @throws KvIndeterminateException if that is not known
	 */
	void write(KvWrite write);

	/**
	 * Delete the actor with everything that belongs to it, however large it is, provided
	 * that this session still owns it; no key is left. The check and the disappearance
	 * are one atomic step: others see all of the actor or nothing of it, and what a later
	 * owner wrote is never deleted. An actor that was never written to is given up.
	 *
	 * <p>
	 * That ends the session: all it answers from then on is
	 * {@link KvOwnershipLostException}, a second {@code delete()} included, and
	 * {@link #close()} has nothing left to do. Anybody may open the actor at once. Its
	 * commits are counted from 1 again; their writers tell them from those of before.
	 *
	 * <p>
	 * After {@link KvIndeterminateException} the session serves nothing, so a second
	 * {@code delete()} is refused and deletes nothing. Open the actor again, as after a
	 * write: the new fence keeps the lost deletion from arriving late. If there is no
	 * commit it had arrived; if the last commit is the one that this session knew, it had
	 * not. After any other failure but the loss of ownership the session goes on, and may
	 * delete the actor yet.
	 * @throws KvOwnershipLostException if another opening has the actor, or none; nothing
	 * was deleted
	 * @throws KvDefiniteException if nothing was deleted and nothing will be
	 * @throws KvIndeterminateException if that is not known
	 */
	void delete();

	/**
	 * Give the ownership up, so that another owner may open the actor at once.
	 * Idempotent; does nothing when the ownership was lost. A failure to tell the store
	 * is not reported: the actor is then free when this owner's lease ends.
	 */
	@Override
	void close();

}
