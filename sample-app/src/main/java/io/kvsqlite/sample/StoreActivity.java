package io.kvsqlite.sample;

import java.util.concurrent.atomic.AtomicLongArray;

import io.kvsqlite.ActorListener;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Component;

/**
 * Counts what the store did in each of the last {@value #SECONDS} seconds.
 */
@Component
class StoreActivity implements ActorListener {

	static final int SECONDS = 60;

	/**
	 * One more than is shown, so that the second under way does not overwrite the oldest.
	 */
	private static final int SLOTS = SECONDS + 1;

	private final AtomicLongArray seconds = new AtomicLongArray(SLOTS);

	private final AtomicLongArray commits = new AtomicLongArray(SLOTS);

	@Override
	public void storeWritten(String actorId, int keys, long bytes, long nanos, @Nullable Throwable failure) {
		if (failure == null) {
			long second = now();
			int slot = (int) (second % SLOTS);
			long seen = this.seconds.get(slot);
			if (seen != second && this.seconds.compareAndSet(slot, seen, second)) {
				this.commits.set(slot, 0);
			}
			this.commits.incrementAndGet(slot);
		}
	}

	/**
	 * Return the writes in each of the last {@value #SECONDS} whole seconds.
	 * @return the numbers, the oldest first
	 */
	long[] commitsPerSecond() {
		long now = now();
		long[] result = new long[SECONDS];
		for (int i = 0; i < SECONDS; i++) {
			long second = now - SECONDS + i;
			int slot = (int) (second % SLOTS);
			result[i] = (this.seconds.get(slot) == second) ? this.commits.get(slot) : 0;
		}
		return result;
	}

	private static long now() {
		return System.currentTimeMillis() / 1000;
	}

}
