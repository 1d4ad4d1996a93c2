package io.kvsqlite.spring.autoconfigure;

import java.util.List;

import io.kvsqlite.ActorListener;
import io.kvsqlite.CloseReason;
import io.kvsqlite.vfs.CorruptedActorException;
import org.jspecify.annotations.Nullable;

/**
 * All listeners as one.
 *
 * @param listeners the listeners, in the order in which they hear
 */
record ActorListeners(List<ActorListener> listeners) implements ActorListener {

	ActorListeners {
		listeners = List.copyOf(listeners);
	}

	@Override
	public void actorOpened(String actorId, long nanos, boolean created) {
		this.listeners.forEach((listener) -> listener.actorOpened(actorId, nanos, created));
	}

	@Override
	public void actorOpenFailed(String actorId, long nanos, Throwable failure) {
		this.listeners.forEach((listener) -> listener.actorOpenFailed(actorId, nanos, failure));
	}

	@Override
	public void actorClosed(String actorId, CloseReason reason) {
		this.listeners.forEach((listener) -> listener.actorClosed(actorId, reason));
	}

	@Override
	public void connectionRequested(String actorId, long nanos, boolean acquired) {
		this.listeners.forEach((listener) -> listener.connectionRequested(actorId, nanos, acquired));
	}

	@Override
	public void storeRead(String actorId, int keys, long nanos, @Nullable Throwable failure) {
		this.listeners.forEach((listener) -> listener.storeRead(actorId, keys, nanos, failure));
	}

	@Override
	public void storeWritten(String actorId, int keys, long bytes, long nanos, @Nullable Throwable failure) {
		this.listeners.forEach((listener) -> listener.storeWritten(actorId, keys, bytes, nanos, failure));
	}

	@Override
	public void readAhead(String actorId, int chunks) {
		this.listeners.forEach((listener) -> listener.readAhead(actorId, chunks));
	}

	@Override
	public void readAheadUsed(String actorId) {
		this.listeners.forEach((listener) -> listener.readAheadUsed(actorId));
	}

	@Override
	public void transactionJournaled(String actorId) {
		this.listeners.forEach((listener) -> listener.transactionJournaled(actorId));
	}

	@Override
	public void writeResolved(String actorId, boolean applied) {
		this.listeners.forEach((listener) -> listener.writeResolved(actorId, applied));
	}

	@Override
	public void connectionPoisoned(String actorId, Throwable cause) {
		this.listeners.forEach((listener) -> listener.connectionPoisoned(actorId, cause));
	}

	@Override
	public void corruptionFound(String actorId, CorruptedActorException corruption) {
		this.listeners.forEach((listener) -> listener.corruptionFound(actorId, corruption));
	}

}
