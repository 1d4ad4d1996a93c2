package io.kvsqlite;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * The open actors that nobody uses, the least recently used first. Thread-safe; its lock
 * is held for a few instructions only, never while a permit is waited for. The list links
 * the slots themselves, so that listing one, which is a part of giving it back, needs no
 * memory.
 *
 * <p>
 * An actor that is open and that nobody has is listed here, except for the moment between
 * its being listed and the return of its permit.
 *
 * @param <A> the open actors
 */
final class IdleActors<A extends OpenActor> {

	private @Nullable ActorSlot<A> oldest;

	private @Nullable ActorSlot<A> newest;

	synchronized void add(ActorSlot<A> slot) {
		unlink(slot);
		slot.older = this.newest;
		if (slot.older != null) {
			slot.older.newer = slot;
		}
		else {
			this.oldest = slot;
		}
		this.newest = slot;
		slot.listed = true;
	}

	synchronized void remove(ActorSlot<A> slot) {
		unlink(slot);
	}

	private void unlink(ActorSlot<A> slot) {
		if (!slot.listed) {
			return;
		}
		if (slot.older != null) {
			slot.older.newer = slot.newer;
		}
		else {
			this.oldest = slot.newer;
		}
		if (slot.newer != null) {
			slot.newer.older = slot.older;
		}
		else {
			this.newest = slot.older;
		}
		slot.older = null;
		slot.newer = null;
		slot.listed = false;
	}

	/**
	 * Take the least recently used actor that nobody wants, and its permit with it.
	 * @return a slot whose permit the caller has, or {@code null} if there is none
	 */
	synchronized @Nullable ActorSlot<A> take() {
		for (ActorSlot<A> slot = this.oldest; slot != null; slot = slot.newer) {
			if (!slot.permit.hasQueuedThreads() && slot.permit.tryAcquire()) {
				unlink(slot);
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
		for (ActorSlot<A> slot = this.oldest; slot != null; slot = slot.newer) {
			if (!condition.test(slot)) {
				break;
			}
			result.add(slot);
		}
		return result;
	}

}
