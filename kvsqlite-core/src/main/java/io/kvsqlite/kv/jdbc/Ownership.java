package io.kvsqlite.kv.jdbc;

import java.util.UUID;

/**
 * An actor's row as an opening left it. A later statement belongs to that opening if it
 * carries the same epoch and the same lease.
 *
 * @param actor the actor's number
 * @param epoch the epoch
 * @param lease this store object's lease. Beside the epoch it is needed only where a
 * server lost epochs it had given out, and gives them out again
 */
record Ownership(long actor, long epoch, UUID lease) {
}
