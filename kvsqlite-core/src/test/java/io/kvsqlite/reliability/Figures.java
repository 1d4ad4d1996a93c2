package io.kvsqlite.reliability;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What a run of the tests has tried, for the page that says so.
 */
final class Figures {

	private final String what;

	private final AtomicLong count = new AtomicLong();

	private final long start = System.nanoTime();

	Figures(String what) {
		this.what = what;
	}

	void add() {
		this.count.incrementAndGet();
	}

	void add(long more) {
		this.count.addAndGet(more);
	}

	long count() {
		return this.count.get();
	}

	void print() {
		System.out.printf("reliability: %s: %,d in %d s, 0 lost%n", this.what, this.count.get(),
				(System.nanoTime() - this.start) / 1_000_000_000L);
	}

}
