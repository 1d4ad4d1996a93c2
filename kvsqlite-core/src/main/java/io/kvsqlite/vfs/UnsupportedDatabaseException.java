package io.kvsqlite.vfs;

import io.kvsqlite.kv.Printable;

/**
 * A database is stored that is sound, but not of a kind that can be opened here.
 */
public class UnsupportedDatabaseException extends RuntimeException {

	public UnsupportedDatabaseException(String message) {
		super(Printable.text(message));
	}

}
