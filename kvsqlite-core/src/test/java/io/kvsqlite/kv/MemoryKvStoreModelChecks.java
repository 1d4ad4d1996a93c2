package io.kvsqlite.kv;

import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.reliability.Interleavings;
import org.junit.jupiter.api.Test;

/**
 * Checks of {@link MemoryKvStore} that a model checker runs with its threads interleaved
 * in many ways. What they check is checked without AssertJ, whose classes it would check,
 * too.
 */
class MemoryKvStoreModelChecks {

	private static final int INTERLEAVINGS = 50;

	private static final byte[][] KEY = { { 1 } };

	@Test
	void opensThatRaceShouldLeaveOneWriterAndLoseNoUpdate() {
		Interleavings.check(INTERLEAVINGS, () -> {
			MemoryKvStore store = new MemoryKvStore();
			AtomicInteger acknowledged = new AtomicInteger();
			Thread other = new Thread(() -> increment(store, acknowledged));
			other.start();
			increment(store, acknowledged);
			join(other);
			KvOpening opening = store.open("a", KEY);
			byte[] value = opening.values()[0];
			require(((value != null) ? value[0] : 0) == acknowledged.get(), "an update was lost");
			require(opening.session().commit() == acknowledged.get(), "a commit was not counted");
			opening.session().close();
			store.close();
		});
	}

	@Test
	void deleteThatRacesWithAWriteShouldLeaveAllOrNothing() {
		Interleavings.check(INTERLEAVINGS, () -> {
			MemoryKvStore store = new MemoryKvStore();
			AtomicInteger acknowledged = new AtomicInteger();
			Thread other = new Thread(() -> increment(store, acknowledged));
			other.start();
			boolean deleted = store.delete("a", true);
			join(other);
			boolean exists = store.owner("a") != null;
			require(acknowledged.get() == ((exists || deleted) ? 1 : 0), "a write was neither kept nor deleted");
			require(store.size("a").keys() == (exists ? 1 : 0), "a part of the actor was left");
			store.close();
		});
	}

	/**
	 * Take the actor and count in it; refused when another has taken it meanwhile.
	 */
	private static void increment(MemoryKvStore store, AtomicInteger acknowledged) {
		KvOpening opening = store.open("a", KEY);
		byte[] value = opening.values()[0];
		byte next = (byte) ((value != null) ? value[0] + 1 : 1);
		try {
			opening.session().write(new KvWrite().put(KEY[0], new byte[] { next }));
			acknowledged.incrementAndGet();
		}
		catch (KvOwnershipLostException ex) {
			require(ex.epoch() == opening.session().epoch(), "another epoch was lost");
		}
		opening.session().close();
	}

	private static void require(boolean holds, String otherwise) {
		if (!holds) {
			throw new IllegalStateException(otherwise);
		}
	}

	private static void join(Thread thread) {
		try {
			thread.join();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
