package io.kvsqlite.sqlite;

import org.jspecify.annotations.Nullable;

/**
 * The SQLite inside the sqlite-jdbc on the class path is not laid out as this binding
 * expects, so nothing was registered with it.
 */
public class UnsupportedSqliteException extends RuntimeException {

	public UnsupportedSqliteException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
