package io.kvsqlite.spring;

import javax.sql.DataSource;

/**
 * Wraps the data source of each actor, to log or to observe its SQL for example.
 */
@FunctionalInterface
public interface ActorDataSourceCustomizer {

	/**
	 * Wrap a data source. Called when a handle of the actor is made, and again after it
	 * was forgotten.
	 * @param actorId the actor
	 * @param dataSource its data source
	 * @return the data source to use
	 */
	DataSource customize(String actorId, DataSource dataSource);

}
