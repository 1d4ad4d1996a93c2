package io.kvsqlite.reliability;

import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jspecify.annotations.Nullable;

/**
 * Runs code of several threads under a model checker.
 *
 * <p>
 * The model checker tells of a deadlock with the interleaving that leads to it. It also
 * takes a run for hung that lasts 30 seconds by the clock, and the first run includes
 * rewriting every class it meets; it cannot tell an interleaving then. That says
 * something of the machine only, so it is run again with the classes rewritten.
 */
public final class Interleavings {

	/**
	 * How many interleavings a check tries. The model checker makes the same choices each
	 * time, so a long run tries what a short one does, and more.
	 */
	private static final int COUNT = Integer.getInteger("kvsqlite.interleavings", 20);

	/**
	 * How many it may take to find a bug that was put there.
	 */
	private static final int COUNT_RED = 1000;

	private static final int ATTEMPTS = 5;

	private Interleavings() {
	}

	/**
	 * Run code again and again, with its threads interleaved in another way each time.
	 * @param code starts threads, waits for them, and throws if anything is wrong
	 */
	public static void check(Runnable code) {
		LincheckAssertionError found = find(COUNT, code);
		if (found != null) {
			throw found;
		}
	}

	/**
	 * Run code with a bug, and see that it is found: the check of the code without it is
	 * worth something.
	 * @param code the same with the bug
	 */
	public static void requireRed(Runnable code) {
		LincheckAssertionError found = find(COUNT_RED, code);
		if (found == null) {
			throw new AssertionError("The bug was not found in " + COUNT_RED + " interleavings");
		}
		System.out.println("found: " + text(found).lines().filter((line) -> !line.isBlank()).limit(2).toList());
	}

	/**
	 * Start a thread of the code that is interleaved.
	 * @param task what it does
	 * @return the thread
	 */
	public static Thread start(Runnable task) {
		Thread thread = new Thread(task);
		thread.start();
		return thread;
	}

	/**
	 * Wait for the end of a thread.
	 * @param thread the thread
	 */
	public static void join(Thread thread) {
		try {
			thread.join();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static @Nullable LincheckAssertionError find(int count, Runnable code) {
		for (int attempt = 1;; attempt++) {
			try {
				Lincheck.runConcurrentTest(count, code);
				return null;
			}
			catch (LincheckAssertionError ex) {
				if (!isSlow(ex)) {
					return ex;
				}
				if (attempt == ATTEMPTS) {
					throw ex;
				}
			}
		}
	}

	private static boolean isSlow(LincheckAssertionError ex) {
		return text(ex).contains("Concurrent test has hung") && !text(ex).contains("interleaving leads to the error");
	}

	private static String text(LincheckAssertionError ex) {
		return String.valueOf(ex.getMessage());
	}

}
