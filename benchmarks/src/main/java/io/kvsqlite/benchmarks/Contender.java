package io.kvsqlite.benchmarks;

import java.lang.management.ManagementFactory;

import com.sun.management.ThreadMXBean;

/**
 * One side of a workload, ready to have its turns.
 */
abstract class Contender implements AutoCloseable {

	private static final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	/**
	 * How many times its time of the processor a warm-up may take.
	 */
	private static final int LONGEST_WARM_UP = 10;

	private final String label;

	Contender(String label) {
		this.label = label;
	}

	final String label() {
		return this.label;
	}

	/**
	 * Get ready for a turn. Not timed.
	 */
	void prepare() throws Exception {
	}

	/**
	 * Do some of the work.
	 * @return how many operations that was
	 */
	abstract int operate() throws Exception;

	/**
	 * Return whether a turn is one call of {@link #operate()}, however long it takes.
	 */
	boolean isOneCall() {
		return false;
	}

	/**
	 * Have a turn.
	 * @param millis how long to go on
	 */
	Sample sample(long millis) throws Exception {
		prepare();
		long end = isOneCall() ? 0 : millis * 1_000_000;
		long allocated = threads.getCurrentThreadAllocatedBytes();
		long cpu = threads.getCurrentThreadCpuTime();
		long start = System.nanoTime();
		long operations = 0;
		long elapsed;
		do {
			operations += operate();
			elapsed = System.nanoTime() - start;
		}
		while (elapsed < end);
		double cpuMicros = (threads.getCurrentThreadCpuTime() - cpu) / 1_000.0;
		double bytes = threads.getCurrentThreadAllocatedBytes() - allocated;
		return new Sample(elapsed / 1_000.0 / operations, cpuMicros / operations, bytes / operations);
	}

	/**
	 * Have turns that do not count, until the code is compiled: for some time of the
	 * processor, because on a busy machine time passes without any.
	 * @param cpuMillis for how much time of the processor
	 */
	void warmUp(long cpuMillis) throws Exception {
		if (isOneCall()) {
			sample(0);
			return;
		}
		long cpuEnd = threads.getCurrentThreadCpuTime() + cpuMillis * 1_000_000;
		long end = System.nanoTime() + LONGEST_WARM_UP * cpuMillis * 1_000_000;
		do {
			sample(1 + cpuMillis / 10);
		}
		while (threads.getCurrentThreadCpuTime() < cpuEnd && System.nanoTime() < end);
	}

	/**
	 * What one turn took.
	 *
	 * @param micros microseconds for each operation
	 * @param cpuMicros microseconds of the processor for each operation, not a number if
	 * unknown; on a busy machine the fairer figure
	 * @param bytes bytes of garbage that the thread made for each operation, not a number
	 * if unknown
	 */
	record Sample(double micros, double cpuMicros, double bytes) {
	}

}
