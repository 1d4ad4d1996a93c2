package io.kvsqlite.vfs;

import io.kvsqlite.vfs.ReadAhead.Window;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ReadAhead}.
 */
class ReadAheadTests {

	private final ReadAhead readAhead = new ReadAhead(256);

	@Test
	void windowWhenReadsAreApartShouldBeOneChunk() {
		for (long index : new long[] { 1000, 20, 5000, 300, 90_000, 1, 40_000 }) {
			assertThat(miss(index)).isEqualTo(1);
		}
	}

	@Test
	void windowWhenReadsRunForwardShouldGrowToTheBound() {
		assertThat(miss(10)).isEqualTo(1);
		assertThat(miss(11)).isEqualTo(1);
		assertThat(miss(12)).isEqualTo(64);
		assertThat(miss(13)).isEqualTo(128);
		assertThat(miss(14)).isEqualTo(256);
		assertThat(miss(15)).isEqualTo(256);
	}

	@Test
	void windowWhenReadsRunBackwardShouldLieBeforeTheChunk() {
		miss(100);
		miss(99);
		assertThat(miss(98)).isEqualTo(-64);
		assertThat(miss(97)).isEqualTo(-128);
	}

	@Test
	void windowWhenReadsLeaveSmallGapsShouldGrowAllTheSame() {
		miss(10);
		miss(18);
		assertThat(miss(21)).isEqualTo(64);
	}

	@Test
	void windowWhenTheDirectionTurnsShouldBeginAnew() {
		miss(10);
		miss(11);
		assertThat(miss(12)).isEqualTo(64);
		assertThat(miss(11)).isEqualTo(1);
		assertThat(miss(10)).isEqualTo(-64);
	}

	@Test
	void windowWhenTheSameChunkIsReadAgainShouldNotBeTrained() {
		miss(10);
		miss(10);
		assertThat(miss(10)).isEqualTo(1);
	}

	@Test
	void readsThatHitShouldTrainToo() {
		miss(10);
		for (long index = 11; index < 75; index++) {
			this.readAhead.read(index);
		}
		assertThat(miss(75)).isEqualTo(64);
	}

	@Test
	void windowWhenFourRunsTakeTurnsShouldGrowInEach() {
		for (long index = 0; index < 2; index++) {
			for (long start : new long[] { 1000, 2000, 3000, 4000 }) {
				assertThat(miss(start + index)).isEqualTo(1);
			}
		}
		for (long start : new long[] { 1000, 2000, 3000, 4000 }) {
			assertThat(miss(start + 2)).isEqualTo(64);
		}
	}

	@Test
	void startOfARunShouldTakeThePlaceOfTheOneNotUsedForLongest() {
		for (long index = 0; index < 3; index++) {
			for (long start : new long[] { 1000, 2000, 3000, 4000 }) {
				this.readAhead.read(start + index);
			}
		}
		this.readAhead.read(9000);
		assertThat(miss(2003)).isEqualTo(64);
		assertThat(miss(1003)).isEqualTo(1);
	}

	@Test
	void missWhereARunWouldFetchNextShouldFetchThatWindow() {
		miss(10);
		miss(11);
		assertThat(missWindow(12)).isEqualTo(new Window(12, 76));
		assertThat(missWindow(150)).isEqualTo(new Window(76, 204));
		assertThat(missWindow(600)).isEqualTo(new Window(600, 601));
		assertThat(missWindow(400)).isEqualTo(new Window(204, 460));
		// backward too
		miss(9000);
		miss(8999);
		assertThat(missWindow(8998)).isEqualTo(new Window(8935, 8999));
		assertThat(missWindow(8900)).isEqualTo(new Window(8807, 8935));
		assertThat(missWindow(8000)).isEqualTo(new Window(8000, 8001));
	}

	@Test
	void windowWhenTheBoundIsOneShouldAlwaysBeOneChunk() {
		ReadAhead off = new ReadAhead(1);
		for (long index = 0; index < 10; index++) {
			assertThat(off.window(index, off.read(index))).isEqualTo(new Window(index, index + 1));
		}
	}

	/**
	 * Return how many chunks are fetched from a missing one on, negative if they lie
	 * before it.
	 */
	private long miss(long index) {
		Window window = missWindow(index);
		return (window.from() == index) ? window.to() - index : window.from() - index - 1;
	}

	private Window missWindow(long index) {
		return this.readAhead.window(index, this.readAhead.read(index));
	}

}
