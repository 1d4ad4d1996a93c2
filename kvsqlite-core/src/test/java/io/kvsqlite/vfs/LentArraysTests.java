package io.kvsqlite.vfs;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

import io.kvsqlite.vfs.LentArrays.Loans;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LentArrays}.
 */
class LentArraysTests {

	private final ChunkMap buffer = new ChunkMap();

	private final LentArrays lent = new LentArrays(this.buffer, 4);

	/**
	 * Keeps the garbage collector from taking the arrays between two calls.
	 */
	private final Loans held = this.lent.loans();

	/**
	 * A number for each array, in the order in which they were seen first.
	 */
	private final Map<byte[], Integer> numbers = new IdentityHashMap<>();

	@AfterEach
	void shouldHaveUsedTheseArrays() {
		assertThat(this.lent.loans()).isSameAs(this.held);
	}

	@Test
	void takeBeforeTheStoreFilledAnyShouldLendOne() {
		byte[] @Nullable [] arrays = this.lent.take(new long[] { 1, 2, 3 }, 3);
		assertThat(numbers(arrays)).containsExactly(0, null, null);
		assertThat(arrays[0]).hasSize(4096);
		this.lent.filled(arrays, new byte[][] { new byte[4096], new byte[4096], new byte[4096] });
		assertThat(take(1, 2, 3)).containsExactly(0, null, null);
	}

	@Test
	void takeShouldLendAsManyAsAreAskedForWithinTheBound() {
		fillOne();
		assertThat(numbers(this.lent.take(new long[] { 1, 2, 3, 0, 0 }, 3))).containsExactly(0, 1, 2);
		assertThat(take(1, 2, 3, 4, 5, 6)).containsExactly(0, 1, 2, 3, null, null);
	}

	@Test
	void takeShouldLendAnArrayAgainOnceItLeftTheBuffer() {
		fillOne();
		byte[] @Nullable [] first = this.lent.take(new long[] { 10, 11, 12, 13 }, 4);
		assertThat(numbers(first)).containsExactly(0, 1, 2, 3);
		for (int i = 0; i < 4; i++) {
			this.buffer.put(10 + i, first[i]);
		}
		assertThat(take(20, 21)).containsExactly(null, null);
		this.buffer.remove(11);
		this.buffer.put(13, new byte[4096]);
		assertThat(take(20, 21, 22)).containsExactly(1, 3, null);
	}

	@Test
	void takeOfOneShouldLendTheLastArrayThatIsFree() {
		fillOne();
		byte[] @Nullable [] arrays = this.lent.take(new long[] { 10, 11, 12 }, 3);
		assertThat(numbers(arrays)).containsExactly(0, 1, 2);
		this.buffer.put(10, arrays[0]);
		assertThat(take(20)).containsExactly(2);
		this.buffer.put(20, arrays[2]);
		assertThat(take(30)).containsExactly(1);
		assertThat(take(40)).containsExactly(1);
	}

	@Test
	void arraysShouldNotBeHeldForAnActorAtRest() {
		LentArrays resting = new LentArrays(this.buffer, 4);
		WeakReference<Loans> loans = new WeakReference<>(resting.loans());
		assertThat(resting.take(new long[] { 1 }, 1)[0]).hasSize(4096);
		Awaitility.await().until(() -> {
			System.gc();
			return loans.refersTo(null);
		});
		assertThat(resting.take(new long[] { 1 }, 1)[0]).hasSize(4096);
	}

	/**
	 * Chunks are read, put into the buffer, replaced there, used up and forgotten, in no
	 * order. What the buffer holds must never be lent.
	 */
	@Test
	void takeShouldNeverLendWhatTheBufferHolds() {
		SplittableRandom random = new SplittableRandom(7);
		LentArrays lent = new LentArrays(this.buffer, 32);
		Loans kept = lent.loans();
		for (int round = 0; round < 20_000; round++) {
			int count = 1 + random.nextInt(8);
			long[] indexes = random.longs(0, 64).distinct().limit(count).toArray();
			byte[] @Nullable [] arrays = lent.take(indexes, count);
			assertThat(numbers(arrays)).filteredOn((number) -> number != null)
				.doesNotHaveDuplicates()
				.doesNotContainAnyElementsOf(buffered());
			byte[][] values = new byte[count][];
			for (int i = 0; i < count; i++) {
				byte[] array = arrays[i];
				values[i] = (array != null && random.nextInt(4) > 0) ? array : new byte[0];
				if (random.nextInt(8) > 0) {
					this.buffer.put(indexes[i], values[i]);
				}
			}
			lent.filled(arrays, values);
			for (int i = random.nextInt(8); i > 0; i--) {
				this.buffer.remove(random.nextInt(64));
			}
			if (random.nextInt(500) == 0) {
				this.buffer.clear();
			}
		}
		assertThat(this.numbers.keySet()).filteredOn((array) -> array.length > 0).hasSizeLessThanOrEqualTo(32);
		assertThat(lent.loans()).isSameAs(kept);
	}

	private List<@Nullable Integer> take(long... indexes) {
		return numbers(this.lent.take(indexes, indexes.length));
	}

	private List<@Nullable Integer> numbers(byte[] @Nullable [] arrays) {
		List<@Nullable Integer> result = new ArrayList<>();
		for (byte[] array : arrays) {
			result.add((array != null) ? number(array) : null);
		}
		return result;
	}

	private List<Integer> buffered() {
		List<Integer> result = new ArrayList<>(List.of(-1));
		for (long index : this.buffer.sortedIndexes()) {
			byte[] chunk = this.buffer.get(index);
			if (chunk != null) {
				result.add(number(chunk));
			}
		}
		return result;
	}

	private int number(byte[] array) {
		return this.numbers.computeIfAbsent(array, (key) -> this.numbers.size());
	}

	private void fillOne() {
		byte[] @Nullable [] arrays = this.lent.take(new long[] { 0 }, 1);
		this.lent.filled(arrays, arrays);
		numbers(arrays);
	}

}
