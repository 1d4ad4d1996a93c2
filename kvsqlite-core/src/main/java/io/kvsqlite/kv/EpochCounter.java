package io.kvsqlite.kv;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The epochs of all actors of a store whose owners are in one process. One counter serves
 * them all, so that an epoch never repeats and nothing has to be remembered of an actor
 * that was closed or deleted; it counts in steps that leave room for an open actor to be
 * opened again under the next epoch, as {@link KvStore#open} promises. Thread-safe.
 */
public final class EpochCounter {

	private static final int STEP = 256;

	private final AtomicLong last;

	/**
	 * Start to count.
	 * @param last an epoch not less than any handed out before, 0 if there was none
	 */
	public EpochCounter(long last) {
		this.last = new AtomicLong((last + STEP - 1) / STEP * STEP);
	}

	/**
	 * Return the epoch for an actor that nobody holds.
	 * @return an epoch that no one ever had
	 */
	public long next() {
		return this.last.addAndGet(STEP);
	}

	/**
	 * Return the epoch for an actor that is held: one more than its own, except that once
	 * in a while the steps are used up.
	 * @param current the epoch under which the actor is held, from this counter
	 * @return an epoch that no one ever had
	 */
	public long after(long current) {
		return ((current + 1) % STEP != 0) ? current + 1 : next();
	}

}
