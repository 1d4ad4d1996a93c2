package io.kvsqlite.spring.routing;

import java.util.Optional;

import io.kvsqlite.kv.ActorIds;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The current actor of a thread, for as long as a piece of work takes.
 *
 * <pre>
 * ActorContext.run("notes/42", () -> this.notes.add("..."));
 * </pre>
 *
 * <p>
 * Scopes nest. One that names another actor is a boundary for transactions: what is bound
 * to the thread for the outer actor is put aside and comes back when the scope ends, so
 * that a transaction, a JPA session or a MyBatis session of one actor never serves
 * another. A scope of the actor that is current already changes nothing. The actor is not
 * passed on to other threads.
 */
public final class ActorContext {

	private static final ThreadLocal<String> current = new ThreadLocal<>();

	private ActorContext() {
	}

	/**
	 * Do something with an actor as the current one.
	 * @param actorId the actor
	 * @param work what to do
	 * @param <T> the type of the result
	 * @param <E> the type of exception that the work may throw
	 * @return its result
	 * @throws E if the work throws it
	 * @throws IllegalArgumentException if the id is empty, too long or not valid
	 */
	public static <T extends @Nullable Object, E extends Exception> T call(String actorId, Work<T, E> work) throws E {
		Assert.notNull(actorId, "'actorId' must not be null");
		Assert.notNull(work, "'work' must not be null");
		ActorIds.utf8(actorId);
		String outer = current.get();
		if (actorId.equals(outer)) {
			return work.call();
		}
		OuterTransaction transaction = OuterTransaction.suspend(outer != null);
		current.set(actorId);
		try {
			return work.call();
		}
		finally {
			if (outer != null) {
				current.set(outer);
			}
			else {
				current.remove();
			}
			transaction.resume();
		}
	}

	/**
	 * Do something with an actor as the current one.
	 * @param actorId the actor
	 * @param work what to do
	 * @throws IllegalArgumentException if the id is empty, too long or not valid
	 */
	public static void run(String actorId, Runnable work) {
		Assert.notNull(work, "'work' must not be null");
		ActorContext.<@Nullable Object, RuntimeException>call(actorId, () -> {
			work.run();
			return null;
		});
	}

	/**
	 * Return the current actor.
	 * @return the actor's id, empty if there is none
	 */
	public static Optional<String> current() {
		return Optional.ofNullable(current.get());
	}

	static @Nullable String currentOrNull() {
		return current.get();
	}

	/**
	 * Return the current actor where there must be one.
	 * @return the actor's id
	 * @throws IllegalStateException if there is none
	 */
	public static String required() {
		String actorId = current.get();
		if (actorId == null) {
			throw new IllegalStateException(NoActorConnection.PROBLEM);
		}
		return actorId;
	}

	/**
	 * A piece of work.
	 *
	 * @param <T> the type of its result
	 * @param <E> the type of exception that it may throw
	 */
	@FunctionalInterface
	public interface Work<T extends @Nullable Object, E extends Exception> {

		/**
		 * Do the work.
		 * @return the result
		 * @throws E if it cannot be done
		 */
		T call() throws E;

	}

}
