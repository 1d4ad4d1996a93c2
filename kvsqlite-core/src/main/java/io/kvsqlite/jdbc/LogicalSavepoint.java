package io.kvsqlite.jdbc;

import java.sql.Savepoint;

import org.jspecify.annotations.Nullable;

/**
 * A savepoint of a {@link LogicalConnection}, which numbers its own from 1 as a new
 * connection of sqlite-jdbc does.
 */
final class LogicalSavepoint implements Savepoint {

	private final int id;

	private final String name;

	LogicalSavepoint(int id, @Nullable String name) {
		this.id = id;
		this.name = (name != null) ? name : "SQLITE_SAVEPOINT_" + id;
	}

	@Override
	public int getSavepointId() {
		return this.id;
	}

	@Override
	public String getSavepointName() {
		return this.name;
	}

}
