package io.kvsqlite.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.kvsqlite.data.ActorFleet;
import io.kvsqlite.data.ProgressListener;
import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

/**
 * A line on a terminal that says how far something has come, and how fast. Thread-safe.
 */
final class ProgressBar implements ProgressListener, ActorFleet.Listener, AutoCloseable {

	private static final int WIDTH = 30;

	private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(100);

	private static final double MIB = 1024 * 1024;

	private final @Nullable PrintWriter terminal;

	private final long start = System.nanoTime();

	private final AtomicLong fleetBytes = new AtomicLong();

	private final AtomicLong failures = new AtomicLong();

	private long shown = this.start - INTERVAL;

	private boolean used;

	/**
	 * Create a bar.
	 * @param terminal where to show it, or {@code null} for nowhere
	 */
	ProgressBar(@Nullable PrintWriter terminal) {
		this.terminal = terminal;
	}

	@Override
	public void progress(String actorId, long done, long total) {
		int filled = (int) (WIDTH * done / Math.max(1, total));
		show("[%s%s] %s %.1f of %.1f MiB, %.1f MiB/s".formatted("#".repeat(filled), ".".repeat(WIDTH - filled),
				Printable.id(actorId), done / MIB, total / MIB, done / MIB / seconds()), done == total);
	}

	/**
	 * Note bytes of one actor among many.
	 */
	void addBytes(long bytes) {
		this.fleetBytes.addAndGet(bytes);
	}

	@Override
	public void finished(String actorId, @Nullable Exception failure, long finished) {
		if (failure != null) {
			this.failures.incrementAndGet();
		}
		show("%d actors, %.0f/s, %.1f MiB, %d failed, now %s".formatted(finished, finished / seconds(),
				this.fleetBytes.get() / MIB, this.failures.get(), Printable.id(actorId)), false);
	}

	private double seconds() {
		return Math.max(1, System.nanoTime() - this.start) / 1e9;
	}

	private synchronized void show(String line, boolean last) {
		PrintWriter out = this.terminal;
		long now = System.nanoTime();
		if (out == null || (now - this.shown < INTERVAL && !last)) {
			return;
		}
		this.shown = now;
		this.used = true;
		out.print(String.format(Locale.ROOT, "\r%-100.100s", line));
		out.flush();
	}

	@Override
	public synchronized void close() {
		if (this.terminal != null && this.used) {
			this.terminal.println();
			this.terminal.flush();
		}
	}

}
