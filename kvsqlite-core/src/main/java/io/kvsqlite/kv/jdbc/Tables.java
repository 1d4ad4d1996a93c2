package io.kvsqlite.kv.jdbc;

import java.util.regex.Pattern;

/**
 * The names of the store's tables.
 *
 * @param prefix what each begins with: letters, digits and underscores, with the schema
 * and a dot in front if it is not on the search path
 */
record Tables(String prefix) {

	static final String DEFAULT_PREFIX = "kvsqlite_";

	/**
	 * No quoting is needed for these, and the longest name that is made of them is below
	 * PostgreSQL's 63 bytes.
	 */
	private static final Pattern PREFIX = Pattern.compile("([a-z_][a-z0-9_]{0,62}\\.)?[a-z_][a-z0-9_]{0,39}");

	Tables {
		if (!PREFIX.matcher(prefix).matches()) {
			throw new IllegalArgumentException(
					("'%s' is no prefix for table names: lower-case letters, digits and underscores are,"
							+ " and a schema with a dot in front")
						.formatted(prefix));
		}
	}

	String epochs() {
		return this.prefix + "epochs";
	}

	String actors() {
		return this.prefix + "actors";
	}

	String chunks() {
		return this.prefix + "chunks";
	}

	String leases() {
		return this.prefix + "leases";
	}

	/**
	 * Put the names into a statement that has them in braces.
	 * @param sql a statement with {@code {actors}}, {@code {chunks}}, {@code {leases}}
	 * and {@code {epochs}}
	 * @return the statement
	 */
	String in(String sql) {
		return sql.replace("{actors}", actors())
			.replace("{chunks}", chunks())
			.replace("{leases}", leases())
			.replace("{epochs}", epochs());
	}

}
