package io.kvsqlite.kv;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A key-value store that keeps the database of each actor in a namespace of its own.
 *
 * <p>
 * A namespace is a map from keys to values, both byte strings. Keys compare as unsigned
 * bytes, the shorter first where one is a prefix of the other. An empty value is a value;
 * a key without one is absent. Beside each namespace, outside its keys, the store keeps
 * an <em>owner record</em>: who holds the actor, epoch and fence of that ownership, and
 * the {@linkplain KvCommit number and writer} of the last commit.
 *
 * <h2>Ownership</h2>
 *
 * <p>
 * A store object is one owner. {@link #open} takes an actor for it under a
 * {@linkplain KvFence fence} of 128 random bits, drawn for this opening, and puts it into
 * the owner record, atomically. From then on the store refuses every read, write,
 * deletion and release of an earlier {@linkplain KvSession session} with
 * {@link KvOwnershipLostException}, whether it came from this owner or from another. That
 * check names the actor and compares the fence, happens in the store, in the same atomic
 * step as the read or the write, and depends neither on a clock nor on a number being
 * larger than another. So it holds, too, when the store goes back in time: when a replica
 * that lags is promoted, or a dump is restored, and opens and commits are gone that were
 * acknowledged.
 *
 * <p>
 * While another <em>live</em> owner holds the actor, {@code open} fails with
 * {@link KvActorOwnedException}; liveness only decides who may try, safety is the
 * fence's. The epoch goes up by one or more with every open that the store remembers,
 * also over a deletion of the actor. It is for people, and for the order of what they
 * see; a store may use it to tell that it went back in time, which makes a message better
 * and nothing safer.
 *
 * <h2>Errors</h2>
 *
 * <p>
 * Every failure is a {@link KvException}, and the store decides which of two kinds it is:
 * {@link KvDefiniteException} promises that nothing was applied and nothing will be;
 * {@link KvIndeterminateException}, thrown by {@link KvSession#write},
 * {@link KvSession#delete} and {@link #delete} alone, says that a reply was lost, so what
 * was asked for may have been applied, may not, or may still be. What a session asked for
 * is settled by opening the actor again, the store's own {@code delete} by deleting
 * again. When in doubt a store throws the second. A store does not retry a write on its
 * own unless the identity of the commit makes the retry harmless. Once an attempt may
 * have been applied, only success is definite: whatever a later attempt is answered, that
 * somebody else owns the actor included, the outcome is indeterminate.
 *
 * <p>
 * Actor ids are non-empty strings of at most {@value #MAX_ACTOR_ID_BYTES} bytes in UTF-8,
 * without unpaired surrogates; any other character is allowed. Implementations must be
 * safe for use by many threads. The class
 * {@code io.kvsqlite.testing.KvStoreContractTests} states this contract as tests; extend
 * it for a store of your own.
 */
public interface KvStore extends AutoCloseable {

	/**
	 * Largest length of an actor id, in bytes of its UTF-8 form.
	 */
	int MAX_ACTOR_ID_BYTES = 256;

	/**
	 * Return the kind of this store, a short lower-case word for messages and metrics:
	 * {@code memory}, {@code rocksdb}, {@code redis}, {@code postgresql}.
	 * @return the kind of this store
	 */
	String type();

	/**
	 * Return what fits in one atomic write.
	 * @return the limits, the same for the life of this store
	 */
	KvLimits limits();

	/**
	 * Return how many of a database's first chunks are worth reading together with the
	 * open: what this store delivers in little more than the time of a single read.
	 * @return a number of chunks, 0 or more
	 */
	default int preloadChunks() {
		return 64;
	}

	/**
	 * Take ownership of an actor and read some of its keys, in one round trip. The actor
	 * need not exist; opening does not make it exist. An owner may open an actor which it
	 * holds already; that ends the session it has.
	 * @param actorId the actor
	 * @param keys the keys to read under the new fence, possibly none
	 * @return the session, and the values in the order of the keys
	 * @throws KvActorOwnedException if another live owner holds the actor
	 * @throws KvDefiniteException if the store cannot be used. The actor may have been
	 * taken all the same: an open that failed ends earlier sessions at worst
	 */
	KvOpening open(String actorId, byte[][] keys);

	/**
	 * Return a read-only view of an actor as of one commit, without owning it.
	 * @param actorId the actor
	 * @return the view; of an actor that does not exist, one without keys
	 * @throws KvDefiniteException if the store cannot be used
	 */
	KvSnapshot snapshot(String actorId);

	/**
	 * List the actors that exist, in the order of their UTF-8 bytes. An actor exists from
	 * its first write until it is deleted. Reads only the page asked for.
	 * @param prefix what the ids must begin with; empty for all
	 * @param after the id after which the page starts, or {@code null} for the first page
	 * @param limit the most ids to return, at least 1
	 * @return a page of ids
	 * @throws KvDefiniteException if the store cannot be used
	 */
	KvActorPage actors(String prefix, @Nullable String after, int limit);

	/**
	 * Return the owner record of an actor.
	 * @param actorId the actor
	 * @return the record, or {@code null} if the actor does not exist
	 * @throws KvDefiniteException if the store cannot be used
	 */
	@Nullable KvOwner owner(String actorId);

	/**
	 * Return how much an actor holds, by counting its keys and values.
	 * @param actorId the actor
	 * @return the size, zero for an actor that does not exist
	 * @throws KvDefiniteException if the store cannot be used
	 */
	KvSize size(String actorId);

	/**
	 * Delete an actor with everything that belongs to it; no key is left. Deleting an
	 * actor that does not exist does nothing. If it comes to exist again, its commits are
	 * counted from 1 again. This deletes whatever the actor holds by now; to delete what
	 * one has read, and nothing that somebody else wrote since, own the actor and use
	 * {@link KvSession#delete}.
	 * @param actorId the actor
	 * @param force whether to delete it even while an owner, this one included, holds it:
	 * that owner's next read or write fails with {@link KvOwnershipLostException}
	 * @return whether there was anything to delete
	 * @throws KvActorOwnedException if a live owner holds the actor, be it one that has
	 * written nothing yet, and {@code force} is not set
	 * @throws KvDefiniteException if nothing was deleted and nothing will be
	 * @throws KvIndeterminateException if that is not known
	 */
	boolean delete(String actorId, boolean force);

	/**
	 * Delete an actor, as {@link #delete} does, and leave no byte of its values in the
	 * store's files: when this method returns, no one who reads those files finds them.
	 * Takes as long as rewriting a part of the store, seconds as a rule. An actor that
	 * does not exist any more is purged all the same. Copies are not reached: backups,
	 * snapshots of the file system, blocks that it has freed.
	 * @param actorId the actor
	 * @param force as for {@code delete}
	 * @return whether there was anything to delete
	 * @throws UnsupportedOperationException if this store cannot promise it; then nothing
	 * was deleted
	 * @throws KvActorOwnedException as for {@code delete}
	 * @throws KvDefiniteException if nothing was deleted and nothing will be
	 * @throws KvIndeterminateException if it is not known whether it was deleted, or it
	 * was, and bytes may be left; purge once more
	 */
	default boolean purge(String actorId, boolean force) {
		throw cannotPurge();
	}

	/**
	 * Leave no byte in the store's files of whatever was deleted before, and give its
	 * room back. May rewrite the whole store; it is used meanwhile as always.
	 * @throws UnsupportedOperationException if this store cannot promise it
	 * @throws KvIndeterminateException if bytes may be left; purge once more
	 */
	default void purge() {
		throw cannotPurge();
	}

	private UnsupportedOperationException cannotPurge() {
		return new UnsupportedOperationException(("A %s store cannot promise that what is deleted leaves no byte in "
				+ "its server's files, so nothing was done. Delete, then do what docs/stores/%s.md says")
			.formatted(type(), type()));
	}

	/**
	 * Return what is known of the way this store is set up that may cost data, for people
	 * to read: in the log, in a health check. Asks nobody.
	 * @return sentences without a full stop at the end, none if all is well or nothing is
	 * known yet
	 */
	default List<String> warnings() {
		return List.of();
	}

	/**
	 * Ask the store for a sign of life: one small read that touches no actor.
	 * @throws KvDefiniteException if the store cannot be used
	 */
	void ping();

	/**
	 * Close the store and every session that is still open, releasing what they own.
	 * Idempotent. Later calls fail with {@link KvClosedException}.
	 *
	 * <p>
	 * Ends within the time that the store allows one of its calls, or 10 seconds where it
	 * has no such time, whatever the server or the disk does, however many sessions are
	 * open, and also in a thread that is interrupted. What could not be released by then
	 * is free when this owner's lease has ended; what is still under way holds up nobody,
	 * and not the end of the process. See {@link BoundedClose}.
	 */
	@Override
	void close();

}
