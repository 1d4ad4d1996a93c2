package io.kvsqlite;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.kvsqlite.ActorSlot.OpenActor;
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

	private final IdleActors idle;

	private final long idleTimeout;

	private final Consumer<ActorSlot> evict;

	private final Consumer<ActorSlot> giveBack;

	private final ScheduledExecutorService executor;

	/**
	 * Start sweeping.
	 * @param idle the idle actors
	 * @param idleTimeout how long an actor may stay open without use
	 * @param evict closes an actor whose permit the sweeper has, and gives that back
	 * @param giveBack gives back the permit of an actor that stays open
	 */
	IdleSweeper(IdleActors idle, Duration idleTimeout, Consumer<ActorSlot> evict, Consumer<ActorSlot> giveBack) {
		this.idle = idle;
		this.idleTimeout = idleTimeout.toNanos();
		this.evict = evict;
		this.giveBack = giveBack;
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
			long now = System.nanoTime();
			for (ActorSlot slot : this.idle.oldestWhile((slot) -> isOver(slot, now))) {
				close(slot, now);
			}
			for (ActorSlot slot : this.idle
				.oldestWhile((slot) -> now - slot.idleSince >= TRIM_AFTER.toNanos() || slot.trimmed)) {
				trim(slot);
			}
		}
		catch (RuntimeException ex) {
			logger.warn("Idle actors could not be swept", ex);
		}
	}

	private boolean isOver(ActorSlot slot, long now) {
		return now - slot.idleSince >= this.idleTimeout;
	}

	private void close(ActorSlot slot, long now) {
		if (!slot.permit.tryAcquire()) {
			return;
		}
		// it may have been used since it was found
		if (isOver(slot, now)) {
			this.evict.accept(slot);
		}
		else {
			this.giveBack.accept(slot);
		}
	}

	private void trim(ActorSlot slot) {
		if (slot.trimmed || !slot.permit.tryAcquire()) {
			return;
		}
		try {
			OpenActor open = slot.open;
			if (open != null) {
				open.database().trim();
				slot.trimmed = true;
			}
		}
		finally {
			slot.permit.release();
		}
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
	}

}
