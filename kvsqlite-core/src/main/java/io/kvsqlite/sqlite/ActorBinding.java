package io.kvsqlite.sqlite;

import java.util.concurrent.atomic.AtomicBoolean;

import io.kvsqlite.vfs.ActorFiles;
import org.jspecify.annotations.Nullable;

/**
 * What ties an open actor to SQLite's calls: its files, the name they are known by, and
 * what went wrong in a callback, from which no exception may come.
 *
 * <p>
 * The name is registered for the life of one open and cannot be guessed, so no SQL text
 * can reach another actor by attaching it.
 */
final class ActorBinding {

	private final String token;

	private final ActorFiles files;

	private final AtomicBoolean mainFileTaken = new AtomicBoolean();

	private @Nullable Throwable error;

	private @Nullable String refusal;

	private boolean foreignKeysFixed;

	ActorBinding(String token, ActorFiles files) {
		this.token = token;
		this.files = files;
	}

	String token() {
		return this.token;
	}

	ActorFiles files() {
		return this.files;
	}

	/**
	 * Take the main file for the one connection there may be on it: two page caches on
	 * one file would not know of each other's writes.
	 * @return whether it was still free
	 */
	boolean takeMainFile() {
		return this.mainFileTaken.compareAndSet(false, true);
	}

	/**
	 * Remember what went wrong in a callback: the first error counts, what follows are
	 * SQLite's attempts to unwind.
	 */
	void remember(Throwable error) {
		if (this.error == null) {
			this.error = error;
		}
	}

	/**
	 * Return whether an error was remembered of which nobody was told.
	 */
	boolean hasError() {
		return this.error != null;
	}

	/**
	 * Return why a PRAGMA is refused.
	 * @param name the PRAGMA's name
	 * @param value its argument, or {@code null} if it only asks
	 * @return the reason, or {@code null} if it is allowed
	 */
	@Nullable String refusal(String name, @Nullable String value) {
		if (this.foreignKeysFixed && value != null && name.equalsIgnoreCase("foreign_keys")) {
			return "PRAGMA foreign_keys is refused: it has no effect inside a transaction, and this initializer runs "
					+ "in one. Let its isTransactional() return false, and it runs outside of one";
		}
		return PragmaRules.refusal(name, value);
	}

	void fixForeignKeys(boolean fixed) {
		this.foreignKeysFixed = fixed;
	}

	void refuse(String reason) {
		this.refusal = reason;
	}

	/**
	 * Return the error remembered since the last call, and forget it.
	 */
	@Nullable Throwable takeError() {
		Throwable error = this.error;
		this.error = null;
		return error;
	}

	@Nullable String takeRefusal() {
		String refusal = this.refusal;
		this.refusal = null;
		return refusal;
	}

}
