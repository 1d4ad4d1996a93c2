package io.kvsqlite.kv;

import java.time.Duration;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One owner's lease, renewed in the background: the sign of life in a store that several
 * processes share. There is one for all the actors an owner holds.
 *
 * <p>
 * It is for liveness alone. While it lasts, others do not try to take the owner's actors;
 * when it has ended they may, and then it is the epoch that keeps the earlier owner from
 * reading and writing. So an owner that was paused past its lease may go on as if nothing
 * had happened, for every actor that no one took.
 *
 * <p>
 * An owner that lives on never loses its lease, so whatever it failed to release would
 * stay held for ever. That is why a release that failed is {@linkplain #repeat repeated}
 * here. Safe for use by many threads.
 */
public final class OwnerLease implements AutoCloseable {

	/**
	 * How long a lease lasts that nothing renews, where the user did not say: long enough
	 * for an ordinary pause, short enough to wait for after a crash.
	 */
	public static final Duration DEFAULT_DURATION = Duration.ofSeconds(15);

	/**
	 * The shortest lease that is allowed.
	 */
	public static final Duration LEAST_DURATION = Duration.ofMillis(300);

	// Two renewals may fail before the third comes too late.
	private static final int RENEWALS_IN_A_LEASE = 3;

	// One owner's releases that wait: an owner of more actors than this that loses its
	// store altogether forgets the oldest, and they are free when the process ends.
	private static final int MOST_REPEATED = 100_000;

	private static final Logger logger = LoggerFactory.getLogger(OwnerLease.class);

	private final String id = UUID.randomUUID().toString();

	private final String name;

	private final Duration duration;

	private final LeaseLife life;

	private final Queue<Runnable> repeated = new ConcurrentLinkedQueue<>();

	private @Nullable ScheduledExecutorService executor;

	// Guarded by the executor's single thread.
	private long renewedAt;

	private boolean failing;

	/**
	 * Create a lease that is not kept yet.
	 * @param name what others call this owner, for messages; need not be unique
	 * @param duration how long the lease lasts when nothing renews it; it is renewed
	 * three times as often
	 * @param renewal how the store records it
	 */
	public OwnerLease(String name, Duration duration, Renewal renewal) {
		if (duration.compareTo(LEAST_DURATION) < 0) {
			throw new IllegalArgumentException(
					"A lease must last at least %s, but is to last %s".formatted(LEAST_DURATION, duration));
		}
		this.name = name;
		this.duration = duration;
		this.life = new LeaseLife(this.id, name, duration, renewal);
	}

	/**
	 * Return a name for an owner of this process: its host and its process id.
	 * @return a name that tells a person where to look
	 */
	public static String processName() {
		String host = System.getenv("HOSTNAME");
		if (host == null || host.isEmpty()) {
			try {
				host = java.net.InetAddress.getLocalHost().getHostName();
			}
			catch (java.net.UnknownHostException ex) {
				host = "localhost";
			}
		}
		return host + "/" + ProcessHandle.current().pid();
	}

	/**
	 * Return what tells this owner from all others, also from one of the same name that
	 * ran before it.
	 * @return an id that is never used again
	 */
	public String id() {
		return this.id;
	}

	/**
	 * Return what others call this owner.
	 * @return the name
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Return how long the lease lasts when nothing renews it.
	 * @return the duration
	 */
	public Duration duration() {
		return this.duration;
	}

	/**
	 * Record the lease, unless that was done, and keep renewing it. To be called before
	 * this owner takes an actor.
	 * @throws KvException if the store could not record it; the next call tries again
	 */
	public void start() {
		if (!this.life.isRecorded()) {
			startOnce();
		}
	}

	private synchronized void startOnce() {
		if (!this.life.record()) {
			return;
		}
		this.renewedAt = System.nanoTime();
		ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor((runnable) -> {
			Thread thread = new Thread(runnable, "kvsqlite-lease-" + this.name);
			thread.setDaemon(true);
			return thread;
		});
		long period = this.duration.toNanos() / RENEWALS_IN_A_LEASE;
		executor.scheduleWithFixedDelay(this::tick, period, period, TimeUnit.NANOSECONDS);
		this.executor = executor;
	}

	/**
	 * Do something again at each renewal until it succeeds once: a release that failed.
	 * @param release what to do; throws when it is to be repeated
	 */
	public void repeat(Runnable release) {
		if (this.repeated.size() >= MOST_REPEATED) {
			this.repeated.poll();
		}
		this.repeated.add(release);
	}

	private void tick() {
		try {
			if (!this.life.renew()) {
				return;
			}
			long now = System.nanoTime();
			if (this.failing) {
				logger.info("The lease of owner '{}' is renewed again, after {} ms", this.name,
						TimeUnit.NANOSECONDS.toMillis(now - this.renewedAt));
			}
			else if (now - this.renewedAt > this.duration.toNanos()) {
				logger.warn(
						"The lease of owner '{}' was renewed after {} ms and lasts {} ms: this process was paused, "
								+ "and others may have taken its actors",
						this.name, TimeUnit.NANOSECONDS.toMillis(now - this.renewedAt), this.duration.toMillis());
			}
			this.failing = false;
			this.renewedAt = now;
			releaseAgain();
		}
		catch (RuntimeException ex) {
			// One line for as long as it lasts, whatever the number of attempts.
			if (!this.failing) {
				logger.warn(
						"The lease of owner '{}' cannot be renewed; when it has ended others may take its actors: {}",
						this.name, ex.getMessage());
			}
			this.failing = true;
		}
	}

	private void releaseAgain() {
		for (int remaining = this.repeated.size(); remaining > 0; remaining--) {
			Runnable release = this.repeated.poll();
			if (release == null) {
				return;
			}
			try {
				release.run();
			}
			catch (RuntimeException ex) {
				logger.debug("A release is put off once more", ex);
				this.repeated.add(release);
				return;
			}
		}
	}

	/**
	 * Stop renewing the lease, and let it run out by itself, as when the process is
	 * stopped. For tests of what others do then.
	 */
	public synchronized void abandon() {
		if (this.executor != null) {
			this.executor.shutdown();
			try {
				this.executor.awaitTermination(this.duration.toNanos(), TimeUnit.NANOSECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Stop renewing the lease and end it, so that all this owner still holds is free. A
	 * failure to tell the store is logged: the lease then runs out. Idempotent.
	 */
	@Override
	public synchronized void close() {
		abandon();
		try {
			this.life.end();
		}
		catch (RuntimeException ex) {
			logger.warn("The lease of owner '{}' could not be ended, it runs out in at most {} ms: {}", this.name,
					this.duration.toMillis(), ex.getMessage());
		}
	}

	/**
	 * Stop renewing the lease and let it run out, without a word to the store: for one
	 * that was just found not to answer. For good.
	 */
	public synchronized void leave() {
		if (this.executor != null) {
			this.executor.shutdownNow();
		}
		this.life.leave();
	}

	/**
	 * How a store records leases. Both methods are bounded in time by the store.
	 */
	public interface Renewal {

		/**
		 * Record that an owner lives, from now on for the duration by the store's clock.
		 * @param id the owner's id
		 * @param name the owner's name
		 * @param duration how long
		 * @throws KvException if the store could not be told
		 */
		void renew(String id, String name, Duration duration);

		/**
		 * Forget an owner.
		 * @param id the owner's id
		 * @throws KvException if the store could not be told
		 */
		void end(String id);

	}

}
