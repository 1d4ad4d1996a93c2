package io.kvsqlite.sqlite;

import org.jspecify.annotations.Nullable;

/**
 * Where tests let an {@link Error} come up in a callback: at every place at which one can
 * be thought of, whatever the callback does there.
 */
interface CallbackFault {

	/**
	 * A callback has come to a place.
	 */
	void at(Place place);

	/**
	 * The places in a callback.
	 */
	enum Place {

		/**
		 * Before the first instruction: nothing of ours has seen the call.
		 */
		BEFORE,

		/**
		 * At the entry, before anything is done.
		 */
		ENTRY,

		/**
		 * When everything is done, before the way out.
		 */
		MIDDLE,

		/**
		 * In the handler of what came up, as its first action.
		 */
		HANDLER

	}

	/**
	 * Holds the fault of a test.
	 */
	final class Injection {

		/**
		 * The fault under way: only ever set by tests, which use one thread.
		 */
		static @Nullable CallbackFault fault;

		private Injection() {
		}

	}

}
