package io.kvsqlite;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * The open actors that nobody uses, the least recently used first. Thread-safe; its lock
 * is held for a few instructions only, never while a permit is waited for.
 *
 * <p>
 * An actor that is open and that nobody has is listed here, except for the moment between
 * its being listed and the return of its permit.
 *
 * @param <A> the open actors
 */
final class IdleActors<A extends OpenActor> {

	private final Set<ActorSlot<A>> slots = new LinkedHashSet<>();

	synchronized void add(ActorSlot<A> slot) {
		this.slots.remove(slot);
		this.slots.add(slot);
	}

	synchronized void remove(ActorSlot<A> slot) {
		this.slots.remove(slot);
	}

	/**
	 * Take the least recently used actor that nobody wants, and its permit with it.
	 * @return a slot whose permit the caller has, or {@code null} if there is none
	 */
	synchronized @Nullable ActorSlot<A> take() {
		for (ActorSlot<A> slot : this.slots) {
			if (!slot.permit.hasQueuedThreads() && slot.permit.tryAcquire()) {
				this.slots.remove(slot);
				return slot;
			}
		}
		return null;
	}

	/**
	 * Return the actors at the old end of the list for as long as they match.
	 */
	synchronized List<ActorSlot<A>> oldestWhile(Predicate<ActorSlot<A>> condition) {
		List<ActorSlot<A>> result = new ArrayList<>();
		for (ActorSlot<A> slot : this.slots) {
			if (!condition.test(slot)) {
				break;
			}
			result.add(slot);
		}
		return result;
	}

}
