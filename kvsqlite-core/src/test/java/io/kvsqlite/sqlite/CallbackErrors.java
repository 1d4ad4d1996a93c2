package io.kvsqlite.sqlite;

import java.util.EnumSet;
import java.util.Set;

import io.kvsqlite.sqlite.CallbackFault.Injection;
import io.kvsqlite.sqlite.CallbackFault.Place;
import io.kvsqlite.testing.InjectedError;

/**
 * Lets an {@link Error} come up in the n-th callback of this process, for tests that use
 * one thread.
 */
public final class CallbackErrors implements CallbackFault, AutoCloseable {

	private final Kind kind;

	private final int nth;

	private final boolean persistent;

	private int callbacks;

	private int fired;

	private CallbackErrors(Kind kind, int nth, boolean persistent) {
		this.kind = kind;
		this.nth = nth;
		this.persistent = persistent;
	}

	/**
	 * Let an error come up.
	 * @param kind where in the callback
	 * @param nth in which callback, from 1
	 * @param persistent whether in all later ones, too
	 * @return what ends it
	 */
	public static CallbackErrors inject(Kind kind, int nth, boolean persistent) {
		CallbackErrors errors = new CallbackErrors(kind, nth, persistent);
		Injection.fault = errors;
		return errors;
	}

	@Override
	public void at(Place place) {
		if (place == Place.BEFORE) {
			this.callbacks++;
		}
		boolean meant = this.persistent ? this.callbacks >= this.nth : this.callbacks == this.nth;
		if (meant && this.kind.places.contains(place)) {
			this.fired++;
			throw new InjectedError("Injected: %s of callback %d".formatted(place, this.callbacks));
		}
	}

	/**
	 * Return how many callbacks there were.
	 * @return a number of callbacks
	 */
	public int callbacks() {
		return this.callbacks;
	}

	/**
	 * Return how often an error came up.
	 * @return a number of errors
	 */
	public int fired() {
		return this.fired;
	}

	@Override
	public void close() {
		Injection.fault = null;
	}

	/**
	 * Where in a callback an error comes up.
	 */
	public enum Kind {

		/**
		 * Before any instruction of ours.
		 */
		BEFORE_THE_CALLBACK(Place.BEFORE),

		/**
		 * Before the callback has done anything.
		 */
		AT_THE_ENTRY(Place.ENTRY),

		/**
		 * When the callback has done everything.
		 */
		IN_THE_MIDDLE(Place.MIDDLE),

		/**
		 * In the handler of an error at the entry.
		 */
		IN_THE_HANDLER(Place.ENTRY, Place.HANDLER),

		/**
		 * In the handler of an error that came up when everything was done.
		 */
		IN_THE_HANDLER_AFTERWARDS(Place.MIDDLE, Place.HANDLER);

		private final Set<Place> places;

		Kind(Place first, Place... rest) {
			this.places = EnumSet.of(first, rest);
		}

	}

}
