package io.kvsqlite.testing;

import java.util.EnumSet;
import java.util.Set;

import io.kvsqlite.testing.StoreOperation.Kind;

/**
 * What can go wrong with one operation on a store.
 */
public enum FaultKind {

	/**
	 * The operation fails, and nothing was done: {@code KvUnavailableException}.
	 */
	ERROR_BEFORE(Effect.DEFINITE, Kind.OPEN, Kind.READ, Kind.WRITE, Kind.DELETE, Kind.DELETE_OWNED),

	/**
	 * The operation is done, and then fails. Of a write or a deletion that is
	 * {@code KvIndeterminateException}; an open has taken its epoch.
	 */
	ERROR_AFTER(Effect.INDETERMINATE, Kind.OPEN, Kind.READ, Kind.WRITE, Kind.DELETE, Kind.DELETE_OWNED),

	/**
	 * The write or the deletion never arrives, and nobody knows:
	 * {@code KvIndeterminateException}.
	 */
	REPLY_LOST(Effect.INDETERMINATE, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * The reply is lost, and the write or the owner's deletion arrives right before the
	 * actor is opened again.
	 */
	ARRIVES_BEFORE_OPEN(Effect.INDETERMINATE, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * The reply is lost, and the write or the owner's deletion arrives right after the
	 * actor was opened again, where the store must refuse it.
	 */
	ARRIVES_AFTER_OPEN(Effect.INDETERMINATE, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * The write or the owner's deletion is applied and acknowledged, and arrives once
	 * more right after the actor was opened again, where the store must refuse it.
	 */
	DUPLICATE(Effect.NONE, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * Half of the write is applied, and the reply is lost. No store that keeps the
	 * contract does this.
	 */
	PARTIAL_BATCH(Effect.BROKEN_STORE, Kind.WRITE),

	/**
	 * A value that is there is reported absent. Never the metadata of a rollback journal:
	 * a journal that nothing tells of cannot be missed.
	 */
	ABSENT(Effect.DAMAGED_REPLY, Kind.OPEN, Kind.READ),

	/**
	 * A value comes without its end.
	 */
	SHORT(Effect.DAMAGED_REPLY, Kind.OPEN, Kind.READ),

	/**
	 * A value comes with a byte more.
	 */
	LONG(Effect.DAMAGED_REPLY, Kind.OPEN, Kind.READ),

	/**
	 * A value comes with one bit changed.
	 */
	FLIPPED(Effect.WRONG_REPLY, Kind.OPEN, Kind.READ),

	/**
	 * A value comes as it was before the last write to it.
	 */
	STALE(Effect.WRONG_REPLY, Kind.OPEN, Kind.READ),

	/**
	 * Somebody else opens the actor first, so the store refuses the operation.
	 */
	OWNERSHIP_LOST(Effect.DEFINITE, Kind.READ, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * The store has no room: {@code KvStoreFullException}.
	 */
	STORE_FULL(Effect.DEFINITE, Kind.WRITE),

	/**
	 * The operation takes a while longer.
	 */
	SLOW(Effect.NONE, Kind.OPEN, Kind.READ, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * The store breaks its contract with another exception, before it has done anything.
	 */
	RUNTIME_EXCEPTION(Effect.INDETERMINATE, Kind.OPEN, Kind.READ, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * The same, after it has done everything.
	 */
	RUNTIME_EXCEPTION_AFTER(Effect.INDETERMINATE, Kind.OPEN, Kind.READ, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * An {@link Error} comes up before anything was done.
	 */
	ERROR_THROWN(Effect.INDETERMINATE, Kind.OPEN, Kind.READ, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * The same, after everything was done.
	 */
	ERROR_THROWN_AFTER(Effect.INDETERMINATE, Kind.OPEN, Kind.READ, Kind.WRITE, Kind.DELETE_OWNED),

	/**
	 * The thread is interrupted while it waits for the reply. The interrupt stays set. A
	 * write or deletion is applied, and its outcome unknown to the caller.
	 */
	INTERRUPTED(Effect.INDETERMINATE, Kind.OPEN, Kind.READ, Kind.WRITE, Kind.DELETE_OWNED);

	private final Effect effect;

	private final Set<Kind> operations;

	FaultKind(Effect effect, Kind first, Kind... rest) {
		this.effect = effect;
		this.operations = EnumSet.of(first, rest);
	}

	/**
	 * Return what this fault leaves the caller to know.
	 * @return the effect
	 */
	public Effect effect() {
		return this.effect;
	}

	/**
	 * Return whether an operation can have this fault.
	 * @param operation the kind of operation
	 * @return whether it can
	 */
	public boolean appliesTo(Kind operation) {
		return this.operations.contains(operation);
	}

	/**
	 * What a fault leaves the caller to know.
	 */
	public enum Effect {

		/**
		 * The operation was done as it should.
		 */
		NONE,

		/**
		 * Nothing was applied.
		 */
		DEFINITE,

		/**
		 * What was applied is not known.
		 */
		INDETERMINATE,

		/**
		 * A reply of the wrong form, which must be noticed.
		 */
		DAMAGED_REPLY,

		/**
		 * A reply of the right form with the wrong bytes, which only SQLite can notice.
		 */
		WRONG_REPLY,

		/**
		 * The store broke a promise on which everything rests.
		 */
		BROKEN_STORE

	}

}
