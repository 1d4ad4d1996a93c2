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
 * each time its window works.
 *
 * <p>
 * An interior page lies among the leaves below it, ahead of the one that is read next. So
 * a miss outside of the runs that lies where a trusted run would fetch next fetches that
 * window, instead of one chunk that would be fetched again with it. Not thread-safe.
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
	 * Return what to fetch for a miss.
	 * @param index the chunk that is missing
	 * @param run the run it belongs to
	 */
	Window window(long index, Run run) {
		if (run.steps >= TRUSTED) {
			return run.next(run.forward ? index : index + 1, this.bound);
		}
		for (Run other : this.runs) {
			if (other.window > 0 && other.isNext(index, this.bound)) {
				return other.next(other.fetchedEnd, this.bound);
			}
		}
		return new Window(index, index + 1);
	}

	/**
	 * A range of chunks.
	 *
	 * @param from the first, possibly before the file's first
	 * @param to the end, exclusive, possibly behind the file's
	 */
	record Window(long from, long to) {
	}

	/**
	 * A place where reads follow each other.
	 */
	static final class Run {

		private long last = Long.MIN_VALUE / 2;

		private long lastUse;

		private boolean forward;

		private int steps;

		/**
		 * How many chunks were fetched last, 0 if the run has not been trusted since it
		 * began or turned.
		 */
		private int window;

		/**
		 * Where the last window ended, in the run's direction.
		 */
		private long fetchedEnd;

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

		/**
		 * Return whether a chunk lies in the window that would be fetched next.
		 */
		private boolean isNext(long index, int bound) {
			int size = nextSize(bound);
			return this.forward ? index >= this.fetchedEnd && index < this.fetchedEnd + size
					: index < this.fetchedEnd && index >= this.fetchedEnd - size;
		}

		private int nextSize(int bound) {
			return Math.min(bound, (this.window == 0) ? FIRST_WINDOW : 2 * this.window);
		}

		private Window next(long start, int bound) {
			this.window = nextSize(bound);
			this.fetchedEnd = this.forward ? start + this.window : start - this.window;
			return this.forward ? new Window(start, this.fetchedEnd) : new Window(this.fetchedEnd, start);
		}

		private void start(long index, long clock) {
			this.last = index;
			this.lastUse = clock;
			this.steps = 0;
			this.window = 0;
		}

	}

}
