package io.kvsqlite.vfs;

/**
 * Guesses how far to read when a chunk has to be fetched.
 *
 * <p>
 * Reads of a B-tree run through several places at once: leaves, interior pages, overflow
 * chains, an index beside its table. So a few runs are followed, each known by its last
 * chunk and its direction. A read within {@value #GAP} chunks of a run continues it; any
 * other starts a run in the place of the one not used for longest. A run that was
 * continued {@value #TRUSTED} times is trusted: a miss in it fetches
 * {@value #FIRST_WINDOW} chunks, and each further miss twice as many, up to the bound.
 * Reads that hit train as well as those that miss; without that a run would be forgotten
 * each time its window works. Not thread-safe.
 */
final class ReadAhead {

	private static final int FIRST_WINDOW = 64;

	private static final int RUNS = 4;

	private static final int GAP = 8;

	private static final int TRUSTED = 2;

	private final int bound;

	private final Run[] runs = new Run[RUNS];

	private long clock;

	ReadAhead(int bound) {
		this.bound = bound;
		for (int i = 0; i < RUNS; i++) {
			this.runs[i] = new Run();
		}
	}

	/**
	 * Note that a chunk is read.
	 * @return the run it belongs to
	 */
	Run read(long index) {
		this.clock++;
		Run oldest = this.runs[0];
		for (Run run : this.runs) {
			if (run.continues(index)) {
				run.advance(index, this.clock);
				return run;
			}
			if (run.lastUse < oldest.lastUse) {
				oldest = run;
			}
		}
		oldest.start(index, this.clock);
		return oldest;
	}

	/**
	 * Return how many chunks to fetch for a miss in a run.
	 * @return a number of chunks, 1 or more, negative if they lie before the missed one
	 */
	int window(Run run) {
		if (run.steps < TRUSTED) {
			return 1;
		}
		run.window = (run.window == 0) ? FIRST_WINDOW : 2 * run.window;
		run.window = Math.min(run.window, this.bound);
		return run.forward ? run.window : -run.window;
	}

	/**
	 * A place where reads follow each other.
	 */
	static final class Run {

		private long last = Long.MIN_VALUE / 2;

		private long lastUse;

		private boolean forward;

		private int steps;

		private int window;

		private boolean continues(long index) {
			return Math.abs(index - this.last) <= GAP;
		}

		private void advance(long index, long clock) {
			this.lastUse = clock;
			if (index == this.last) {
				return;
			}
			boolean ahead = index > this.last;
			if (this.steps > 0 && ahead != this.forward) {
				this.steps = 0;
				this.window = 0;
			}
			this.forward = ahead;
			this.steps++;
			this.last = index;
		}

		private void start(long index, long clock) {
			this.last = index;
			this.lastUse = clock;
			this.steps = 0;
			this.window = 0;
		}

	}

}
