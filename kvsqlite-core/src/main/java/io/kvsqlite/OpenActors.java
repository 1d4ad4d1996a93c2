package io.kvsqlite;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

import io.kvsqlite.ActorSlot.Use;
import io.kvsqlite.jdbc.LeftBehind;
import io.kvsqlite.jdbc.StackReserve;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.sqlite.SqliteSettings;
import io.kvsqlite.vfs.ActorFiles;
import io.kvsqlite.vfs.VfsSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bounded set of open actors: hands out their connections, and opens and closes their
 * databases. Who has which actor, and which are open, is up to its {@link ActorSlots}.
 */
final class OpenActors {

	private static final Logger logger = LoggerFactory.getLogger(OpenActors.class);

	private final KvStore store;

	private final VfsSettings files;

	private final SqliteSettings sqlite;

	private final ActorListener listener;

	private final List<ActorInitializer> initializers;

	private final int statementCacheSize;

	private final ActorSlots<OpenDatabase> slots;

	private final AtomicInteger active = new AtomicInteger();

	private final LeftBehind leftBehind = new LeftBehind();

	/**
	 * What was given up where there was no stack to close it.
	 */
	private final Queue<OpenDatabase> unclosed = new ConcurrentLinkedQueue<>();

	private final IdleSweeper sweeper;

	/**
	 * Held by the thread that closes all actors.
	 */
	private final ReentrantLock closing = new ReentrantLock();

	/**
	 * What went wrong when all actors were closed last.
	 */
	private volatile ShutdownReport shutdown = new ShutdownReport();

	OpenActors(KvStore store, int capacity, Duration idleTimeout, VfsSettings files, SqliteSettings sqlite,
			int statementCacheSize, ActorListener listener, List<ActorInitializer> initializers) {
		this.store = store;
		this.files = files;
		this.sqlite = sqlite;
		this.listener = listener;
		this.initializers = List.copyOf(initializers);
		this.statementCacheSize = statementCacheSize;
		this.slots = new ActorSlots<>(capacity, new Databases());
		this.sweeper = new IdleSweeper(this.slots, idleTimeout, this::returnLeftBehind);
	}

	/**
	 * Hand out an actor's connection.
	 */
	Connection connection(String actorId, Duration timeout) throws SQLException {
		StackReserve.require();
		long start = System.nanoTime();
		Connection connection = null;
		boolean told = false;
		try {
			connection = handOut(this.slots.take(actorId, timeout));
		}
		finally {
			try {
				this.listener.connectionRequested(actorId, System.nanoTime() - start, connection != null);
				told = true;
			}
			finally {
				// a listener that throws keeps it from its user
				if (!told && connection != null) {
					connection.close();
				}
			}
		}
		return connection;
	}

	private Connection handOut(ActorSlot<OpenDatabase> slot) throws SQLException {
		boolean handedOut = false;
		try {
			OpenDatabase open = Objects.requireNonNull(slot.open);
			ActorDatabase database = open.database();
			slot.use = new Use(Thread.currentThread(), System.nanoTime());
			slot.trimmed = false;
			database.beginUse();
			Connection connection = open.connections().handOut(new HandOut(this, slot, database));
			slot.lent = connection;
			this.active.incrementAndGet();
			handedOut = true;
			return connection;
		}
		finally {
			if (!handedOut) {
				slot.use = null;
				slot.lent = null;
				this.slots.giveBack(slot, null);
			}
		}
	}

	/**
	 * Take a connection back.
	 */
	void released(ActorSlot<OpenDatabase> slot, ActorDatabase database, boolean reusable) {
		this.active.decrementAndGet();
		slot.use = null;
		slot.lent = null;
		CloseReason reason = CloseReason.POISONED;
		try {
			OpenDatabase open = slot.open;
			if (open == null || open.database() != database) {
				throw new IllegalStateException(
						"Actor '%s' came back to a slot that is not its own".formatted(Printable.id(slot.actorId)));
			}
			if (slot.removed || (database.isUsable() && ((reusable && database.isUnchanged()) || renew(slot, open)))) {
				reason = null;
			}
		}
		finally {
			this.slots.giveBack(slot, reason);
		}
	}

	LeftBehind leftBehind() {
		return this.leftBehind;
	}

	/**
	 * Give back the connections that were left behind.
	 */
	private void returnLeftBehind() {
		for (OpenDatabase open = this.unclosed.poll(); open != null; open = this.unclosed.poll()) {
			try {
				open.close();
			}
			catch (SQLException ex) {
				logger.warn("Actor '{}' was given up, but SQLite could not close its connection",
						Printable.id(open.database().actorId()), ex);
			}
		}
		if (!this.leftBehind.take()) {
			return;
		}
		for (ActorSlot<OpenDatabase> slot : this.slots.all()) {
			Connection lent = slot.lent;
			if (lent != null && LeftBehind.isLeft(lent)) {
				try {
					lent.close();
				}
				catch (SQLException ex) {
					logger.warn("The connection of actor '{}' was not restored; it is not used again",
							Printable.id(slot.actorId), ex);
				}
			}
		}
	}

	/**
	 * Give an actor a fresh connection in place of one that was used in a way that is not
	 * undone.
	 * @return whether it has one; if not, it must be closed
	 */
	private static boolean renew(ActorSlot<OpenDatabase> slot, OpenDatabase open) {
		try {
			StackReserve.requireForSqlite();
			slot.open = open.renewed();
			return true;
		}
		catch (SQLException | RuntimeException ex) {
			logger.warn("Actor '{}' is closed, because its connection could not be replaced by a fresh one",
					Printable.id(slot.actorId), ex);
			return false;
		}
	}

	boolean close(String actorId, Duration timeout) throws SQLException {
		return this.slots.close(actorId, timeout);
	}

	/**
	 * Do something to an actor while nobody here has it: it is closed, and whoever asks
	 * for its connection meanwhile waits.
	 */
	<T> T whileClosed(String actorId, Duration timeout, ActorSlots.Work<T, IOException> work)
			throws SQLException, IOException {
		return this.slots.whileClosed(actorId, timeout, work);
	}

	boolean closeForcibly(String actorId) {
		return this.slots.closeForcibly(actorId);
	}

	boolean delete(String actorId, boolean force) {
		if (force) {
			closeForcibly(actorId);
			return this.store.delete(actorId, true);
		}
		return this.slots.<Boolean, RuntimeException>ifUnused(actorId, () -> this.store.delete(actorId, false));
	}

	boolean purge(String actorId, boolean force) {
		if (force) {
			closeForcibly(actorId);
			return this.store.purge(actorId, true);
		}
		return this.slots.<Boolean, RuntimeException>ifUnused(actorId, () -> this.store.purge(actorId, false));
	}

	void stop(Duration timeout) {
		this.slots.refuse(false);
		closeAll(timeout);
	}

	void start() {
		this.slots.start();
	}

	void shutDown(Duration timeout) {
		this.slots.refuse(true);
		closeAll(timeout);
		this.sweeper.close();
	}

	/**
	 * Close all actors within a time. Whoever finds another thread at it waits for no
	 * longer than that, and leaves it to the other.
	 */
	private void closeAll(Duration timeout) {
		boolean interrupted = Thread.interrupted();
		boolean mine = false;
		try {
			mine = this.closing.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			interrupted = true;
		}
		try {
			if (mine) {
				ShutdownReport report = new ShutdownReport();
				this.shutdown = report;
				new ActorShutdown<>(this.slots, timeout, report).run();
				report.log(logger, timeout);
			}
		}
		finally {
			if (mine) {
				this.closing.unlock();
			}
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	int capacity() {
		return this.slots.capacity();
	}

	int open() {
		return this.slots.open();
	}

	int active() {
		return this.active.get();
	}

	int waiting() {
		return this.slots.waiting();
	}

	Optional<ActorStatus> status(String actorId) {
		ActorSlot<OpenDatabase> slot = this.slots.get(actorId);
		return (slot != null) ? Optional.ofNullable(status(slot)) : Optional.empty();
	}

	Stream<ActorStatus> statuses() {
		return this.slots.all().stream().map(OpenActors::status).flatMap(Stream::ofNullable);
	}

	private static @Nullable ActorStatus status(ActorSlot<OpenDatabase> slot) {
		OpenDatabase open = slot.open;
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

	/**
	 * Opens and closes databases, and tells the listener.
	 */
	private final class Databases implements ActorSlots.Life<OpenDatabase> {

		@Override
		public OpenDatabase open(String actorId) throws SQLException {
			long start = System.nanoTime();
			try {
				return open(actorId, start);
			}
			catch (Throwable ex) {
				OpenActors.this.listener.actorOpenFailed(actorId, System.nanoTime() - start, ex);
				throw ex;
			}
		}

		@Override
		public void requireStack() {
			StackReserve.requireForSqlite();
		}

		private OpenDatabase open(String actorId, long start) throws SQLException {
			ActorDatabase database = ActorDatabase.open(OpenActors.this.store, actorId, OpenActors.this.files,
					OpenActors.this.sqlite, OpenActors.this.listener);
			OpenDatabase result = null;
			try {
				boolean created = database.files().isCreated();
				OpenDatabase open = new Initialization(OpenActors.this.initializers, OpenActors.this.statementCacheSize)
					.prepare(database);
				OpenActors.this.listener.actorOpened(actorId, System.nanoTime() - start, created);
				result = open;
				return open;
			}
			finally {
				if (result == null) {
					closeQuietly(database);
				}
			}
		}

		/**
		 * Close what could not be made ready. Why that was is what the application is
		 * told.
		 */
		private void closeQuietly(ActorDatabase database) {
			try {
				database.close();
			}
			catch (SQLException ex) {
				logger.debug("Actor '{}' could not be closed in order after it could not be opened",
						Printable.id(database.actorId()), ex);
			}
		}

		@Override
		public void close(String actorId, OpenDatabase open, CloseReason reason) {
			try {
				if (isStackEnough()) {
					open.close();
				}
				else {
					leaveToTheSweeper(open);
				}
			}
			catch (SQLException | RuntimeException ex) {
				if (reason == CloseReason.SHUTDOWN) {
					OpenActors.this.shutdown.failed(ex);
				}
				else {
					logger.warn("Actor '{}' was given up, but SQLite could not close its connection",
							Printable.id(actorId), ex);
				}
			}
			finally {
				OpenActors.this.listener.actorClosed(actorId, reason);
			}
		}

		private static boolean isStackEnough() {
			try {
				StackReserve.requireForSqlite();
				return true;
			}
			catch (StackOverflowError ex) {
				return false;
			}
		}

		/**
		 * Have it closed by a thread that has the stack: SQLite would call back for
		 * nothing here, and leave its files open.
		 */
		private void leaveToTheSweeper(OpenDatabase open) {
			open.abort();
			OpenActors.this.unclosed.add(open);
		}

		@Override
		public void abandon(String actorId, OpenDatabase open) {
			try {
				open.abandon();
			}
			catch (SQLException | RuntimeException ex) {
				OpenActors.this.shutdown.failed(ex);
			}
			finally {
				OpenActors.this.listener.actorClosed(actorId, CloseReason.SHUTDOWN);
			}
		}

	}

}
