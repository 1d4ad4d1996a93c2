package io.kvsqlite.benchmarks;

import java.util.List;

/**
 * How much is measured, and so how long it takes.
 */
enum Scale {

	/**
	 * Everything once and tiny: whether it works, in seconds.
	 */
	SMOKE(1, 1, 1, 1, 1, List.of(1), 200, 20, List.of(20), List.of(2), 100),

	/**
	 * Under 5 minutes.
	 */
	QUICK(5, 200, 40, 200, 50, List.of(1, 10), 50_000, 10_000, List.of(1_000), List.of(1, 32), 2_000),

	/**
	 * Under 40 minutes.
	 */
	FULL(15, 1_000, 150, 500, 50, List.of(1, 5, 10), 1_000_000, 10_000, List.of(1_000, 10_000), List.of(1, 8, 32),
			10_000);

	private final int rounds;

	private final long warmUpMillis;

	private final long sliceMillis;

	private final long throughputMillis;

	private final int coldMegabytes;

	private final List<Integer> insertMegabytes;

	private final int storedActors;

	private final int idleActors;

	private final List<Integer> actors;

	private final List<Integer> threads;

	private final int documents;

	Scale(int rounds, long warmUpMillis, long sliceMillis, long throughputMillis, int coldMegabytes,
			List<Integer> insertMegabytes, int storedActors, int idleActors, List<Integer> actors,
			List<Integer> threads, int documents) {
		this.rounds = rounds;
		this.warmUpMillis = warmUpMillis;
		this.sliceMillis = sliceMillis;
		this.throughputMillis = throughputMillis;
		this.coldMegabytes = coldMegabytes;
		this.insertMegabytes = insertMegabytes;
		this.storedActors = storedActors;
		this.idleActors = idleActors;
		this.actors = actors;
		this.threads = threads;
		this.documents = documents;
	}

	/**
	 * Return how often each side of a workload has its turn.
	 */
	int rounds() {
		return this.rounds;
	}

	/**
	 * Return how much time of the processor each side gets before its turns count, in
	 * milliseconds.
	 */
	long warmUpMillis() {
		return this.warmUpMillis;
	}

	/**
	 * Return how long a turn of small operations takes, in milliseconds.
	 */
	long sliceMillis() {
		return this.sliceMillis;
	}

	/**
	 * Return how long a turn with several threads takes, in milliseconds.
	 */
	long throughputMillis() {
		return this.throughputMillis;
	}

	/**
	 * Return the size of the database that is read cold.
	 */
	int coldMegabytes() {
		return this.coldMegabytes;
	}

	/**
	 * Return how much is inserted in one transaction.
	 */
	List<Integer> insertMegabytes() {
		return this.insertMegabytes;
	}

	/**
	 * Return how many actors a large store has.
	 */
	int storedActors() {
		return this.storedActors;
	}

	/**
	 * Return how many actors are open and idle.
	 */
	int idleActors() {
		return this.idleActors;
	}

	/**
	 * Return how many actors share the load of many.
	 */
	List<Integer> actors() {
		return this.actors;
	}

	/**
	 * Return how many threads make that load.
	 */
	List<Integer> threads() {
		return this.threads;
	}

	/**
	 * Return how many documents are searched.
	 */
	int documents() {
		return this.documents;
	}

}
