package io.kvsqlite.sqlite;

import java.util.concurrent.atomic.AtomicBoolean;

import io.kvsqlite.vfs.ActorFiles;
import org.jspecify.annotations.Nullable;

/**
 * What ties an open actor to SQLite's calls: its files, the name they are known by, and
 * what went wrong in a callback, from which no exception may come.
 *
 * <p>
 * An {@link Error} can strike anywhere in a callback, before its first instruction and in
 * its handler too. SQLite is told of a failure then by {@link MachineCode}. But it may
 * drop that, or the machine code may be missing, and then what SQLite hears is 0: all is
 * well. So failure is what is assumed here, too. A callback is counted when it is
 * {@linkplain #enter() entered}, and once more as the last thing on the way out that
 * {@linkplain #leave(int) succeeded}. Where the two numbers differ at the next callback,
 * an earlier one vanished, and from then on every callback is refused, the commit point
 * too. The same holds after an error that was remembered: SQLite may drop one. Both
 * numbers and the error are written without an allocation or a call that could fail.
 *
 * <p>
 * The name is registered for the life of one open and cannot be guessed, so no SQL text
 * can reach another actor by attaching it.
 *
 * <p>
 * Used by the thread that holds the connection.
 */
final class ActorBinding {

	private final String token;

	private final ActorFiles files;

	private final AtomicBoolean mainFileTaken = new AtomicBoolean();

	private int entered;

	private int left;

	private @Nullable Throwable error;

	private boolean told;

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
	 * A callback begins.
	 * @return whether it may do anything
	 */
	boolean enter() {
		if (isBroken()) {
			return false;
		}
		this.entered++;
		return true;
	}

	/**
	 * A callback ends as it should. To be the last that it does.
	 * @param code what SQLite is told
	 * @return the same
	 */
	int leave(int code) {
		this.left = this.entered;
		return code;
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
	 * Return whether a callback failed or vanished.
	 */
	boolean isBroken() {
		return this.entered != this.left;
	}

	/**
	 * Return why a callback failed.
	 * @return the error, {@code null} if none failed or one vanished
	 */
	@Nullable Throwable error() {
		return this.error;
	}

	/**
	 * Return whether a callback failed or vanished, and nobody was told.
	 */
	boolean isUntold() {
		return this.entered != this.left && !this.told;
	}

	/**
	 * Note that somebody is about to be told.
	 */
	void tell() {
		this.told = true;
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

	@Nullable String takeRefusal() {
		String refusal = this.refusal;
		this.refusal = null;
		return refusal;
	}

}
