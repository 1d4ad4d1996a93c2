package io.kvsqlite.reliability;

/**
 * What became of a reply of the right form with wrong bytes: a flipped bit, or a value as
 * it was before the last write to it. It is judged by what is stored right after the step
 * that got it, as if the process ended there.
 *
 * <p>
 * The stored format has no checksums, so the engine cannot tell, and what SQLite makes of
 * such a reply may be stored by a transaction that goes on. What holds all the same: the
 * step ends in an answer or an {@code SQLException}; where nothing was written since the
 * reply, what is stored is as if the step had not begun (or, where the step had written
 * before, had been done).
 */
enum WrongReply {

	/**
	 * The step was answered, and what is stored is what it should be.
	 */
	HARMLESS,

	/**
	 * The step failed, and what is stored is what it should be.
	 */
	REFUSED,

	/**
	 * The step was answered, and what is stored is not what it should be.
	 */
	STORED,

	/**
	 * The step failed, after what is stored had become what it should not be.
	 */
	REFUSED_AND_STORED;

	static WrongReply of(boolean answered, boolean intact) {
		if (answered) {
			return intact ? HARMLESS : STORED;
		}
		return intact ? REFUSED : REFUSED_AND_STORED;
	}

}
