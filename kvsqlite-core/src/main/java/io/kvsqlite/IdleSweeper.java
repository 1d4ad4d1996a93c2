package io.kvsqlite;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Walks the idle actors from time to time, on one daemon thread for all of them: whoever
 * was not used for the idle time-out is closed, and whoever was not used for a few
 * seconds gives up buffers. It only ever tries for an actor's permit, so it never stands
 * in anyone's way for longer than that takes.
 */
final class IdleSweeper implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(IdleSweeper.class);

	/**
	 * After this time without use an actor gives up buffers, though it stays open.
	 */
	private static final Duration TRIM_AFTER = Duration.ofSeconds(5);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

	/**
	 * How often it is asked, by a look at a field, whether a connection was left behind.
	 */
	private static final long LEFT_BEHIND_MILLIS = 100;

	private final ActorSlots<?> slots;

	private final long idleTimeout;

	private final Runnable leftBehind;

	private final long pause;

	private final Thread thread;

	private volatile boolean closed;

	/**
	 * Start sweeping.
	 * @param slots the open actors
	 * @param idleTimeout how long an actor may stay open without use
	 * @param leftBehind gives back what was left behind, if anything was
	 */
	IdleSweeper(ActorSlots<?> slots, Duration idleTimeout, Runnable leftBehind) {
		this.slots = slots;
		this.idleTimeout = idleTimeout.toNanos();
		this.leftBehind = leftBehind;
		this.pause = Math.max(1, Math.min(LONGEST_PAUSE.toMillis(), idleTimeout.toMillis() / 4));
		this.thread = new Thread(this::run, "kvsqlite-sweeper");
		this.thread.setDaemon(true);
		this.thread.start();
	}

	/**
	 * Not an executor: those have to have memory to go on.
	 */
	private void run() {
		long swept = System.nanoTime();
		while (!this.closed) {
			try {
				Thread.sleep(Math.min(this.pause, LEFT_BEHIND_MILLIS));
				this.leftBehind.run();
				long now = System.nanoTime();
				if (now - swept >= TimeUnit.MILLISECONDS.toNanos(this.pause)) {
					swept = now;
					sweep(this.slots, now);
				}
			}
			catch (InterruptedException ex) {
				// closed, or somebody else's interrupt, which ends nothing
			}
			catch (Throwable ex) {
				warn(ex);
			}
		}
	}

	private static void warn(Throwable failure) {
		try {
			logger.warn("Idle actors could not be swept", failure);
		}
		catch (Throwable ex) {
			// there is no memory to say it with; the sweep is tried again
		}
	}

	private <A extends OpenActor> void sweep(ActorSlots<A> slots, long now) {
		for (ActorSlot<A> slot : slots.idle().oldestWhile((slot) -> slot.isIdleFor(this.idleTimeout, now))) {
			slots.closeIdle(slot, this.idleTimeout);
		}
		for (ActorSlot<A> slot : slots.idle()
			.oldestWhile((slot) -> slot.isIdleFor(TRIM_AFTER.toNanos(), now) || slot.trimmed)) {
			slots.trim(slot);
		}
	}

	@Override
	public void close() {
		this.closed = true;
		this.thread.interrupt();
	}

}
