package io.kvsqlite.spring.autoconfigure.routing;

/**
 * The data source that follows the current actor was asked for, and Spring JDBC is not
 * there.
 */
class RoutingWithoutSpringJdbcException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	RoutingWithoutSpringJdbcException() {
		super("kvsqlite.routing.enabled is true, but Spring JDBC is not on the class path");
	}

}
