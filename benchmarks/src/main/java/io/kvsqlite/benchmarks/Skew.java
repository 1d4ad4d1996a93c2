package io.kvsqlite.benchmarks;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A skewed choice: the n-th of the choices is taken in proportion to 1/n^0.99, as YCSB
 * does it, so that few are taken often.
 */
final class Skew {

	private static final double EXPONENT = 0.99;

	private final double[] upTo;

	Skew(int choices) {
		this.upTo = new double[choices];
		double sum = 0;
		for (int i = 0; i < choices; i++) {
			sum += 1 / Math.pow(i + 1, EXPONENT);
			this.upTo[i] = sum;
		}
	}

	int next(SplittableRandom random) {
		int found = Arrays.binarySearch(this.upTo, random.nextDouble(this.upTo[this.upTo.length - 1]));
		return Math.min((found >= 0) ? found : -found - 1, this.upTo.length - 1);
	}

}
