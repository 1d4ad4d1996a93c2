package io.kvsqlite;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import io.kvsqlite.ActorSlot.OpenActor;
import io.kvsqlite.ActorSlot.Use;
import io.kvsqlite.jdbc.ActorConnections;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.sqlite.SqliteSettings;
import io.kvsqlite.vfs.ActorFiles;
import io.kvsqlite.vfs.VfsSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bounded set of open actors.
 *
 * <h2>Permits</h2>
 *
 * <p>
 * Each actor that is open, being opened or waited for has an {@link ActorSlot}, and
 * whoever has the slot's permit has the actor. Each open actor also holds one of
 * {@code maxOpenActors} places. Places are only taken with the slot's permit held, and
 * another slot's permit is only ever tried for, never waited for, with one's own held: so
 * there is no circle of waiting.
 *
 * <h2>Making room</h2>
 *
 * <p>
 * When no place is free, the least recently used actor that nobody has or waits for is
 * closed. If all are in use, the opener waits for a place, and the next actor that comes
 * back with nobody waiting for it is closed instead of kept.
 *
 * <h2>Leaving</h2>
 *
 * <p>
 * A slot that is neither open nor waited for is removed from the map, marked so, by the
 * holder of its permit; whoever gets that permit later sees the mark and starts over with
 * a new slot. A forced close does the same to a slot in use: its user keeps a permit that
 * matters to nobody, and the next user opens the actor afresh.
 */
final class OpenActors {

	private static final Logger logger = LoggerFactory.getLogger(OpenActors.class);

	private final KvStore store;

	private final int capacity;

	private final VfsSettings files;

	private final SqliteSettings sqlite;

	private final ActorListener listener;

	private final @Nullable ActorInitializer initializer;

	private final Map<String, ActorSlot> slots = new ConcurrentHashMap<>();

	private final IdleActors idle = new IdleActors();

	private final Semaphore places;

	private final AtomicInteger active = new AtomicInteger();

	private final AtomicInteger waiting = new AtomicInteger();

	private final IdleSweeper sweeper;

	private volatile State state = State.RUNNING;

	private enum State {

		RUNNING, STOPPED, CLOSED

	}

	OpenActors(KvStore store, int capacity, Duration idleTimeout, VfsSettings files, SqliteSettings sqlite,
			ActorListener listener, @Nullable ActorInitializer initializer) {
		this.store = store;
		this.capacity = capacity;
		this.files = files;
		this.sqlite = sqlite;
		this.listener = listener;
		this.initializer = initializer;
		this.places = new Semaphore(capacity, true);
		this.sweeper = new IdleSweeper(this.idle, idleTimeout, (slot) -> evict(slot, CloseReason.IDLE), this::giveBack);
	}

	/**
	 * Hand out an actor's connection.
	 */
	Connection connection(String actorId, Duration timeout) throws SQLException {
		long start = System.nanoTime();
		boolean acquired = false;
		try {
			Connection connection = connection(actorId, start + timeout.toNanos(), timeout);
			acquired = true;
			return connection;
		}
		finally {
			this.listener.connectionRequested(actorId, System.nanoTime() - start, acquired);
		}
	}

	private Connection connection(String actorId, long deadline, Duration timeout) throws SQLException {
		while (true) {
			requireRunning(actorId);
			ActorSlot slot = this.slots.computeIfAbsent(actorId, ActorSlot::new);
			if (!acquire(slot.permit, deadline, actorId)) {
				throw busy(slot, timeout);
			}
			boolean handedOut = false;
			try {
				if (slot.removed) {
					continue;
				}
				requireRunning(actorId);
				this.idle.remove(slot);
				OpenActor open = usable(slot, deadline, timeout);
				slot.use = new Use(Thread.currentThread(), System.nanoTime());
				slot.trimmed = false;
				open.database().beginUse();
				this.active.incrementAndGet();
				Connection connection = ActorConnections.wrap(open.database().connection(),
						new HandOut(this, slot, open.database()));
				handedOut = true;
				return connection;
			}
			finally {
				if (!handedOut) {
					giveBack(slot);
				}
			}
		}
	}

	private boolean acquire(Semaphore permit, long deadline, String actorId) throws SQLException {
		if (permit.tryAcquire()) {
			return true;
		}
		this.waiting.incrementAndGet();
		try {
			return permit.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new SQLTransientConnectionException(
					"Interrupted while waiting for the connection of actor '%s'".formatted(actorId), ex);
		}
		finally {
			this.waiting.decrementAndGet();
		}
	}

	private static SQLException busy(ActorSlot slot, Duration timeout) {
		Use use = slot.use;
		String holder = "it is being opened or closed";
		if (use != null) {
			holder = "thread '%s' has had it for %d ms%s".formatted(use.thread().getName(),
					TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - use.since()),
					(use.thread() == Thread.currentThread()) ? " (this very thread: close the first one before)" : "");
		}
		return new SQLTransientConnectionException(
				"No connection of actor '%s' within %d ms: %s".formatted(slot.actorId, timeout.toMillis(), holder));
	}

	private void requireRunning(String actorId) throws SQLException {
		State state = this.state;
		if (state != State.RUNNING) {
			throw new SQLTransientConnectionException("No connection of actor '%s': the factory is %s"
				.formatted(actorId, (state == State.CLOSED) ? "closed" : "stopped"));
		}
	}

	/**
	 * Return the open actor of a slot, opening it if needed.
	 */
	private OpenActor usable(ActorSlot slot, long deadline, Duration timeout) throws SQLException {
		OpenActor open = slot.open;
		if (open != null && open.database().isUsable()) {
			return open;
		}
		if (open != null) {
			close(slot, open, CloseReason.POISONED);
		}
		takePlace(slot, deadline, timeout);
		boolean opened = false;
		long start = System.nanoTime();
		try {
			ActorDatabase database = ActorDatabase.open(this.store, slot.actorId, this.files, this.sqlite,
					this.listener);
			initialize(database);
			open = new OpenActor(database, Instant.now());
			slot.open = open;
			opened = true;
			this.listener.actorOpened(slot.actorId, System.nanoTime() - start, database.files().isCreated());
			return open;
		}
		catch (Throwable ex) {
			this.listener.actorOpenFailed(slot.actorId, System.nanoTime() - start, ex);
			throw ex;
		}
		finally {
			if (!opened) {
				this.places.release();
			}
		}
	}

	private void takePlace(ActorSlot slot, long deadline, Duration timeout) throws SQLException {
		while (!this.places.tryAcquire()) {
			ActorSlot victim = this.idle.take();
			if (victim == null) {
				if (acquire(this.places, deadline, slot.actorId)) {
					return;
				}
				throw new SQLTransientConnectionException(
						"No connection of actor '%s' within %d ms: all %d actors that may be open are in use"
							.formatted(slot.actorId, timeout.toMillis(), this.capacity));
			}
			evict(victim, CloseReason.EVICTED);
		}
	}

	private void initialize(ActorDatabase database) throws SQLException {
		try {
			ActorConnections.prepare(database.connection());
			if (this.initializer != null) {
				initialize(database, this.initializer);
			}
		}
		catch (Throwable ex) {
			try {
				database.close();
			}
			catch (SQLException closing) {
				ex.addSuppressed(closing);
			}
			throw ex;
		}
	}

	private static void initialize(ActorDatabase database, ActorInitializer initializer) throws SQLException {
		try (Connection connection = ActorConnections.wrap(database.connection(), new Borrowing(database))) {
			initializer.initialize(database.actorId(), connection);
		}
		catch (Exception ex) {
			throw new SQLException("Actor '%s' cannot be opened, its initialization failed: %s"
				.formatted(database.actorId(), ex.getMessage()), ex);
		}
		if (!database.isUsable()) {
			throw new SQLException("Actor '%s' cannot be opened: its connection failed during initialization"
				.formatted(database.actorId()), database.files().failure());
		}
	}

	/**
	 * Take a connection back.
	 */
	void released(ActorSlot slot, ActorDatabase database, boolean reusable) {
		this.active.decrementAndGet();
		slot.use = null;
		OpenActor open = slot.open;
		if (open == null || open.database() != database) {
			throw new IllegalStateException(
					"Actor '%s' came back to a slot that is not its own".formatted(slot.actorId));
		}
		if (!database.isUsable()) {
			close(slot, open, slot.removed ? CloseReason.REQUESTED : CloseReason.POISONED);
		}
		else if (!reusable) {
			close(slot, open, CloseReason.REQUESTED);
		}
		else if (this.state != State.RUNNING && !slot.permit.hasQueuedThreads()) {
			close(slot, open, CloseReason.SHUTDOWN);
		}
		else if (this.places.hasQueuedThreads() && !slot.permit.hasQueuedThreads()) {
			close(slot, open, CloseReason.EVICTED);
		}
		giveBack(slot);
	}

	/**
	 * Give a slot's permit back: open, it joins the idle ones; otherwise it leaves,
	 * unless somebody waits for it.
	 */
	private void giveBack(ActorSlot slot) {
		OpenActor open = slot.open;
		if (open != null && slot.removed) {
			close(slot, open, CloseReason.REQUESTED);
		}
		else if (open != null) {
			slot.idleSince = System.nanoTime();
			this.idle.add(slot);
		}
		else if (!slot.permit.hasQueuedThreads()) {
			slot.removed = true;
			this.slots.remove(slot.actorId, slot);
		}
		slot.permit.release();
	}

	/**
	 * Close an actor whose permit the caller has, and give the permit back.
	 */
	private void evict(ActorSlot slot, CloseReason reason) {
		OpenActor open = slot.open;
		try {
			if (open != null) {
				close(slot, open, reason);
			}
		}
		finally {
			giveBack(slot);
		}
	}

	private void close(ActorSlot slot, OpenActor open, CloseReason reason) {
		slot.open = null;
		this.idle.remove(slot);
		try {
			open.database().close();
		}
		catch (SQLException | RuntimeException ex) {
			logger.warn("Actor '{}' was given up, but SQLite could not close its connection", slot.actorId, ex);
		}
		finally {
			this.places.release();
			this.listener.actorClosed(slot.actorId, reason);
		}
	}

	boolean close(String actorId, Duration timeout) throws SQLException {
		ActorSlot slot = this.slots.get(actorId);
		if (slot == null) {
			return false;
		}
		if (!acquire(slot.permit, System.nanoTime() + timeout.toNanos(), actorId)) {
			throw busy(slot, timeout);
		}
		boolean wasOpen = slot.open != null;
		evict(slot, CloseReason.REQUESTED);
		return wasOpen;
	}

	/**
	 * Do something to an actor while nobody here has it: it is closed, and whoever asks
	 * for its connection meanwhile waits.
	 */
	<T> T whileClosed(String actorId, Duration timeout, Work<T> work) throws SQLException, IOException {
		long deadline = System.nanoTime() + timeout.toNanos();
		while (true) {
			requireRunning(actorId);
			ActorSlot slot = this.slots.computeIfAbsent(actorId, ActorSlot::new);
			if (!acquire(slot.permit, deadline, actorId)) {
				throw busy(slot, timeout);
			}
			try {
				if (!slot.removed) {
					OpenActor open = slot.open;
					if (open != null) {
						close(slot, open, CloseReason.REQUESTED);
					}
					return work.perform();
				}
			}
			finally {
				giveBack(slot);
			}
		}
	}

	/**
	 * Something to do while an actor is closed.
	 *
	 * @param <T> what comes of it
	 */
	@FunctionalInterface
	interface Work<T> {

		T perform() throws IOException;

	}

	boolean closeForcibly(String actorId) {
		ActorSlot slot = this.slots.get(actorId);
		return slot != null && closeForcibly(slot, CloseReason.REQUESTED);
	}

	private boolean closeForcibly(ActorSlot slot, CloseReason reason) {
		if (slot.permit.tryAcquire()) {
			boolean wasOpen = slot.open != null;
			evict(slot, reason);
			return wasOpen;
		}
		OpenActor open = slot.open;
		slot.removed = true;
		this.slots.remove(slot.actorId, slot);
		if (open == null) {
			return false;
		}
		open.database().abort("it was closed by force");
		open.database().files().close();
		return true;
	}

	boolean delete(String actorId, boolean force) {
		if (force) {
			closeForcibly(actorId);
			return this.store.delete(actorId, true);
		}
		ActorSlot slot = this.slots.computeIfAbsent(actorId, ActorSlot::new);
		if (!slot.permit.tryAcquire()) {
			throw new KvActorOwnedException(actorId, "a connection of this factory");
		}
		try {
			OpenActor open = slot.open;
			if (open != null) {
				close(slot, open, CloseReason.REQUESTED);
			}
			return this.store.delete(actorId, false);
		}
		finally {
			giveBack(slot);
		}
	}

	void stop(Duration timeout) {
		if (this.state == State.RUNNING) {
			this.state = State.STOPPED;
		}
		long deadline = System.nanoTime() + timeout.toNanos();
		for (ActorSlot slot : this.slots.values()) {
			stop(slot, deadline);
		}
	}

	private void stop(ActorSlot slot, long deadline) {
		boolean acquired = false;
		try {
			acquired = slot.permit.tryAcquire(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		if (acquired) {
			evict(slot, CloseReason.SHUTDOWN);
			return;
		}
		Use use = slot.use;
		logger.warn("Actor '{}' is closed by force: {} still uses it", slot.actorId,
				(use != null) ? "thread '" + use.thread().getName() + "'" : "somebody");
		closeForcibly(slot, CloseReason.SHUTDOWN);
	}

	void start() {
		if (this.state == State.CLOSED) {
			throw new IllegalStateException("The factory is closed");
		}
		this.state = State.RUNNING;
	}

	void shutDown(Duration timeout) {
		stop(timeout);
		this.state = State.CLOSED;
		this.sweeper.close();
	}

	int capacity() {
		return this.capacity;
	}

	int open() {
		return this.capacity - this.places.availablePermits();
	}

	int active() {
		return this.active.get();
	}

	int waiting() {
		return this.waiting.get();
	}

	Optional<ActorStatus> status(String actorId) {
		ActorSlot slot = this.slots.get(actorId);
		return (slot != null) ? Optional.ofNullable(status(slot)) : Optional.empty();
	}

	Stream<ActorStatus> statuses() {
		return this.slots.values().stream().map(OpenActors::status).flatMap(Stream::ofNullable);
	}

	private static @Nullable ActorStatus status(ActorSlot slot) {
		OpenActor open = slot.open;
		if (open == null) {
			return null;
		}
		Use use = slot.use;
		long now = System.nanoTime();
		ActorFiles files = open.database().files();
		return new ActorStatus(slot.actorId, open.since(),
				(use != null) ? Duration.ZERO : Duration.ofNanos(now - slot.idleSince),
				(use != null) ? use.thread().getName() : null,
				(use != null) ? Duration.ofNanos(now - use.since()) : Duration.ZERO, slot.permit.getQueueLength(),
				files.epoch(), files.commit(), files.main().size());
	}

}
