package io.kvsqlite.spring.routing;

import java.util.Optional;

import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.spring.NoActorException;
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
 * Scopes nest. One that names another actor than the current one, or the first one, is a
 * boundary: what is bound to the thread and belongs to an actor, or was got without one,
 * is put aside and comes back when the scope ends, so that a transaction, a JPA session
 * or a MyBatis session of one actor never serves another. Transactions of other databases
 * stay as they are; what is registered with them inside the scope waits for their
 * outcome. A transaction of the actor that is begun in the scope has to end in it. A
 * scope of the actor that is current already changes nothing. The actor is not passed on
 * to other threads.
 */
public final class ActorContext {

	private static final ThreadLocal<Scope> current = new ThreadLocal<>();

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
	 * @throws IllegalStateException if a transaction was begun in the scope and not ended
	 * in it; it is rolled back
	 * @throws IllegalArgumentException if the id is empty, too long or not valid
	 */
	public static <T extends @Nullable Object, E extends Exception> T call(String actorId, Work<T, E> work) throws E {
		Assert.notNull(actorId, "'actorId' must not be null");
		Assert.notNull(work, "'work' must not be null");
		ActorIds.utf8(actorId);
		Scope outer = current.get();
		if (outer != null && actorId.equals(outer.actorId())) {
			return work.call();
		}
		Scope scope = Scope.begin(actorId, outer);
		current.set(scope);
		T result;
		try {
			result = work.call();
		}
		catch (Throwable ex) {
			Failure failure = new Failure();
			failure.add(ex);
			end(scope, false, failure);
			throw ex;
		}
		Failure failure = new Failure();
		end(scope, true, failure);
		failure.throwFirst();
		return result;
	}

	/**
	 * Begin a scope that {@link #leave} ends.
	 * @param actorId the actor
	 * @return the scope, {@code null} if the actor is the current one already
	 */
	static @Nullable Scope enter(String actorId) {
		ActorIds.utf8(actorId);
		Scope outer = current.get();
		if (outer != null && actorId.equals(outer.actorId())) {
			return null;
		}
		Scope scope = Scope.begin(actorId, outer);
		current.set(scope);
		return scope;
	}

	/**
	 * End a scope, and before it those within it.
	 * @param scope the scope
	 */
	static void leave(Scope scope) {
		Assert.state(isOpen(scope),
				() -> "The scope of actor '%s' is not open on this thread, where %s".formatted(scope.actorId(),
						current().map("actor '%s' is the current one"::formatted).orElse("no actor is")));
		Failure failure = new Failure();
		for (Scope inner = current.get(); inner != null && inner != scope; inner = current.get()) {
			failure.add(new IllegalStateException("The scope of actor '%s' was left open in that of actor '%s'"
				.formatted(inner.actorId(), scope.actorId())));
			end(inner, false, failure);
		}
		end(scope, failure.first() == null, failure);
		failure.throwFirst();
	}

	private static boolean isOpen(Scope scope) {
		for (Scope each = current.get(); each != null; each = each.outer()) {
			if (each == scope) {
				return true;
			}
		}
		return false;
	}

	private static void end(Scope scope, boolean succeeded, Failure failure) {
		failure.add(scope.end(succeeded));
		Scope outer = scope.outer();
		if (outer != null) {
			current.set(outer);
		}
		else {
			current.remove();
		}
		failure.add(scope.restore());
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
		return Optional.ofNullable(currentOrNull());
	}

	static @Nullable String currentOrNull() {
		Scope scope = current.get();
		return (scope != null) ? scope.actorId() : null;
	}

	/**
	 * Return the current actor where there must be one.
	 * @return the actor's id
	 * @throws IllegalStateException if there is none, caused by a
	 * {@link NoActorException}
	 */
	public static String required() {
		String actorId = currentOrNull();
		if (actorId == null) {
			throw new IllegalStateException(NoActorConnection.PROBLEM, new NoActorException(NoActorConnection.PROBLEM));
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
