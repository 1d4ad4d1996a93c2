package io.kvsqlite.jdbc;

/**
 * What a text of SQL asks of the connection that runs it.
 */
enum SqlKind {

	/**
	 * Nothing: it runs as it is, and begins no transaction that it does not end.
	 */
	ORDINARY,

	/**
	 * It begins a transaction that may be left open when the connection is closed.
	 */
	TRANSACTION,

	/**
	 * It may change the schema, or a setting on which prepared statements depend, and may
	 * begin a transaction, too.
	 */
	SCHEMA,

	/**
	 * It is one statement that attaches a database in memory or a temporary one.
	 */
	ATTACH,

	/**
	 * It is one {@code VACUUM}, which attaches a temporary database for its own use.
	 */
	VACUUM;

	/**
	 * Return whether statements that were prepared before may not be what they were.
	 */
	boolean changesSchema() {
		return this == SCHEMA || attaches();
	}

	/**
	 * Return whether SQLite must be allowed to attach a database while it runs.
	 */
	boolean attaches() {
		return this == ATTACH || this == VACUUM;
	}

}
