package io.kvsqlite.benchmarks;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Series} and {@link Target}.
 */
class SeriesTests {

	@Test
	void quantilesShouldLieBetweenTheNumbers() {
		Series series = new Series(new double[] { 4, 1, 3, 2 });
		assertThat(series.median()).isEqualTo(2.5);
		assertThat(series.lowerQuartile()).isEqualTo(1.75);
		assertThat(series.upperQuartile()).isEqualTo(3.25);
	}

	@Test
	void ratioShouldBeTakenRoundByRound() {
		Series slow = Series.of(List.of(2.0, 40.0, 6.0), (value) -> value);
		Series fast = Series.of(List.of(1.0, 10.0, 3.0), (value) -> value);
		assertThat(slow.dividedBy(fast).median()).isEqualTo(2);
	}

	@Test
	void speedShouldBeTheOthersTimeByOurs() {
		Target target = Target.speed("twice as fast", Side.KVSQLITE_ROCKSDB, "other", 2);
		double ratio = target.ratio(new Series(new double[] { 1 }), new Series(new double[] { 3 })).median();
		assertThat(ratio).isEqualTo(3);
		assertThat(target.isMet(ratio)).isTrue();
		assertThat(target.isMet(1.9)).isFalse();
	}

	@Test
	void timeShouldBeOursByTheOthers() {
		Target target = Target.time("no slower", Side.KVSQLITE_ROCKSDB, "other", 1.5);
		double ratio = target.ratio(new Series(new double[] { 3 }), new Series(new double[] { 1 })).median();
		assertThat(ratio).isEqualTo(3);
		assertThat(target.isMet(ratio)).isFalse();
		assertThat(target.isMet(1.5)).isTrue();
	}

}
