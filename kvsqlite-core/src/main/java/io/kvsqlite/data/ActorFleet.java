package io.kvsqlite.data;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvStore;
import org.jspecify.annotations.Nullable;

/**
 * All actors of a store, or those whose ids begin with a prefix, and a way to do
 * something with each: several at a time, with a bound, and until too many have failed.
 *
 * <p>
 * The actors are listed in pages and in order while the work goes on, so there may be any
 * number of them. One that comes to exist meanwhile may be left out. Immutable and safe
 * for use by many threads.
 */
public final class ActorFleet {

	private static final int PAGE = 1_000;

	private final KvStore store;

	private final String prefix;

	private final int parallelism;

	private final int maxFailures;

	private final Listener listener;

	/**
	 * Create a fleet that is worked on one actor at a time, stopping at the first
	 * failure.
	 * @param store where the actors are
	 * @param prefix what their ids begin with; empty for all
	 */
	public ActorFleet(KvStore store, String prefix) {
		this(store, prefix, 1, 1, (actorId, failure, done) -> {
		});
	}

	private ActorFleet(KvStore store, String prefix, int parallelism, int maxFailures, Listener listener) {
		this.store = store;
		this.prefix = prefix;
		this.parallelism = parallelism;
		this.maxFailures = maxFailures;
		this.listener = listener;
	}

	/**
	 * Return the same fleet, worked on by several threads.
	 * @param parallelism how many actors at a time, at least 1
	 * @return a fleet
	 */
	public ActorFleet parallelism(int parallelism) {
		requirePositive(parallelism, "parallelism");
		return new ActorFleet(this.store, this.prefix, parallelism, this.maxFailures, this.listener);
	}

	/**
	 * Return the same fleet, with another bound for failures.
	 * @param maxFailures after how many failures no further actor is begun, at least 1.
	 * Those that were begun are finished, so up to {@code parallelism - 1} more may fail
	 * @return a fleet
	 */
	public ActorFleet maxFailures(int maxFailures) {
		requirePositive(maxFailures, "maxFailures");
		return new ActorFleet(this.store, this.prefix, this.parallelism, maxFailures, this.listener);
	}

	/**
	 * Return the same fleet with another listener.
	 * @param listener hears of each actor
	 * @return a fleet
	 */
	public ActorFleet listener(Listener listener) {
		return new ActorFleet(this.store, this.prefix, this.parallelism, this.maxFailures, listener);
	}

	private static void requirePositive(int value, String name) {
		if (value < 1) {
			throw new IllegalArgumentException("'%s' must be at least 1, but is %d".formatted(name, value));
		}
	}

	/**
	 * Do something with each actor.
	 * @param action what to do; called by several threads
	 * @return what came of it
	 * @throws io.kvsqlite.kv.KvException if the actors could not be listed; those begun
	 * were finished
	 * @throws InterruptedException if the thread was interrupted, which it still is then;
	 * those begun were finished or interrupted, and none is at work any more
	 */
	public Report forEach(Action action) throws InterruptedException {
		Run run = new Run(action);
		ExecutorService threads = Executors.newFixedThreadPool(this.parallelism, (task) -> {
			Thread thread = new Thread(task, "kvsqlite-fleet");
			thread.setDaemon(true);
			return thread;
		});
		try {
			submitAll(run, threads);
			run.slots.acquire(this.parallelism);
			return run.report();
		}
		catch (InterruptedException ex) {
			threads.shutdownNow();
			awaitEnd(threads);
			Thread.currentThread().interrupt();
			throw ex;
		}
		finally {
			threads.shutdown();
			awaitEnd(threads);
		}
	}

	/**
	 * Wait for those that are at work. They are interrupted if this thread is, and there
	 * is nothing else to do with them.
	 */
	private static void awaitEnd(ExecutorService threads) {
		boolean interrupted = false;
		while (!threads.isTerminated()) {
			try {
				threads.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
			}
			catch (InterruptedException ex) {
				interrupted = true;
				threads.shutdownNow();
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	private void submitAll(Run run, ExecutorService threads) throws InterruptedException {
		String after = null;
		do {
			KvActorPage page = this.store.actors(this.prefix, after, PAGE);
			for (String actorId : page.actorIds()) {
				run.slots.acquire();
				if (run.isStopped()) {
					run.slots.release();
					return;
				}
				threads.execute(() -> run.perform(actorId));
			}
			after = page.next();
		}
		while (after != null);
	}

	/**
	 * Something to do with an actor.
	 */
	@FunctionalInterface
	public interface Action {

		/**
		 * Do it.
		 * @param actorId the actor
		 * @return whether there was anything to do
		 * @throws Exception if it failed, which counts as one failure
		 */
		boolean perform(String actorId) throws Exception;

	}

	/**
	 * Hears of each actor. Called by several threads.
	 */
	@FunctionalInterface
	public interface Listener {

		/**
		 * An actor was worked on.
		 * @param actorId the actor
		 * @param failure why it failed, or {@code null} if it did not
		 * @param finished how many actors were worked on so far, this one included
		 */
		void finished(String actorId, @Nullable Exception failure, long finished);

	}

	/**
	 * An actor that failed.
	 *
	 * @param actorId the actor
	 * @param cause why
	 */
	public record Failure(String actorId, Exception cause) {
	}

	/**
	 * What came of it.
	 *
	 * @param changed how many actors there was something to do with, and it was done
	 * @param unchanged how many there was nothing to do with
	 * @param failures those that failed, in the order of their ids
	 * @param stopped whether actors were left out because too many had failed
	 * @param duration how long it took
	 */
	public record Report(long changed, long unchanged, List<Failure> failures, boolean stopped, Duration duration) {

		public Report {
			failures = List.copyOf(failures);
		}

		/**
		 * Return whether all went well.
		 * @return whether no actor failed
		 */
		public boolean isSuccess() {
			return this.failures.isEmpty();
		}

	}

	/**
	 * One time through the fleet.
	 */
	private final class Run {

		private final Action action;

		private final long start = System.nanoTime();

		/**
		 * One permit for each actor that may be begun now.
		 */
		private final Semaphore slots = new Semaphore(ActorFleet.this.parallelism);

		private final AtomicLong changed = new AtomicLong();

		private final AtomicLong unchanged = new AtomicLong();

		private final AtomicInteger failed = new AtomicInteger();

		private final List<Failure> failures = new ArrayList<>();

		Run(Action action) {
			this.action = action;
		}

		boolean isStopped() {
			return this.failed.get() >= ActorFleet.this.maxFailures;
		}

		void perform(String actorId) {
			try {
				Exception failure = null;
				try {
					(this.action.perform(actorId) ? this.changed : this.unchanged).incrementAndGet();
				}
				catch (Exception | Error ex) {
					failure = (ex instanceof Exception exception) ? exception
							: new IllegalStateException("It ended with an error: " + ex, ex);
					this.failed.incrementAndGet();
					synchronized (this.failures) {
						this.failures.add(new Failure(actorId, failure));
					}
				}
				ActorFleet.this.listener.finished(actorId, failure,
						this.changed.get() + this.unchanged.get() + this.failed.get());
			}
			finally {
				this.slots.release();
			}
		}

		Report report() {
			synchronized (this.failures) {
				this.failures.sort((a, b) -> a.actorId().compareTo(b.actorId()));
				return new Report(this.changed.get(), this.unchanged.get(), this.failures, isStopped(),
						Duration.ofNanos(System.nanoTime() - this.start));
			}
		}

	}

}
