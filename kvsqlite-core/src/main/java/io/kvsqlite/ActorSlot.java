package io.kvsqlite;

import java.sql.Connection;
import java.util.concurrent.Semaphore;

import org.jspecify.annotations.Nullable;

/**
 * The place of one actor among those that are open, being opened, or waited for.
 *
 * <p>
 * Whoever has the {@link #permit} has the actor: only then are the other fields written,
 * and the database opened, used or closed. There is one permit and waiting is first come,
 * first served, so opening is single-flight and the connection has one user, without a
 * state to keep.
 *
 * @param <A> the open actors
 */
final class ActorSlot<A extends OpenActor> {

	final String actorId;

	final Semaphore permit = new Semaphore(1, true);

	/**
	 * The open actor. Written with the permit; read without only to look at its numbers.
	 */
	volatile @Nullable A open;

	/**
	 * Who has the connection. Written with the permit.
	 */
	volatile @Nullable Use use;

	/**
	 * The connection as it was handed out. Written with the permit.
	 */
	volatile @Nullable Connection lent;

	/**
	 * The neighbours in the list of {@link IdleActors}, and whether this is in it.
	 * Guarded by that.
	 */
	@Nullable ActorSlot<A> older;

	@Nullable ActorSlot<A> newer;

	boolean listed;

	/**
	 * When the connection last came back, as {@link System#nanoTime()}.
	 */
	volatile long idleSince;

	/**
	 * Whether this slot was taken out of the map: whoever gets the permit after that
	 * starts over. Written with the permit, or by a forced close; never taken back.
	 */
	volatile boolean removed;

	/**
	 * Whether memory was given up since the last use. Only touched with the permit.
	 */
	boolean trimmed;

	ActorSlot(String actorId) {
		this.actorId = actorId;
	}

	boolean isIdleFor(long nanoseconds, long now) {
		return now - this.idleSince >= nanoseconds;
	}

	/**
	 * A connection in use.
	 *
	 * @param thread who asked for it
	 * @param since when, as {@link System#nanoTime()}
	 */
	record Use(Thread thread, long since) {
	}

}
