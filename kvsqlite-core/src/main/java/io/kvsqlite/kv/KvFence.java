package io.kvsqlite.kv;

import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * What tells one opening of an actor from all others, of this actor and of every other,
 * before and after: 128 random bits. Nothing else does: epochs, commit numbers and
 * whatever else is counted come again when a store goes back in time.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record KvFence(long high, long low) {

	/**
	 * The fence of no opening.
	 */
	public static final KvFence NONE = new KvFence(0, 0);

	private static final SecureRandom random = new SecureRandom();

	private static final HexFormat HEX = HexFormat.of();

	private static final int DIGITS = 32;

	/**
	 * Draw a fence. Thread-safe.
	 * @return a fence that no opening has or ever had
	 */
	public static KvFence draw() {
		KvFence fence;
		do {
			fence = new KvFence(random.nextLong(), random.nextLong());
		}
		while (fence.equals(NONE));
		return fence;
	}

	/**
	 * Return the fence that a store has written down as text.
	 * @param text what {@link #toString()} returned
	 * @return the fence
	 * @throws IllegalArgumentException if the text is not 32 hexadecimal digits
	 */
	public static KvFence of(String text) {
		if (text.length() != DIGITS) {
			throw new IllegalArgumentException("A fence has %d hexadecimal digits, but '%s' has %d characters"
				.formatted(DIGITS, text, text.length()));
		}
		return new KvFence(HexFormat.fromHexDigitsToLong(text, 0, DIGITS / 2),
				HexFormat.fromHexDigitsToLong(text, DIGITS / 2, DIGITS));
	}

	/**
	 * Return the fence as 32 hexadecimal digits.
	 */
	@Override
	public String toString() {
		return HEX.toHexDigits(this.high) + HEX.toHexDigits(this.low);
	}

}
