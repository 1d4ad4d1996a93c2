package io.kvsqlite.spring.autoconfigure.routing;

/**
 * Something is told to make a schema at the start, where there is no actor.
 */
class SchemaAtStartException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String instead;

	SchemaAtStartException(String what, String instead) {
		super(what + ", but the data source is that of the current actor (kvsqlite.routing.enabled is 'true'), "
				+ "and at the start there is none");
		this.instead = instead;
	}

	/**
	 * Return what to do instead.
	 */
	String instead() {
		return this.instead;
	}

}
