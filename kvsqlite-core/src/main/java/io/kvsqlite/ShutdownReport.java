package io.kvsqlite;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * What did not go as it should while all actors were closed: one line in the log, however
 * many they are. Thread-safe.
 */
final class ShutdownReport {

	private static final int NAMED = 5;

	// All guarded by this.
	private final List<String> used = new ArrayList<>(NAMED);

	private final List<String> unreleased = new ArrayList<>(NAMED);

	private int usedCount;

	private int unreleasedCount;

	private int failures;

	private @Nullable Throwable failure;

	/**
	 * An actor was taken away from whoever used it.
	 */
	synchronized void used(String actorId, ActorSlot.@Nullable Use use) {
		if (this.usedCount++ < NAMED) {
			this.used.add("'%s'%s".formatted(Printable.id(actorId),
					(use != null) ? " by thread '" + use.thread().getName() + "'" : ""));
		}
	}

	/**
	 * An actor was not released in the store.
	 */
	synchronized void unreleased(String actorId) {
		if (this.unreleasedCount++ < NAMED) {
			this.unreleased.add("'%s'".formatted(Printable.id(actorId)));
		}
	}

	/**
	 * An actor was given up, but its close failed.
	 */
	synchronized void failed(Throwable failure) {
		this.failures++;
		if (this.failure == null) {
			this.failure = failure;
		}
	}

	/**
	 * Return whether something may still be under way in the store.
	 */
	synchronized boolean isUnreleased() {
		return this.unreleasedCount > 0;
	}

	/**
	 * Say what happened, if anything did.
	 */
	synchronized void log(Logger logger, Duration timeout) {
		StringJoiner parts = new StringJoiner("; ",
				"Not all actors were closed in order within " + timeout.toMillis() + " ms: ", "");
		if (this.usedCount > 0) {
			parts.add("%d still in use, closed by force (%s)".formatted(this.usedCount,
					named(this.used, this.usedCount)));
		}
		if (this.unreleasedCount > 0) {
			parts.add(("%d not released in the store, which did not answer in time or refused; free when it is "
					+ "closed or this owner's lease has ended (%s)")
				.formatted(this.unreleasedCount, named(this.unreleased, this.unreleasedCount)));
		}
		if (this.failures > 0) {
			parts.add("%d given up with a failure, the first of which follows".formatted(this.failures));
		}
		if (this.usedCount + this.unreleasedCount + this.failures > 0) {
			logger.warn(parts.toString(), this.failure);
		}
	}

	private static String named(List<String> names, int count) {
		return String.join(", ", names) + ((count > names.size()) ? ", ..." : "");
	}

}
