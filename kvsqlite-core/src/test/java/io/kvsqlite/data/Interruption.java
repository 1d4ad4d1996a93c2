package io.kvsqlite.data;

/**
 * What somebody else does, once, while operations on a store go on: before the first of
 * them, or after the first, or before the second, and so on. Used by one thread.
 */
final class Interruption {

	private final int step;

	private final Work work;

	private int steps;

	private int owned;

	private boolean atWork;

	private boolean over;

	private boolean ownedByMover;

	/**
	 * Create an interruption.
	 * @param step how many beginnings and ends of operations come before it
	 * @param work what is done
	 */
	Interruption(int step, Work work) {
		this.step = step;
		this.work = work;
	}

	/**
	 * An operation begins or ends.
	 */
	void step() {
		if (this.atWork || this.over || this.steps++ < this.step) {
			return;
		}
		this.atWork = true;
		this.ownedByMover = this.owned > 0;
		try {
			this.work.run();
		}
		catch (Exception ex) {
			throw new AssertionError("What was to come in between failed", ex);
		}
		this.atWork = false;
		this.over = true;
	}

	/**
	 * A session was opened.
	 */
	void opened() {
		this.owned++;
	}

	/**
	 * Return whether it has happened.
	 */
	boolean isOver() {
		return this.over;
	}

	/**
	 * Return whether a session had been opened by then.
	 */
	boolean ownedByMover() {
		return this.ownedByMover;
	}

	/**
	 * What is done.
	 */
	@FunctionalInterface
	interface Work {

		void run() throws Exception;

	}

}
