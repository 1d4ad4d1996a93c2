package io.kvsqlite.kv.redis;

import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.PartitionSelectorException;
import io.lettuce.core.cluster.UnknownPartitionException;

import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;

/**
 * What a failed attempt means: whether the server may have run it, and whether it is
 * worth repeating.
 *
 * @param kind the meaning
 * @param cause what Lettuce reported
 */
record RedisFailure(Kind kind, Throwable cause) {

	// What Lettuce says before it has written a byte. If a later version says it in other
	// words, such an attempt counts as sent, which is the safe mistake.
	private static final Set<String> UNSENT = Set.of("Currently not connected. Commands are rejected.",
			"Connection is closed");

	private static final String UNSENT_QUEUE = "Commands are not accepted until the queue size drops.";

	/**
	 * Tell what a failure means.
	 * @param failure what the future or the call failed with
	 * @return its meaning
	 */
	static RedisFailure of(Throwable failure) {
		Throwable cause = failure;
		while ((cause instanceof ExecutionException || cause instanceof CompletionException)
				&& cause.getCause() != null) {
			cause = cause.getCause();
		}
		if (cause instanceof KvDefiniteException) {
			return new RedisFailure(Kind.REFUSED, cause);
		}
		if (cause instanceof UnconfirmedException) {
			return new RedisFailure(Kind.UNCONFIRMED, cause);
		}
		for (Throwable each = cause; each != null; each = each.getCause()) {
			if (each instanceof RedisCommandExecutionException && each.getMessage() != null) {
				return new RedisFailure(refusal(each.getMessage()), each);
			}
		}
		if (cause instanceof RedisConnectionException || cause instanceof PartitionSelectorException
				|| cause instanceof UnknownPartitionException) {
			return new RedisFailure(Kind.NOT_SENT, cause);
		}
		String message = cause.getMessage();
		if (cause instanceof RedisException && message != null
				&& (UNSENT.contains(message) || message.endsWith(UNSENT_QUEUE))) {
			return new RedisFailure(Kind.NOT_SENT, cause);
		}
		return new RedisFailure(Kind.LOST, cause);
	}

	// The first word of an error reply is its code.
	private static Kind refusal(String message) {
		String code = message.split(" ", 2)[0];
		return switch (code) {
			case "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "BUSY" -> Kind.NOT_NOW;
			case "READONLY" -> Kind.NOT_HERE;
			case "OOM" -> Kind.FULL;
			case "WRONGTYPE" -> Kind.FOREIGN;
			case "MISCONF", "NOREPLICAS", "NOAUTH", "WRONGPASS", "NOPERM", "NOSCRIPT", "NOPROTO", "DENIED",
					"CROSSSLOT" ->
				Kind.REFUSED;
			default -> embeddedRefusal(message);
		};
	}

	// Redis before version 7 wraps what a command inside a script was refused with:
	// "ERR Error running script (call to f_...): @user_script:9: -OOM command not
	// allowed".
	private static Kind embeddedRefusal(String message) {
		if (message.contains("Script killed by user")) {
			return Kind.REFUSED;
		}
		int embedded = message.indexOf(": -");
		if (embedded >= 0) {
			String inner = message.substring(embedded + 3);
			if (!inner.toUpperCase(Locale.ROOT).startsWith("ERR")) {
				return refusal(inner);
			}
		}
		return Kind.FAILED;
	}

	/**
	 * Return what to tell the caller when nothing was applied.
	 * @param what the operation, for the message
	 * @return the exception
	 */
	KvDefiniteException definite(String what) {
		if (this.cause instanceof KvDefiniteException definite) {
			return definite;
		}
		String message = "Redis could not %s: %s".formatted(what, reason());
		return switch (this.kind) {
			case FULL -> new KvStoreFullException(message, this.cause);
			case FOREIGN -> new KvCorruptionException(message, this.cause);
			case REFUSED, FAILED -> new KvDefiniteException(message, this.cause);
			default -> new KvUnavailableException(message, this.cause);
		};
	}

	/**
	 * Return why, in words: what was reported and what that came from.
	 * @return the messages of the first and the last exception of the chain
	 */
	String reason() {
		Throwable root = this.cause;
		while (root.getCause() != null && root.getCause() != root) {
			root = root.getCause();
		}
		String reported = words(this.cause);
		return (root != this.cause && !reported.contains(words(root))) ? reported + " (" + words(root) + ")" : reported;
	}

	private static String words(Throwable throwable) {
		String message = throwable.getMessage();
		return (message != null) ? message : throwable.getClass().getSimpleName();
	}

	/**
	 * The meanings.
	 */
	enum Kind {

		/**
		 * No byte left this process.
		 */
		NOT_SENT(true, false),

		/**
		 * The server answered that it does not run commands for the moment, or not for
		 * this key.
		 */
		NOT_NOW(true, false),

		/**
		 * The server answered that it is a replica: another is the master now.
		 */
		NOT_HERE(true, false),

		/**
		 * The server answered that it has no memory left, before it changed anything.
		 */
		FULL(false, false),

		/**
		 * The server answered that a key has another type than ours.
		 */
		FOREIGN(false, true),

		/**
		 * The server answered that it will not run the command, before it changed
		 * anything.
		 */
		REFUSED(false, false),

		/**
		 * The connection broke, or no answer came in time.
		 */
		LOST(true, true),

		/**
		 * The server applied it, but did not confirm it as asked for.
		 */
		UNCONFIRMED(true, true),

		/**
		 * The server answered with an error that is not known to come before all changes.
		 */
		FAILED(false, true);

		private final boolean worthRepeating;

		private final boolean maybeApplied;

		Kind(boolean worthRepeating, boolean maybeApplied) {
			this.worthRepeating = worthRepeating;
			this.maybeApplied = maybeApplied;
		}

		boolean worthRepeating() {
			return this.worthRepeating;
		}

		boolean maybeApplied() {
			return this.maybeApplied;
		}

	}

}
