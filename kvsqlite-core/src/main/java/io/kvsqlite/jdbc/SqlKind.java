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
	 * It is a {@code PRAGMA} that leaves nothing on the connection. SQLite runs those
	 * when it prepares them, so a prepared one is good for one use.
	 */
	PRAGMA,

	/**
	 * It may change the schema, or a setting on which prepared statements depend, and may
	 * begin a transaction, too.
	 */
	SCHEMA,

	/**
	 * It may leave something on the connection that a fresh one does not have: anything
	 * that is not known to leave nothing.
	 */
	SESSION,

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
		return this == SCHEMA || this == SESSION || attaches();
	}

	/**
	 * Return whether the connection may not be what it was.
	 */
	boolean changesConnection() {
		return this == SESSION || this == ATTACH;
	}

	/**
	 * Return whether a prepared statement can be used again by somebody who prepares the
	 * same SQL.
	 */
	boolean isReusable() {
		return this == ORDINARY || this == TRANSACTION;
	}

	/**
	 * Return whether SQLite must be allowed to attach a database while it runs.
	 */
	boolean attaches() {
		return this == ATTACH || this == VACUUM;
	}

}
