package io.kvsqlite.reliability;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What a run of the tests has tried, for the page that says so.
 */
final class Figures {

	private final String what;

	private final AtomicLong count = new AtomicLong();

	private final AtomicLong runs = new AtomicLong();

	private final long start = System.nanoTime();

	Figures(String what) {
		this.what = what;
	}

	void add() {
		add(1, 1);
	}

	/**
	 * Add what was tried in fewer runs.
	 */
	void add(long more, long inRuns) {
		this.count.addAndGet(more);
		this.runs.addAndGet(inRuns);
	}

	long count() {
		return this.count.get();
	}

	long runs() {
		return this.runs.get();
	}

	void print() {
		System.out.printf("reliability: %s: %,d in %,d runs and %d s, 0 lost%n", this.what, this.count.get(),
				this.runs.get(), (System.nanoTime() - this.start) / 1_000_000_000L);
	}

}
