package io.kvsqlite.kv.jdbc;

import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.kv.OwnerLease;

/**
 * Keeps owners' leases as rows of a table. They expire by the server's clock.
 */
final class LeaseTable implements OwnerLease.Renewal {

	/**
	 * Every so many renewals, the rows of owners that died long ago are deleted.
	 */
	private static final int RENEWALS_BETWEEN_CLEANINGS = 500;

	private final Database database;

	private final Statements statements;

	private final AtomicInteger renewals = new AtomicInteger();

	LeaseTable(Database database, Statements statements) {
		this.database = database;
		this.statements = statements;
	}

	@Override
	public void renew(String id, String name, Duration duration) {
		this.database.call("The lease of owner '%s' could not be renewed".formatted(name), (connection) -> {
			try (PreparedStatement statement = connection.prepareStatement(this.statements.renewLease)) {
				statement.setObject(1, UUID.fromString(id));
				statement.setString(2, name);
				statement.setLong(3, duration.toMillis());
				return statement.executeUpdate();
			}
		});
		if (this.renewals.incrementAndGet() % RENEWALS_BETWEEN_CLEANINGS == 0) {
			this.database.call("Leases that ended could not be deleted", (connection) -> {
				try (PreparedStatement statement = connection.prepareStatement(this.statements.forgetLeases)) {
					return statement.executeUpdate();
				}
			});
		}
	}

	@Override
	public void end(String id) {
		this.database.call("A lease could not be ended", (connection) -> {
			try (PreparedStatement statement = connection.prepareStatement(this.statements.endLease)) {
				statement.setObject(1, UUID.fromString(id));
				return statement.executeUpdate();
			}
		});
	}

}
