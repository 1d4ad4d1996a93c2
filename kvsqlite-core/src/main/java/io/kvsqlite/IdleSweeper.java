package io.kvsqlite;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
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

	private final ActorSlots<?> slots;

	private final long idleTimeout;

	private final ScheduledExecutorService executor;

	/**
	 * Start sweeping.
	 * @param slots the open actors
	 * @param idleTimeout how long an actor may stay open without use
	 */
	IdleSweeper(ActorSlots<?> slots, Duration idleTimeout) {
		this.slots = slots;
		this.idleTimeout = idleTimeout.toNanos();
		this.executor = Executors.newSingleThreadScheduledExecutor((task) -> {
			Thread thread = new Thread(task, "kvsqlite-sweeper");
			thread.setDaemon(true);
			return thread;
		});
		long pause = Math.max(1, Math.min(LONGEST_PAUSE.toMillis(), idleTimeout.toMillis() / 4));
		this.executor.scheduleWithFixedDelay(this::sweep, pause, pause, TimeUnit.MILLISECONDS);
	}

	private void sweep() {
		try {
			sweep(this.slots, System.nanoTime());
		}
		catch (RuntimeException ex) {
			logger.warn("Idle actors could not be swept", ex);
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
		this.executor.shutdownNow();
	}

}
