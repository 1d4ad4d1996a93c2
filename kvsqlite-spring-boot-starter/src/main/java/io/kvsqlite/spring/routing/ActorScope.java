package io.kvsqlite.spring.routing;

import io.kvsqlite.jdbc.ConnectionScope;
import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

/**
 * The scope of a connection that came from the routing data source: wherever its actor is
 * the current one. It fails closed: whoever wrapped what, bound it where and kept it for
 * how long, a connection of one actor does nothing for another, nor for nobody.
 *
 * @param actorId the actor
 */
record ActorScope(String actorId) implements ConnectionScope {

	@Override
	public @Nullable String refusal() {
		String current = ActorContext.currentOrNull();
		return this.actorId.equals(current) ? null : refusal(current);
	}

	private String refusal(@Nullable String current) {
		return "A connection of actor '%s' serves only while that is the current actor, but %s"
			.formatted(Printable.id(this.actorId), (current != null) ? "actor '%s' is".formatted(Printable.id(current))
					: "no actor is bound to this thread: " + NoActorConnection.REMEDY);
	}

}
