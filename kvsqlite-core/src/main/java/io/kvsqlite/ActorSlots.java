package io.kvsqlite;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.ActorSlot.Use;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

/**
 * Who has which actor, and which actors are open: all that threads share of the bounded
 * set of open actors, and nothing else, so that a model checker can try it.
 *
 * <h2>Permits</h2>
 *
 * <p>
 * Each actor that is open, being opened or waited for has an {@link ActorSlot}, and
 * whoever has the slot's permit has the actor. Each open actor also holds one of
 * {@code capacity} places. Places are only taken with the slot's permit held, and another
 * slot's permit is only ever tried for, never waited for, with one's own held: so there
 * is no circle of waiting.
 *
 * <h2>Making room</h2>
 *
 * <p>
 * When no place is free, the least recently used actor that nobody has or waits for is
 * closed. If there is none, the opener waits for a place. It counts itself as an opener
 * before it looks for an idle actor, and whoever gives a permit back looks for openers
 * after that: so one of the two sees the other, and no opener waits while an actor is
 * idle. For the same reason an opener that has taken a place looks for others that wait.
 *
 * <h2>Leaving</h2>
 *
 * <p>
 * A slot that is neither open nor waited for is removed from the map, marked so, by the
 * holder of its permit; whoever gets that permit later sees the mark and starts over with
 * a new slot. A forced close does the same to a slot in use: its user keeps a permit that
 * matters to nobody, and the next user opens the actor afresh. The mark is set before the
 * forced close tries for the permit once more, and looked for after a permit was given
 * back: so one of the two closes what came back in between.
 *
 * <p>
 * Nothing here depends on a clock but how long somebody waits. Not final, and its steps
 * not private, so that tests can leave one out and see that it is missed.
 *
 * @param <A> the open actors
 */
class ActorSlots<A extends OpenActor> {

	private final Map<String, ActorSlot<A>> slots = new ConcurrentHashMap<>();

	private final IdleActors<A> idle = new IdleActors<>();

	private final int capacity;

	private final Semaphore places;

	/**
	 * How many look for a place that was not free at once.
	 */
	private final AtomicInteger openers = new AtomicInteger();

	private final AtomicInteger waiting = new AtomicInteger();

	private final Life<A> life;

	private volatile State state = State.RUNNING;

	private enum State {

		RUNNING, STOPPED, CLOSED

	}

	ActorSlots(int capacity, Life<A> life) {
		this.capacity = capacity;
		this.places = new Semaphore(capacity, true);
		this.life = life;
	}

	/**
	 * Take an actor, opening it if needed.
	 * @return its slot, whose permit the caller has, with an actor that is open. To be
	 * {@linkplain #giveBack given back}
	 */
	ActorSlot<A> take(String actorId, Duration timeout) throws SQLException {
		Deadline deadline = new Deadline(timeout);
		while (true) {
			ActorSlot<A> slot = permit(actorId, deadline);
			boolean taken = false;
			try {
				requireRunning(actorId);
				this.idle.remove(slot);
				open(slot, deadline);
				requireRunning(actorId);
				// it may have been closed by force while it was opened
				taken = !isGone(slot);
				if (taken) {
					return slot;
				}
			}
			finally {
				if (!taken) {
					giveBack(slot, null);
				}
			}
		}
	}

	/**
	 * Get the permit of an actor's slot, making the slot if there is none.
	 */
	private ActorSlot<A> permit(String actorId, Deadline deadline) throws SQLException {
		while (true) {
			requireRunning(actorId);
			ActorSlot<A> slot = this.slots.computeIfAbsent(actorId, ActorSlot::new);
			acquire(slot, deadline);
			if (!isGone(slot)) {
				return slot;
			}
			release(slot);
		}
	}

	/**
	 * Return whether a slot has left the map. Asked with the permit held.
	 */
	boolean isGone(ActorSlot<A> slot) {
		return slot.removed;
	}

	private void requireRunning(String actorId) throws SQLException {
		State state = this.state;
		if (state != State.RUNNING) {
			throw new SQLTransientConnectionException("No connection of actor '%s': the factory is %s"
				.formatted(Printable.id(actorId), (state == State.CLOSED) ? "closed" : "stopped"));
		}
	}

	private void acquire(ActorSlot<A> slot, Deadline deadline) throws SQLException {
		boolean acquired = false;
		try {
			acquired = acquire(slot.permit, slot.actorId, deadline);
			if (!acquired) {
				throw busy(slot, deadline.timeout());
			}
		}
		finally {
			// as long as this thread waited, others left the slot to it
			if (!acquired && slot.permit.tryAcquire()) {
				release(slot);
			}
		}
	}

	private boolean acquire(Semaphore permit, String actorId, Deadline deadline) throws SQLException {
		if (permit.tryAcquire()) {
			return true;
		}
		this.waiting.incrementAndGet();
		try {
			return permit.tryAcquire(deadline.left(), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new SQLTransientConnectionException(
					"Interrupted while waiting for the connection of actor '%s'".formatted(Printable.id(actorId)), ex);
		}
		finally {
			this.waiting.decrementAndGet();
		}
	}

	private static SQLException busy(ActorSlot<?> slot, Duration timeout) {
		Use use = slot.use;
		String holder = "it is being opened or closed";
		if (use != null) {
			holder = "thread '%s' has had it for %d ms%s".formatted(use.thread().getName(),
					TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - use.since()),
					(use.thread() == Thread.currentThread()) ? " (this very thread: close the first one before)" : "");
		}
		return new SQLTransientConnectionException("No connection of actor '%s' within %d ms: %s"
			.formatted(Printable.id(slot.actorId), timeout.toMillis(), holder));
	}

	/**
	 * See to it that an actor is open and usable. Called with the permit held.
	 */
	private void open(ActorSlot<A> slot, Deadline deadline) throws SQLException {
		A open = slot.open;
		if (open != null && open.isUsable()) {
			return;
		}
		this.life.requireStack();
		if (open != null) {
			close(slot, open, CloseReason.POISONED);
		}
		takePlace(slot.actorId, deadline);
		boolean opened = false;
		try {
			makeRoom();
			slot.open = this.life.open(slot.actorId);
			opened = true;
		}
		finally {
			if (!opened) {
				this.places.release();
			}
		}
	}

	private void takePlace(String actorId, Deadline deadline) throws SQLException {
		if (this.places.tryAcquire()) {
			return;
		}
		this.openers.incrementAndGet();
		try {
			do {
				ActorSlot<A> victim = this.idle.take();
				if (victim == null) {
					if (acquire(this.places, actorId, deadline)) {
						return;
					}
					throw new SQLTransientConnectionException(
							"No connection of actor '%s' within %d ms: all %d actors that may be open are in use"
								.formatted(Printable.id(actorId), deadline.timeout().toMillis(), this.capacity));
				}
				close(victim, CloseReason.EVICTED);
			}
			while (!this.places.tryAcquire());
		}
		finally {
			this.openers.decrementAndGet();
		}
	}

	/**
	 * Close idle actors until there is a place for each opener. To be called after
	 * whatever makes an actor idle, and after whatever takes a place.
	 */
	void makeRoom() {
		while (this.openers.get() > this.places.availablePermits()) {
			ActorSlot<A> victim = this.idle.take();
			if (victim == null) {
				return;
			}
			close(victim, CloseReason.EVICTED);
		}
	}

	/**
	 * Give an actor back. If it is open, it becomes idle.
	 * @param slot its slot, whose permit the caller has
	 * @param reason why it is to be closed, or {@code null} if it may stay open
	 */
	void giveBack(ActorSlot<A> slot, @Nullable CloseReason reason) {
		try {
			A open = slot.open;
			if (open != null) {
				CloseReason closing = (reason != null) ? reason : reasonToClose(slot);
				if (closing != null) {
					close(slot, open, closing);
				}
				else {
					slot.idleSince = System.nanoTime();
					this.idle.add(slot);
				}
			}
		}
		finally {
			release(slot);
		}
	}

	private @Nullable CloseReason reasonToClose(ActorSlot<A> slot) {
		if (slot.removed) {
			return CloseReason.REQUESTED;
		}
		return (this.state != State.RUNNING && !slot.permit.hasQueuedThreads()) ? CloseReason.SHUTDOWN : null;
	}

	/**
	 * Give up memory of an idle actor, unless somebody has it.
	 */
	void trim(ActorSlot<A> slot) {
		if (slot.trimmed || !slot.permit.tryAcquire()) {
			return;
		}
		try {
			A open = slot.open;
			if (open != null) {
				open.trim();
				slot.trimmed = true;
			}
		}
		finally {
			release(slot);
		}
	}

	private void release(ActorSlot<A> slot) {
		settle(slot);
		makeRoom();
	}

	/**
	 * Give a permit back, and see to it that nothing is left to nobody: an actor that is
	 * open without a slot in the map, or a slot without an open actor that nobody waits
	 * for.
	 */
	private void settle(ActorSlot<A> slot) {
		do {
			try {
				A open = slot.open;
				if (open != null && slot.removed) {
					close(slot, open, CloseReason.REQUESTED);
				}
			}
			finally {
				try {
					if (slot.open == null && !slot.permit.hasQueuedThreads()) {
						leave(slot);
					}
				}
				finally {
					slot.permit.release();
				}
			}
		}
		while (isLeftBehind(slot) && slot.permit.tryAcquire());
	}

	/**
	 * Return whether a slot came to be left to nobody while its permit was given back.
	 */
	boolean isLeftBehind(ActorSlot<A> slot) {
		return (slot.open != null) ? slot.removed : !slot.removed && !slot.permit.hasQueuedThreads();
	}

	private void leave(ActorSlot<A> slot) {
		slot.removed = true;
		this.slots.remove(slot.actorId, slot);
	}

	/**
	 * Close an actor whose permit the caller has, and give the permit back.
	 * @return whether it was open
	 */
	private boolean close(ActorSlot<A> slot, CloseReason reason) {
		A open = slot.open;
		try {
			if (open != null) {
				close(slot, open, reason);
			}
		}
		finally {
			settle(slot);
		}
		return open != null;
	}

	private void close(ActorSlot<A> slot, A open, CloseReason reason) {
		slot.open = null;
		try {
			this.idle.remove(slot);
			this.life.close(slot.actorId, open, reason);
		}
		finally {
			this.places.release();
		}
	}

	/**
	 * Close an actor when nobody has it any more.
	 * @return whether it was open
	 */
	boolean close(String actorId, Duration timeout) throws SQLException {
		ActorSlot<A> slot = this.slots.get(actorId);
		if (slot == null) {
			return false;
		}
		acquire(slot, new Deadline(timeout));
		return evict(slot, CloseReason.REQUESTED);
	}

	/**
	 * Close an actor that is idle for long, unless somebody has it.
	 */
	void closeIdle(ActorSlot<A> slot, long idleTimeout) {
		// it may have been used since it was found
		if (slot.permit.tryAcquire()) {
			if (slot.isIdleFor(idleTimeout, System.nanoTime())) {
				evict(slot, CloseReason.IDLE);
			}
			else {
				release(slot);
			}
		}
	}

	private boolean evict(ActorSlot<A> slot, CloseReason reason) {
		try {
			return close(slot, reason);
		}
		finally {
			makeRoom();
		}
	}

	/**
	 * Do something to an actor while nobody here has it: it is closed, and whoever asks
	 * for it meanwhile waits.
	 */
	<T, E extends Exception> T whileClosed(String actorId, Duration timeout, Work<T, E> work) throws SQLException, E {
		return perform(permit(actorId, new Deadline(timeout)), work);
	}

	/**
	 * Do the same at once, also when stopped.
	 * @throws KvActorOwnedException if somebody has the actor
	 */
	<T, E extends Exception> T ifUnused(String actorId, Work<T, E> work) throws E {
		while (true) {
			ActorSlot<A> slot = this.slots.computeIfAbsent(actorId, ActorSlot::new);
			if (!slot.permit.tryAcquire()) {
				throw new KvActorOwnedException(actorId, "a connection of this factory");
			}
			if (!isGone(slot)) {
				return perform(slot, work);
			}
			release(slot);
		}
	}

	private <T, E extends Exception> T perform(ActorSlot<A> slot, Work<T, E> work) throws E {
		try {
			A open = slot.open;
			if (open != null) {
				close(slot, open, CloseReason.REQUESTED);
			}
			return work.perform();
		}
		finally {
			release(slot);
		}
	}

	/**
	 * Close an actor at once, whoever has it.
	 * @return whether it was open
	 */
	boolean closeForcibly(String actorId) {
		ActorSlot<A> slot = this.slots.get(actorId);
		return slot != null && closeForcibly(slot, CloseReason.REQUESTED);
	}

	private boolean closeForcibly(ActorSlot<A> slot, CloseReason reason) {
		if (slot.permit.tryAcquire()) {
			return evict(slot, reason);
		}
		leave(slot);
		if (slot.permit.tryAcquire()) {
			// it came back just now
			return evict(slot, reason);
		}
		A open = slot.open;
		if (open == null) {
			return false;
		}
		open.abort();
		open.release();
		return true;
	}

	/**
	 * Hand out no actors any more.
	 * @param forGood whether that is the end
	 */
	synchronized void refuse(boolean forGood) {
		if (forGood) {
			this.state = State.CLOSED;
		}
		else if (this.state == State.RUNNING) {
			this.state = State.STOPPED;
		}
	}

	synchronized void start() {
		if (this.state == State.CLOSED) {
			throw new IllegalStateException("The factory is closed");
		}
		this.state = State.RUNNING;
	}

	/**
	 * Close an actor for the end, unless somebody has it.
	 */
	void closeUnused(ActorSlot<A> slot) {
		if (slot.permit.tryAcquire()) {
			evict(slot, CloseReason.SHUTDOWN);
		}
	}

	/**
	 * Take an actor from whoever has it, without a call of the store.
	 * @param slot its slot, which leaves the map
	 * @param close whether there is time to close its connection, where nobody uses it
	 */
	TakenAway<A> takeAway(ActorSlot<A> slot, boolean close) {
		leave(slot);
		if (!slot.permit.tryAcquire()) {
			// whoever has it sees the mark when it comes back
			A open = slot.open;
			if (open != null) {
				open.abort();
			}
			return new TakenAway<>(open, false);
		}
		A open = slot.open;
		try {
			if (open != null) {
				abandon(slot, open, close);
			}
		}
		finally {
			settle(slot);
		}
		return new TakenAway<>(null, open == null);
	}

	private void abandon(ActorSlot<A> slot, A open, boolean close) {
		slot.open = null;
		this.idle.remove(slot);
		try {
			open.abort();
			if (close) {
				this.life.abandon(slot.actorId, open);
			}
		}
		finally {
			this.places.release();
		}
	}

	IdleActors<A> idle() {
		return this.idle;
	}

	@Nullable ActorSlot<A> get(String actorId) {
		return this.slots.get(actorId);
	}

	Collection<ActorSlot<A>> all() {
		return this.slots.values();
	}

	int capacity() {
		return this.capacity;
	}

	int open() {
		return this.capacity - this.places.availablePermits();
	}

	int waiting() {
		return this.waiting.get();
	}

	/**
	 * How long somebody waits.
	 */
	private static final class Deadline {

		private final Duration timeout;

		private final long end;

		Deadline(Duration timeout) {
			this.timeout = timeout;
			this.end = System.nanoTime() + timeout.toNanos();
		}

		Duration timeout() {
			return this.timeout;
		}

		long left() {
			return Math.max(0, this.end - System.nanoTime());
		}

	}

	/**
	 * How actors are opened and closed. Called by whoever has the actor.
	 *
	 * @param <A> the open actors
	 */
	interface Life<A extends OpenActor> {

		A open(String actorId) throws SQLException;

		/**
		 * Make sure of the stack that an open takes, and the close of another actor that
		 * makes room for it.
		 */
		default void requireStack() {
		}

		void close(String actorId, A open, CloseReason reason);

		/**
		 * Close an actor without a call of the store, which keeps it for its owner.
		 */
		void abandon(String actorId, A open);

	}

	/**
	 * What became of an actor that was taken away.
	 *
	 * @param <A> the open actors
	 * @param open the actor, where somebody uses it; to be released in the store
	 * @param closed whether there was nothing open
	 */
	record TakenAway<A extends OpenActor>(@Nullable A open, boolean closed) {

		boolean used() {
			return this.open != null;
		}

	}

	/**
	 * Something to do while an actor is closed.
	 *
	 * @param <T> what comes of it
	 * @param <E> what may go wrong
	 */
	@FunctionalInterface
	interface Work<T, E extends Exception> {

		T perform() throws E;

	}

}
