package io.kvsqlite.kv;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a store, which keeps whoever closes it no longer than a bound, whatever the
 * store's server or disk does.
 *
 * <p>
 * It is worked off on a daemon thread of its own. So neither a call that hangs, nor an
 * interrupt or a small stack of the thread that closes, has a part in it. When the bound
 * has passed, the caller goes on and one line in the log says so; the thread ends with
 * what it waits for. A second close waits for the first, up to the bound of that one.
 * Thread-safe.
 */
public final class BoundedClose {

	/**
	 * The bound of a store that knows no time for one of its calls.
	 */
	public static final Duration DEFAULT_BOUND = Duration.ofSeconds(10);

	private static final Logger logger = LoggerFactory.getLogger(BoundedClose.class);

	private final String subject;

	private final Duration bound;

	private final CountDownLatch ended = new CountDownLatch(1);

	private volatile @Nullable Thread thread;

	private volatile @Nullable Throwable failure;

	// Guarded by this.
	private boolean begun;

	private volatile long deadline;

	/**
	 * Create an end that has not begun.
	 * @param subject what is closed, for messages, such as "The Redis store of owner 'a'"
	 * @param bound the most time that a close may take
	 */
	public BoundedClose(String subject, Duration bound) {
		this.subject = subject;
		this.bound = bound;
	}

	/**
	 * Close, unless that was begun before, and wait until it is done or the bound has
	 * passed. An interrupt does not cut the wait short; the thread stays interrupted.
	 * @param steps what there is to do
	 * @throws RuntimeException what the steps threw, where this call began them and they
	 * ended in time
	 */
	public void close(Steps steps) {
		boolean first = begin();
		if (first) {
			start(steps);
		}
		if (Thread.currentThread() == this.thread) {
			return;
		}
		if (await()) {
			if (first) {
				throwFailure();
			}
		}
		else if (first) {
			logger.warn(
					"{} was not closed within {} ms. What it waits for goes on in the background, and what it could not "
							+ "release is free when its lease has ended",
					this.subject, this.bound.toMillis());
		}
	}

	private synchronized boolean begin() {
		boolean first = !this.begun;
		if (first) {
			this.begun = true;
			this.deadline = System.nanoTime() + this.bound.toNanos();
		}
		return first;
	}

	private void start(Steps steps) {
		boolean started = false;
		try {
			Thread closer = new Thread(null, () -> work(steps), "kvsqlite-store-closer", 0, false);
			closer.setDaemon(true);
			closer.start();
			started = true;
		}
		catch (OutOfMemoryError ex) {
			logger.warn("No thread can be started to close in. {} is closed in the thread that asks for it",
					this.subject, ex);
		}
		finally {
			if (!started) {
				work(steps);
			}
		}
	}

	private void work(Steps steps) {
		this.thread = Thread.currentThread();
		try {
			steps.close(this.deadline);
		}
		catch (Throwable ex) {
			this.failure = ex;
			if (System.nanoTime() - this.deadline > 0) {
				logger.warn("{} was not closed as it should", this.subject, ex);
			}
		}
		finally {
			this.thread = null;
			this.ended.countDown();
		}
	}

	private boolean await() {
		boolean interrupted = Thread.interrupted();
		try {
			while (true) {
				try {
					return this.ended.await(this.deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private void throwFailure() {
		if (this.failure instanceof RuntimeException ex) {
			throw ex;
		}
		if (this.failure instanceof Error ex) {
			throw ex;
		}
	}

	/**
	 * What there is to do at the end of a store.
	 */
	@FunctionalInterface
	public interface Steps {

		/**
		 * Do it. May take longer than until the deadline, though nobody waits for it
		 * then.
		 * @param deadline until when the caller waits, as {@link System#nanoTime()}
		 */
		void close(long deadline);

	}

}
