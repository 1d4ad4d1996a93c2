package io.kvsqlite;

import java.sql.Connection;

/**
 * Prepares an actor's database each time it is opened, before anyone gets a connection: a
 * place for schema migrations.
 */
@FunctionalInterface
public interface ActorInitializer {

	/**
	 * Prepare a database. What is left uncommitted is rolled back.
	 * @param actorId the actor
	 * @param connection its connection, in auto-commit mode, not to be kept
	 * @throws Exception if the database cannot be used; the actor is closed and whoever
	 * asked for a connection gets an {@link java.sql.SQLException} with this as its cause
	 */
	void initialize(String actorId, Connection connection) throws Exception;

}
