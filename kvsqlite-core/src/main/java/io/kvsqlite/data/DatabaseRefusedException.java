package io.kvsqlite.data;

import java.io.IOException;

import io.kvsqlite.kv.Printable;
import org.jspecify.annotations.Nullable;

/**
 * What should be imported is not imported, and nothing was written: it is no database, is
 * encrypted or damaged, or changed meanwhile. The message names it and says which.
 */
public class DatabaseRefusedException extends IOException {

	private final Reason reason;

	/**
	 * Create an exception.
	 * @param source what was to be imported
	 * @param reason why it is not
	 * @param details more about it
	 * @param cause what SQLite said, if it did
	 */
	public DatabaseRefusedException(String source, Reason reason, String details, @Nullable Throwable cause) {
		super(Printable.text("%s is not imported: %s".formatted(source, details)), cause);
		this.reason = reason;
	}

	/**
	 * Return why it is not imported.
	 * @return the reason
	 */
	public Reason reason() {
		return this.reason;
	}

	/**
	 * Why a database is not imported.
	 */
	public enum Reason {

		/**
		 * It does not begin as a SQLite database does. An encrypted one does not either.
		 */
		NOT_A_DATABASE,

		/**
		 * SQLite found it damaged.
		 */
		DAMAGED,

		/**
		 * Somebody wrote to it while it was read.
		 */
		CHANGED

	}

}
