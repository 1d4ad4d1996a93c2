package io.kvsqlite.vfs;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ChunkMap}.
 */
class ChunkMapTests {

	private final ChunkMap map = new ChunkMap();

	@Test
	void getWhenNothingWasPutShouldReturnNull() {
		assertThat(this.map.get(0)).isNull();
		assertThat(this.map.isEmpty()).isTrue();
		assertThat(this.map.sortedIndexes()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(longs = { 0, 1, 255, 1L << 31, (1L << 32) - 1 })
	void getShouldReturnWhatWasPut(long index) {
		byte[] chunk = { 1 };
		this.map.put(index, chunk);
		assertThat(this.map.get(index)).isSameAs(chunk);
		assertThat(this.map.get(index + 1)).isNull();
	}

	@Test
	void putWhenThereIsOneShouldReplaceIt() {
		byte[] second = { 2 };
		this.map.put(7, new byte[] { 1 });
		this.map.put(7, second);
		assertThat(this.map.get(7)).isSameAs(second);
		assertThat(this.map.size()).isEqualTo(1);
	}

	@Test
	void removeShouldReturnWhatWasThere() {
		byte[] chunk = { 1 };
		this.map.put(7, chunk);
		assertThat(this.map.remove(8)).isNull();
		assertThat(this.map.remove(7)).isSameAs(chunk);
		assertThat(this.map.remove(7)).isNull();
		assertThat(this.map.isEmpty()).isTrue();
	}

	@Test
	void sortedIndexesShouldAscend() {
		for (long index : new long[] { 9, (1L << 32) - 1, 0, 4, 1L << 20 }) {
			this.map.put(index, new byte[0]);
		}
		assertThat(this.map.sortedIndexes()).containsExactly(0, 4, 9, 1L << 20, (1L << 32) - 1);
	}

	@Test
	void removeIfShouldKeepTheOthers() {
		for (long index = 0; index < 100; index++) {
			this.map.put(index, new byte[] { (byte) index });
		}
		this.map.removeIf((index) -> index % 3 != 0);
		assertThat(this.map.size()).isEqualTo(34);
		for (long index = 0; index < 100; index++) {
			if (index % 3 == 0) {
				assertThat(this.map.get(index)).containsExactly((int) index);
			}
			else {
				assertThat(this.map.get(index)).isNull();
			}
		}
	}

	@Test
	void clearShouldLeaveAMapThatWorks() {
		for (int round = 0; round < 2; round++) {
			for (long index = 0; index < 1000; index++) {
				this.map.put(index, new byte[0]);
			}
			this.map.clear();
			assertThat(this.map.isEmpty()).isTrue();
			assertThat(this.map.get(500)).isNull();
		}
		this.map.put(3, new byte[] { 3 });
		this.map.clear();
		assertThat(this.map.get(3)).isNull();
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3, 4, 5 })
	void anySequenceOfCallsShouldLeaveWhatAHashMapHolds(long seed) {
		Random random = new Random(seed);
		Map<Long, byte[]> expected = new HashMap<>();
		for (int i = 0; i < 20_000; i++) {
			long index = random.nextInt(400) * (random.nextBoolean() ? 1 : 1 << 22);
			byte[] chunk = { (byte) i };
			switch (random.nextInt(5)) {
				case 0, 1, 2 -> {
					this.map.put(index, chunk);
					expected.put(index, chunk);
				}
				case 3 -> assertThat(this.map.remove(index)).isSameAs(expected.remove(index));
				default -> assertThat(this.map.get(index)).isSameAs(expected.get(index));
			}
			assertThat(this.map.size()).isEqualTo(expected.size());
		}
		assertThat(this.map.sortedIndexes())
			.containsExactly(expected.keySet().stream().mapToLong(Long::longValue).sorted().toArray());
		expected.forEach((index, chunk) -> assertThat(this.map.get(index)).isSameAs(chunk));
	}

}
