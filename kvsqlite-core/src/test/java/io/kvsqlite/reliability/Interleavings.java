package io.kvsqlite.reliability;

import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;

/**
 * Runs code of several threads under a model checker.
 */
public final class Interleavings {

	private static final int ATTEMPTS = 3;

	private Interleavings() {
	}

	/**
	 * Run code again and again, with its threads interleaved in another way each time.
	 *
	 * <p>
	 * The model checker takes a run for hung that lasts 30 seconds by the clock, and the
	 * first run includes rewriting every class it meets. So what hangs is run again with
	 * the classes rewritten: a deadlock is found again, a slow machine is not.
	 * @param count how many interleavings to try
	 * @param code starts threads, waits for them, and throws if anything is wrong
	 */
	public static void check(int count, Runnable code) {
		for (int attempt = 1;; attempt++) {
			try {
				Lincheck.runConcurrentTest(count, code);
				return;
			}
			catch (LincheckAssertionError ex) {
				boolean hung = String.valueOf(ex.getMessage()).contains("Concurrent test has hung");
				if (!hung || attempt == ATTEMPTS) {
					throw ex;
				}
			}
		}
	}

}
