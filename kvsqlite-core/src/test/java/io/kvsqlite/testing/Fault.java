package io.kvsqlite.testing;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.codec.ChunkKeys;

/**
 * A fault to inject, and where.
 *
 * @param kind what goes wrong
 * @param operation the kind of operation that is counted, or {@code null} for every
 * operation that can have this fault
 * @param key the key that an operation must name to be counted, or {@code null}
 * @param nth which of the operations counted it hits first, from 1
 * @param persistent whether it hits all later ones, too
 * @param bit which bit of the value is flipped, from 0, or -1 if the store's seed decides
 */
public record Fault(FaultKind kind, StoreOperation.@Nullable Kind operation, byte @Nullable [] key, int nth,
		boolean persistent, int bit) {

	public Fault {
		if (nth < 1) {
			throw new IllegalArgumentException("'nth' must be at least 1, but is %d".formatted(nth));
		}
		if (operation != null && !kind.appliesTo(operation)) {
			throw new IllegalArgumentException("%s cannot have the fault %s".formatted(operation, kind));
		}
	}

	/**
	 * Return a fault at the n-th operation that can have it.
	 * @param kind what goes wrong
	 * @param nth which operation, from 1
	 * @return a fault that hits once
	 */
	public static Fault at(FaultKind kind, int nth) {
		return new Fault(kind, null, null, nth, false, -1);
	}

	/**
	 * Return a fault at the n-th operation of a kind.
	 * @param kind what goes wrong
	 * @param operation the kind of operation
	 * @param nth which operation, from 1
	 * @return a fault that hits once
	 */
	public static Fault at(FaultKind kind, StoreOperation.Kind operation, int nth) {
		return new Fault(kind, operation, null, nth, false, -1);
	}

	/**
	 * Return a fault at the first operation that names a key.
	 * @param kind what goes wrong
	 * @param key the key
	 * @return a fault that hits once
	 */
	public static Fault at(FaultKind kind, byte[] key) {
		return new Fault(kind, null, key, 1, false, -1);
	}

	/**
	 * Return a flipped bit in a value, which is read as it should be before and after.
	 * @param key the value's key
	 * @param bit which bit, from 0: of the first byte the lowest
	 * @param nth which of the operations that name the key and find a value, from 1
	 * @return a fault that hits once
	 */
	public static Fault flipped(byte[] key, int bit, int nth) {
		return new Fault(FaultKind.FLIPPED, null, key, nth, false, bit);
	}

	/**
	 * Return the same fault, which hits all later operations as well.
	 * @return a persistent fault
	 */
	public Fault fromThenOn() {
		return new Fault(this.kind, this.operation, this.key, this.nth, true, this.bit);
	}

	@Override
	public String toString() {
		String what = (this.bit >= 0) ? "%s (bit %d)".formatted(this.kind, this.bit) : this.kind.toString();
		return "%s at %s %d%s%s".formatted(what, (this.operation != null) ? this.operation : "operation", this.nth,
				(this.key != null) ? " that names the " + ChunkKeys.describe(this.key) : "",
				this.persistent ? " and from then on" : "");
	}

}
