package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * One ownership of one actor: the only way to read and write its namespace.
 *
 * <p>
 * Every read, every write and the {@linkplain #delete() deletion} carries the session's
 * {@linkplain #epoch() epoch} and is refused by the store, in the same atomic step, when
 * a later one exists. Every write carries the number {@link #commit()}{@code  + 1}; the
 * store records it together with what was written. So after a write whose reply was lost,
 * open the actor again: its new epoch keeps the lost write from arriving late, and its
 * commit number tells whether it had arrived.
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
	 * Return the epoch of this ownership.
	 * @return a positive number, greater than that of any earlier session of this actor
	 */
	long epoch();

	/**
	 * Return the number of the last write that is known to be applied: that found at the
	 * open, plus one for each write of this session that returned.
	 * @return the number of the last commit, 0 if there was none
	 */
	long commit();

	/**
	 * Read some keys, in one round trip, as of one moment.
	 * @param keys the keys, in any order
	 * @return the values in the order of the keys, {@code null} for an absent one. The
	 * caller may keep the arrays and must not change them
	 * @throws KvOwnershipLostException if a later epoch exists
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
	 * @throws KvOwnershipLostException if a later epoch exists
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
	 * @throws KvOwnershipLostException if a later epoch exists; nothing was applied
	 * @throws KvLimitExceededException if the write is over the limits; nothing was
	 * applied
	 * @throws KvDefiniteException if nothing was applied and nothing will be
	 * @throws KvIndeterminateException if that is not known
	 */
	void write(KvWrite write);

	/**
	 * Delete the actor with everything that belongs to it, however large it is, provided
	 * that no later epoch exists; no key is left. The check and the disappearance are one
	 * atomic step: others see all of the actor or nothing of it, and what a later owner
	 * wrote is never deleted. An actor that was never written to is given up.
	 *
	 * <p>
	 * That ends the session: all it answers from then on is
	 * {@link KvOwnershipLostException}, a second {@code delete()} included, and
	 * {@link #close()} has nothing left to do. Anybody may open the actor at once. Its
	 * epoch is then greater than this session's, and its commits are counted from 1
	 * again.
	 *
	 * <p>
	 * After {@link KvIndeterminateException} the session serves nothing, so a second
	 * {@code delete()} is refused and deletes nothing. Open the actor again, as after a
	 * write: the new epoch keeps the lost deletion from arriving late, and the commit
	 * number is 0 if it had arrived. After any other failure but the loss of ownership
	 * the session goes on, and may delete the actor yet.
	 * @throws KvOwnershipLostException if a later epoch exists, or the actor was deleted;
	 * nothing was deleted
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
