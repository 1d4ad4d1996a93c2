package io.kvsqlite.jdbc;

import java.sql.SQLException;

/**
 * Whether a hold serves, was aborted or has ended, and which threads may still reach the
 * physical connection: all that threads share of a {@link Hold}, and nothing else, so
 * that a model checker can try it.
 *
 * <p>
 * Two locks guard it. The <em>lock</em> is held while anything runs, so the end waits for
 * a running statement and then shuts out all that follow. The <em>interruption</em> lock
 * is held for moments only and never while waiting for the other: it lets a cancel or an
 * abort reach a running statement, and makes sure that none reaches the physical
 * connection once the hold has ended, when it is cleaned up and then serves somebody
 * else. State changes hold both, or (to {@link State#ABORTED}) the second.
 *
 * <p>
 * A hold ends once, and is aborted once at most. Not final, so that tests can do a step
 * wrongly and see that it is noticed.
 */
class HoldLife {

	private enum State {

		SERVING, ABORTED, RETURNED

	}

	private final Object lock = new Object();

	private final Object interruption = new Object();

	private final Interruption interrupt;

	private volatile State state = State.SERVING;

	HoldLife(Interruption interrupt) {
		this.interrupt = interrupt;
	}

	/**
	 * Return the lock under which everything runs.
	 */
	Object lock() {
		return this.lock;
	}

	boolean isServing() {
		return this.state == State.SERVING;
	}

	/**
	 * Return whether the hold has not ended.
	 */
	boolean isOpen() {
		return this.state != State.RETURNED;
	}

	boolean isAborted() {
		return this.state == State.ABORTED;
	}

	/**
	 * Interrupt what runs, unless the hold was aborted or has ended.
	 */
	void cancel() throws SQLException {
		synchronized (this.interruption) {
			if (isServing()) {
				this.interrupt.interrupt();
			}
		}
	}

	/**
	 * Serve nothing from now on, and interrupt what runs.
	 * @return whether it served before. Then the caller sees to it that it ends
	 */
	boolean abort() throws SQLException {
		synchronized (this.interruption) {
			if (!isServing()) {
				return false;
			}
			this.state = State.ABORTED;
			this.interrupt.interrupt();
			return true;
		}
	}

	/**
	 * Interrupt what still runs after an abort.
	 * @return whether it has not ended yet
	 */
	boolean interruptAgain() throws SQLException {
		synchronized (this.interruption) {
			if (!isAborted()) {
				return false;
			}
			this.interrupt.interrupt();
			return true;
		}
	}

	/**
	 * End, as soon as nothing runs any more. No interrupt comes from then on.
	 * @param restoration cleans up, before anything else could run
	 * @return whether this call ended it
	 */
	boolean end(Runnable restoration) {
		synchronized (this.lock) {
			synchronized (this.interruption) {
				if (this.state == State.RETURNED) {
					return false;
				}
				this.state = State.RETURNED;
			}
			restoration.run();
			return true;
		}
	}

	/**
	 * Interrupts the statement that runs on the physical connection, if any does.
	 */
	interface Interruption {

		void interrupt() throws SQLException;

	}

}
