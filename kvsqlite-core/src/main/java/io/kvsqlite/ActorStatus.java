package io.kvsqlite;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * An open actor at one moment.
 *
 * @param actorId the actor
 * @param openSince when it was opened
 * @param idle for how long nobody has used it, zero while it is in use
 * @param usedBy the name of the thread that has its connection, or {@code null}
 * @param usedFor for how long that thread has had it, zero if nobody has
 * @param waiting how many threads wait for the connection, an estimate
 * @param epoch the epoch of its ownership
 * @param commit the number of its last commit
 * @param databaseSize the size of the database in bytes
 */
public record ActorStatus(String actorId, Instant openSince, Duration idle, @Nullable String usedBy, Duration usedFor,
		int waiting, long epoch, long commit, long databaseSize) {
}
