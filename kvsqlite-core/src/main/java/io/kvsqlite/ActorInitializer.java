package io.kvsqlite;

import java.sql.Connection;

/**
 * Prepares an actor's database each time it is opened, before anyone gets a connection: a
 * place for schema migrations.
 *
 * <p>
 * Each initializer runs in a transaction of its own, unless it
 * {@linkplain #isTransactional() says otherwise}. One that fails leaves the database as
 * it was before it; those that ran before it stay. The actor is closed, and the next use
 * of it tries again.
 */
@FunctionalInterface
public interface ActorInitializer {

	/**
	 * Prepare a database.
	 *
	 * <p>
	 * Inside the transaction the connection looks as if it were in auto-commit mode.
	 * {@code commit()} and {@code rollback()} begin and end parts of the transaction, and
	 * nothing lasts before this method returns. SQL that ends the transaction (COMMIT,
	 * ROLLBACK) fails the initializer, and so does {@code PRAGMA foreign_keys}, which
	 * SQLite would ignore.
	 *
	 * <p>
	 * Outside of a transaction the connection is in auto-commit mode, and what is left
	 * uncommitted is rolled back.
	 *
	 * <p>
	 * What it leaves on the connection (settings, temporary tables) ends with it: a
	 * PRAGMA for every connection belongs to those of the factory.
	 * @param actorId the actor
	 * @param connection its connection, not to be kept
	 * @throws Exception if the database cannot be used; the actor is closed and whoever
	 * asked for a connection gets an {@link java.sql.SQLException} with this as its cause
	 */
	void initialize(String actorId, Connection connection) throws Exception;

	/**
	 * Return whether this initializer runs in a transaction. One that does not ends its
	 * own transactions and answers for what a failure leaves: every transaction that it
	 * has committed, so it must be able to go on from there at the next open. A tool with
	 * a history of its own is like that, and so is what SQLite does outside of
	 * transactions only, such as VACUUM.
	 * @return whether it is atomic, which is the default
	 */
	default boolean isTransactional() {
		return true;
	}

}
