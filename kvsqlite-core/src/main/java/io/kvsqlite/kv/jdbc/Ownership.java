package io.kvsqlite.kv.jdbc;

/**
 * An actor's row as an opening left it. A later statement belongs to that opening if it
 * carries the same epoch and the same lease.
 *
 * @param actor the actor's number
 * @param id the actor's id in UTF-8
 * @param epoch the epoch
 * @param lease the number of this store object's lease. Beside the epoch it is needed
 * only where a server lost epochs it had given out, and gives them out again
 * @param opening the number of the opening among those of this store object
 */
record Ownership(long actor, byte[] id, long epoch, long lease, long opening) {
}
