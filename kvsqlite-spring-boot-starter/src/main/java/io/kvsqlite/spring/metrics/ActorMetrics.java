package io.kvsqlite.spring.metrics;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.kvsqlite.ActorListener;
import io.kvsqlite.CloseReason;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.vfs.CorruptedActorException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Counts and times what happens to actors, all of them together: no meter has an actor's
 * name, whose number is without bound. All meters exist from the start, so that a
 * dashboard shows zeros rather than gaps. Thread-safe.
 */
public final class ActorMetrics implements ActorListener {

	private final MeterRegistry registry;

	private final Timer opened;

	private final Timer openFailed;

	private final Map<CloseReason, Counter> closed = new EnumMap<>(CloseReason.class);

	private final Timer acquired;

	private final Timer notAcquired;

	private final Outcomes reads;

	private final Outcomes writes;

	private final Counter pagesRead;

	private final Counter pagesWritten;

	private final Counter bytesWritten;

	private final Counter readAhead;

	private final Counter readAheadUsed;

	private final Counter journaled;

	private final Counter poisoned;

	private final Counter corruptions;

	private final Counter resolvedApplied;

	private final Counter resolvedNotApplied;

	/**
	 * Create the meters.
	 * @param registry where they are registered
	 */
	public ActorMetrics(MeterRegistry registry) {
		Assert.notNull(registry, "'registry' must not be null");
		this.registry = registry;
		this.opened = timer("kvsqlite.actors.open.time", "Time to open an actor, its migrations included", "outcome",
				"success");
		this.openFailed = timer("kvsqlite.actors.open.time", "Time to open an actor, its migrations included",
				"outcome", "failure");
		for (CloseReason reason : CloseReason.values()) {
			this.closed.put(reason,
					counter("kvsqlite.actors.closed", "Actors that were closed", "actors", "reason", word(reason)));
		}
		this.acquired = timer("kvsqlite.connections.acquire", "Time to get an actor's connection, waiting included",
				"outcome", "success");
		this.notAcquired = timer("kvsqlite.connections.acquire", "Time to get an actor's connection, waiting included",
				"outcome", "failure");
		this.reads = new Outcomes("kvsqlite.store.reads", "Reads of the store, one round trip each");
		this.writes = new Outcomes("kvsqlite.store.writes", "Atomic writes to the store, one round trip each");
		this.pagesRead = counter("kvsqlite.pages.read", "Chunks and metadata asked of the store", "pages");
		this.pagesWritten = counter("kvsqlite.pages.written", "Chunks and metadata written to the store or deleted",
				"pages");
		this.bytesWritten = counter("kvsqlite.store.written", "Bytes of keys and values written to the store", "bytes");
		this.readAhead = counter("kvsqlite.pages.read.ahead", "Chunks fetched before SQLite asked for them", "pages");
		this.readAheadUsed = counter("kvsqlite.pages.read.ahead.used",
				"Chunks fetched ahead that SQLite then asked for", "pages");
		this.journaled = counter("kvsqlite.transactions.journaled",
				"Transactions that outgrew one atomic write, so that their journal went to the store", "transactions");
		this.poisoned = counter("kvsqlite.connections.poisoned",
				"Connections given up after a failed or unresolved write or a lost ownership", "connections");
		this.corruptions = counter("kvsqlite.corruptions", "Damage found in stored data", "corruptions");
		this.resolvedApplied = counter("kvsqlite.writes.resolved",
				"Writes whose reply was lost and whose outcome was found out", "writes", "applied", "true");
		this.resolvedNotApplied = counter("kvsqlite.writes.resolved",
				"Writes whose reply was lost and whose outcome was found out", "writes", "applied", "false");
	}

	private Timer timer(String name, String description, String... tags) {
		return Timer.builder(name).description(description).tags(tags).register(this.registry);
	}

	private Counter counter(String name, String description, String unit, String... tags) {
		return Counter.builder(name).description(description).baseUnit(unit).tags(tags).register(this.registry);
	}

	private static String word(CloseReason reason) {
		return switch (reason) {
			case IDLE -> "idle";
			case EVICTED -> "evicted";
			case REQUESTED -> "requested";
			case POISONED -> "poisoned";
			case SHUTDOWN -> "shutdown";
		};
	}

	@Override
	public void actorOpened(String actorId, long nanos, boolean created) {
		this.opened.record(nanos, TimeUnit.NANOSECONDS);
	}

	@Override
	public void actorOpenFailed(String actorId, long nanos, Throwable failure) {
		this.openFailed.record(nanos, TimeUnit.NANOSECONDS);
	}

	@Override
	public void actorClosed(String actorId, CloseReason reason) {
		Counter counter = this.closed.get(reason);
		if (counter != null) {
			counter.increment();
		}
	}

	@Override
	public void connectionRequested(String actorId, long nanos, boolean acquired) {
		(acquired ? this.acquired : this.notAcquired).record(nanos, TimeUnit.NANOSECONDS);
	}

	@Override
	public void storeRead(String actorId, int keys, long nanos, @Nullable Throwable failure) {
		this.reads.record(nanos, failure);
		this.pagesRead.increment(keys);
	}

	@Override
	public void storeWritten(String actorId, int keys, long bytes, long nanos, @Nullable Throwable failure) {
		this.writes.record(nanos, failure);
		if (failure == null) {
			this.pagesWritten.increment(keys);
			this.bytesWritten.increment(bytes);
		}
	}

	@Override
	public void readAhead(String actorId, int chunks) {
		this.readAhead.increment(chunks);
	}

	@Override
	public void readAheadUsed(String actorId) {
		this.readAheadUsed.increment();
	}

	@Override
	public void transactionJournaled(String actorId) {
		this.journaled.increment();
	}

	@Override
	public void writeResolved(String actorId, boolean applied) {
		(applied ? this.resolvedApplied : this.resolvedNotApplied).increment();
	}

	@Override
	public void connectionPoisoned(String actorId, Throwable cause) {
		this.poisoned.increment();
	}

	@Override
	public void corruptionFound(String actorId, CorruptedActorException corruption) {
		this.corruptions.increment();
	}

	/**
	 * The timers of one kind of round trip, one for each way in which it can end.
	 */
	private final class Outcomes {

		private final Timer success;

		private final Timer ownershipLost;

		private final Timer unknown;

		private final Timer failure;

		private Outcomes(String name, String description) {
			this.success = timer(name, description, "outcome", "success");
			this.ownershipLost = timer(name, description, "outcome", "ownership_lost");
			this.unknown = timer(name, description, "outcome", "unknown");
			this.failure = timer(name, description, "outcome", "failure");
		}

		private void record(long nanos, @Nullable Throwable cause) {
			timer(cause).record(nanos, TimeUnit.NANOSECONDS);
		}

		private Timer timer(@Nullable Throwable cause) {
			if (cause == null) {
				return this.success;
			}
			if (cause instanceof KvOwnershipLostException) {
				return this.ownershipLost;
			}
			return (cause instanceof KvIndeterminateException) ? this.unknown : this.failure;
		}

		private Timer timer(String name, String description, String... tags) {
			return ActorMetrics.this.timer(name, description, tags);
		}

	}

}
