package io.kvsqlite.benchmarks;

/**
 * A ratio that is to be reached, of two sides in one workload.
 *
 * @param text the target in words
 * @param side the label of the side that is to reach it
 * @param other the label of the side it is compared with
 * @param kind what is compared
 * @param bound the bound of the ratio
 */
record Target(String text, String side, String other, Kind kind, double bound) {

	/**
	 * The side is to be at least so many times as fast.
	 */
	static Target speed(String text, Side side, String other, double bound) {
		return new Target(text, side.label(), other, Kind.SPEED, bound);
	}

	/**
	 * The side is to take at most so many times the other's time.
	 */
	static Target time(String text, Side side, String other, double bound) {
		return new Target(text, side.label(), other, Kind.TIME, bound);
	}

	/**
	 * Return the ratios, round by round.
	 */
	Series ratio(Series micros, Series otherMicros) {
		return (this.kind == Kind.SPEED) ? otherMicros.dividedBy(micros) : micros.dividedBy(otherMicros);
	}

	boolean isMet(double ratio) {
		return (this.kind == Kind.SPEED) ? ratio >= this.bound : ratio <= this.bound;
	}

	/**
	 * What is compared.
	 */
	enum Kind {

		/**
		 * How much faster the side is: more is better.
		 */
		SPEED,

		/**
		 * How much longer the side takes: less is better.
		 */
		TIME

	}

}
