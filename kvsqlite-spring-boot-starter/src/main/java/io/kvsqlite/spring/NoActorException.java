package io.kvsqlite.spring;

import java.sql.SQLNonTransientException;

/**
 * The database of the current actor was asked for where no actor is current. Nothing was
 * done, and a retry fails in the same way: the caller has to name the actor.
 */
public class NoActorException extends SQLNonTransientException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message what was asked for, and how to name the actor
	 */
	public NoActorException(String message) {
		super(message);
	}

}
