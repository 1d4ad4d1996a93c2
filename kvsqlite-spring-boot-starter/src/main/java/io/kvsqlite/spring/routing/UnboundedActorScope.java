package io.kvsqlite.spring.routing;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * A scope of {@link ActorContext} that begins in one callback and ends in another of the
 * same thread, for extensions of frameworks that offer nothing else, such as those for
 * tests. Whoever opens one has to see to it that it is closed whatever happens; all other
 * code is better off with {@link ActorContext#call}, which does so.
 *
 * <p>
 * Confined to its thread.
 */
public final class UnboundedActorScope implements AutoCloseable {

	private final String actorId;

	/**
	 * {@code null} where the actor was the current one already.
	 */
	private final @Nullable Scope scope;

	private UnboundedActorScope(String actorId, @Nullable Scope scope) {
		this.actorId = actorId;
		this.scope = scope;
	}

	/**
	 * Make an actor the current one until {@link #close()}.
	 * @param actorId the actor
	 * @return its scope
	 * @throws IllegalArgumentException if the id is empty, too long or not valid
	 */
	public static UnboundedActorScope open(String actorId) {
		Assert.notNull(actorId, "'actorId' must not be null");
		return new UnboundedActorScope(actorId, ActorContext.enter(actorId));
	}

	/**
	 * Make current what was so before. Scopes that were opened within this one and are
	 * still open end with it.
	 * @throws IllegalStateException if this is not a scope of the thread, or not any
	 * more; if one within it was still open; or if a transaction was begun in it and not
	 * ended, which is rolled back
	 */
	@Override
	public void close() {
		if (this.scope != null) {
			ActorContext.leave(this.scope);
		}
	}

	@Override
	public String toString() {
		return "Scope of actor '%s'".formatted(this.actorId);
	}

}
