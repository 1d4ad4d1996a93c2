package io.kvsqlite.kv;

import org.jspecify.annotations.Nullable;

/**
 * One ownership of one actor: the only way to read and write its namespace.
 *
 * <p>
 * Every read and every write carries the session's {@linkplain #epoch() epoch} and is
 * refused by the store, in the same atomic step, when a later one exists. Every write
 * carries the number {@link #commit()}{@code  + 1}; the store records it together with
 * what was written. So after a write whose reply was lost, open the actor again: its new
 * epoch keeps the lost write from arriving late, and its commit number tells whether it
 * had arrived.
 *
 * <p>
 * A session is used by one thread at a time; {@link #close()} may be called by any. It
 * serves nothing after {@link KvOwnershipLostException} or
 * {@link KvIndeterminateException}; after {@code close()} it answers with
 * {@link KvClosedException} or {@link KvOwnershipLostException}.
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
	 * Give the ownership up, so that another owner may open the actor at once.
	 * Idempotent; does nothing when the ownership was lost. A failure to tell the store
	 * is not reported: the actor is then free when this owner's lease ends.
	 */
	@Override
	void close();

}
