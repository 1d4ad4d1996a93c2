package io.kvsqlite.jdbc;

/**
 * Sees to it that there is stack enough to take a connection, or to give it back, with
 * all that has to be put in order when either fails.
 *
 * <p>
 * An overflow can strike in the middle of everything, also of a semaphore or of a
 * {@code finally}, and then a permit is lost or given twice. So it is made to strike
 * here, where nothing was begun. What it leaves room for is our own code: code of the
 * store, of a listener or of SQLite may still overflow, deeper, and comes back to frames
 * that fit.
 */
public final class StackReserve {

	/**
	 * How many frames are tried, of about 500 bytes as the interpreter makes them and 300
	 * as a compiler does: 3 KB, which a way back of a dozen frames stays below, also
	 * where it was never compiled. It costs 0.1 us.
	 */
	private static final int FRAMES = 10;

	private StackReserve() {
	}

	/**
	 * Make sure of the stack for taking or giving back a connection that is open.
	 * @throws StackOverflowError if there is not enough
	 */
	public static void require() {
		use(FRAMES, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24);
	}

	/**
	 * Make sure of the stack for opening a connection, or for a rollback: of a callback
	 * that did not fit SQLite would believe that it was done.
	 * @throws StackOverflowError if there is not enough
	 */
	public static void requireForSqlite() {
		StackProbe.execution();
	}

	/**
	 * Each value is needed after the deeper call, so a compiler has to keep it in the
	 * frame.
	 */
	private static long use(int frames, long a, long b, long c, long d, long e, long f, long g, long h, long i, long j,
			long k, long l, long m, long n, long o, long p, long q, long r, long s, long t, long u, long v, long w,
			long x) {
		if (frames == 0) {
			return a;
		}
		long deeper = use(frames - 1, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, a);
		return deeper ^ a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l ^ m ^ n ^ o ^ p ^ q ^ r ^ s ^ t ^ u ^ v ^ w ^ x;
	}

}
