package io.kvsqlite.kv;

/**
 * The identity of a commit: its number together with the fence of the opening that made
 * it. No two commits have the same, whatever a store has lost or deleted in between;
 * their numbers alone may be the same.
 *
 * @param number how many commits led to it, counted from the actor's first, 1; 0 if there
 * was none
 * @param writer the fence of the opening that made it, {@link KvFence#NONE} if there was
 * no commit or it was written before fences were kept
 */
public record KvCommit(long number, KvFence writer) {

	/**
	 * What an actor begins with: no commit.
	 */
	public static final KvCommit NONE = new KvCommit(0, KvFence.NONE);

	public KvCommit {
		if (number < 0 || (number == 0 && !writer.equals(KvFence.NONE))) {
			throw new IllegalArgumentException(
					"'number' must be positive, or 0 without a writer, but is %d".formatted(number));
		}
	}

	/**
	 * Return the identity of the commit that follows this one.
	 * @param writer the fence of the opening that makes it
	 * @return the next commit
	 */
	public KvCommit next(KvFence writer) {
		return new KvCommit(this.number + 1, writer);
	}

	/**
	 * Return number and writer, for messages.
	 */
	@Override
	public String toString() {
		return (this.number == 0) ? "0" : "%d of opening %s".formatted(this.number, this.writer);
	}

}
