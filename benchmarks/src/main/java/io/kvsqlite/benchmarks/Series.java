package io.kvsqlite.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Numbers that were measured again and again.
 *
 * @param values the numbers in the order of the rounds
 */
record Series(double[] values) {

	static <T> Series of(List<T> items, ToDoubleFunction<T> value) {
		return new Series(items.stream().mapToDouble(value).toArray());
	}

	/**
	 * Return this series divided by another, round by round.
	 */
	Series dividedBy(Series other) {
		double[] ratios = new double[this.values.length];
		for (int i = 0; i < ratios.length; i++) {
			ratios[i] = this.values[i] / other.values[i];
		}
		return new Series(ratios);
	}

	double median() {
		return quantile(0.5);
	}

	double lowerQuartile() {
		return quantile(0.25);
	}

	double upperQuartile() {
		return quantile(0.75);
	}

	private double quantile(double fraction) {
		double[] sorted = this.values.clone();
		Arrays.sort(sorted);
		double position = fraction * (sorted.length - 1);
		int below = (int) position;
		int above = Math.min(below + 1, sorted.length - 1);
		return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
	}

}
