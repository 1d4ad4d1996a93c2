package io.kvsqlite.benchmarks;

/**
 * Something to find out in a run.
 */
interface Experiment {

	/**
	 * Return the short name by which it can be asked for.
	 */
	String id();

	/**
	 * Measure, and report what was found.
	 */
	void run(Bench bench, Report report) throws Exception;

}
