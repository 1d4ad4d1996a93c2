package io.kvsqlite;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.ActorSlots.TakenAway;
import org.jspecify.annotations.Nullable;

/**
 * Closes all actors within a time, whatever the store does and however many they are.
 *
 * <p>
 * Nothing that may call the store runs in the thread that asks for it. Actors that nobody
 * has are closed on a few daemon threads, in parallel. One that somebody has is closed by
 * that thread when it gives it back (see {@link ActorSlots#giveBack}); one that the
 * asking thread itself has is taken from it at once.
 *
 * <p>
 * A last part of the time is kept for those that are left then. They leave the map, so
 * that nothing waits for them later. Whoever has one finds that it fails; it is released
 * in the store if the store lets it. Of one that could not be closed in time, the
 * connection is closed without the store, which gives its memory back; the store keeps
 * the owner until it is closed itself, or the lease ends.
 *
 * <p>
 * Used by one thread, once.
 *
 * @param <A> the open actors
 */
final class ActorShutdown<A extends OpenActor> {

	private static final int MOST_THREADS = 8;

	private static final long LONGEST_LAST_PART = TimeUnit.SECONDS.toNanos(1);

	private static final long SHORTEST_PAUSE = TimeUnit.MICROSECONDS.toNanos(100);

	private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

	/**
	 * How long threads that have nothing to do any more are waited for, so that none is
	 * left when all is closed.
	 */
	private static final long NANOS_TO_END = TimeUnit.MILLISECONDS.toNanos(100);

	private final ActorSlots<A> slots;

	private final long deadline;

	private final long lastPart;

	private final List<Closing> left = new ArrayList<>();

	private final ShutdownReport report;

	private final ThreadPoolExecutor threads;

	private volatile boolean inLastPart;

	ActorShutdown(ActorSlots<A> slots, Duration timeout, ShutdownReport report) {
		long start = System.nanoTime();
		this.slots = slots;
		this.report = report;
		this.deadline = start + timeout.toNanos();
		this.lastPart = this.deadline - Math.min(LONGEST_LAST_PART, timeout.toNanos() / 4);
		AtomicInteger number = new AtomicInteger();
		this.threads = new ThreadPoolExecutor(MOST_THREADS, MOST_THREADS, 1, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), (task) -> {
					Thread thread = new Thread(null, task, "kvsqlite-closer-" + number.incrementAndGet(), 0, false);
					thread.setDaemon(true);
					return thread;
				});
	}

	/**
	 * Close the actors that there are. An interrupt does not cut it short; the thread
	 * stays interrupted.
	 */
	void run() {
		boolean interrupted = Thread.interrupted();
		try {
			for (ActorSlot<A> slot : this.slots.all()) {
				this.left.add(new Closing(slot));
			}
			takeAwayOwn();
			interrupted |= closeUntil(this.lastPart);
			this.inLastPart = true;
			this.left.forEach(Closing::takeAway);
			interrupted |= closeUntil(this.deadline);
			this.left.forEach(Closing::giveUp);
		}
		finally {
			this.inLastPart = true;
			interrupted |= end();
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private void takeAwayOwn() {
		for (Closing closing : this.left) {
			if (closing.isOwn()) {
				closing.takeAway();
			}
		}
	}

	/**
	 * Have closed what can be, until all is or a time has come.
	 * @return whether the thread was interrupted
	 */
	private boolean closeUntil(long end) {
		boolean interrupted = false;
		long pause = SHORTEST_PAUSE;
		while (true) {
			this.left.removeIf(Closing::isOver);
			long left = end - System.nanoTime();
			if (this.left.isEmpty() || left <= 0) {
				return interrupted;
			}
			this.left.forEach(Closing::submit);
			try {
				TimeUnit.NANOSECONDS.sleep(Math.min(pause, left));
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
			pause = Math.min(2 * pause, LONGEST_PAUSE);
		}
	}

	private boolean end() {
		if (this.report.isUnreleased()) {
			// what hangs may listen to it
			this.threads.shutdownNow();
		}
		else {
			this.threads.shutdown();
		}
		try {
			long left = Math.max(0, this.deadline - System.nanoTime());
			this.threads.awaitTermination(Math.min(NANOS_TO_END, left), TimeUnit.NANOSECONDS);
			return false;
		}
		catch (InterruptedException ex) {
			return true;
		}
	}

	/**
	 * One actor that is to be closed.
	 */
	private final class Closing implements Runnable {

		private final ActorSlot<A> slot;

		/**
		 * What was taken from somebody, and is to be released in the store.
		 */
		private volatile @Nullable A taken;

		private volatile boolean released;

		/**
		 * Whether a thread has it to do. Such a thread may be stuck, so it is not given
		 * to another.
		 */
		private volatile boolean submitted;

		private boolean unreleased;

		Closing(ActorSlot<A> slot) {
			this.slot = slot;
		}

		boolean isOwn() {
			ActorSlot.Use use = this.slot.use;
			return use != null && use.thread() == Thread.currentThread();
		}

		/**
		 * Return whether there is nothing to do, or nothing more that can be done.
		 */
		boolean isOver() {
			return (this.taken != null) ? this.released : this.unreleased || (this.slot.removed && !this.submitted);
		}

		void submit() {
			boolean ready = (this.taken != null) || this.slot.permit.availablePermits() > 0;
			if (!ready || this.submitted) {
				return;
			}
			this.submitted = true;
			try {
				ActorShutdown.this.threads.execute(this);
			}
			catch (OutOfMemoryError ex) {
				// no thread can be started; there may be one later
				this.submitted = false;
				ActorShutdown.this.report.failed(ex);
			}
		}

		@Override
		public void run() {
			try {
				A taken = this.taken;
				if (taken != null) {
					release(taken);
				}
				else if (!ActorShutdown.this.inLastPart) {
					ActorShutdown.this.slots.closeUnused(this.slot);
				}
			}
			catch (Throwable ex) {
				ActorShutdown.this.report.failed(ex);
			}
			finally {
				this.submitted = false;
			}
		}

		/**
		 * Release the actor in the store, which is tried once.
		 */
		private void release(A taken) {
			boolean done = false;
			try {
				taken.release();
				done = true;
			}
			finally {
				if (!done) {
					ActorShutdown.this.report.unreleased(this.slot.actorId);
				}
				this.released = true;
			}
		}

		/**
		 * Take the actor away from whoever has it, unless that was done.
		 */
		void takeAway() {
			if (this.taken != null || isOver()) {
				return;
			}
			ActorSlot.Use use = this.slot.use;
			TakenAway<A> result = ActorShutdown.this.slots.takeAway(this.slot,
					System.nanoTime() - ActorShutdown.this.deadline < 0);
			if (result.used()) {
				ActorShutdown.this.report.used(this.slot.actorId, use);
			}
			this.taken = result.open();
			this.submitted = false;
			if (!result.closed() && this.taken == null) {
				this.unreleased = true;
				ActorShutdown.this.report.unreleased(this.slot.actorId);
			}
		}

		/**
		 * Note that the time is up.
		 */
		void giveUp() {
			if (!isOver()) {
				ActorShutdown.this.report.unreleased(this.slot.actorId);
			}
		}

	}

}
