package io.kvsqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

import io.kvsqlite.jdbc.ActorConnections;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.sqlite.ActorDatabase;
import org.sqlite.SQLiteConnection;

/**
 * Runs the initializers on a database that was just opened, one after the other.
 *
 * <p>
 * Whoever uses the actor afterwards gets a connection like a fresh one. Where an
 * initializer may have left a setting, a temporary table or an attached database behind,
 * the connection is replaced by a fresh one. Used by one thread.
 */
final class Initialization {

	private final List<ActorInitializer> initializers;

	private final int statementCacheSize;

	Initialization(List<ActorInitializer> initializers, int statementCacheSize) {
		this.initializers = initializers;
		this.statementCacheSize = statementCacheSize;
	}

	/**
	 * Get a database ready. If that fails, it has to be closed.
	 * @param database the database
	 * @return what to use from now on
	 */
	OpenDatabase prepare(ActorDatabase database) throws SQLException {
		ActorConnections connections = ActorConnections.of(database.connection(), this.statementCacheSize);
		for (ActorInitializer initializer : this.initializers) {
			database.beginUse();
			if (!isFreshAfter(initializer, database, connections)) {
				database.renew();
				connections = connections.on(database.connection());
			}
		}
		return new OpenDatabase(database, connections, Instant.now());
	}

	private static boolean isFreshAfter(ActorInitializer initializer, ActorDatabase database,
			ActorConnections connections) throws SQLException {
		Lending lending = new Lending(database);
		try (Connection connection = connections.handOut(lending)) {
			if (initializer.isTransactional()) {
				initializeAtomically(initializer, database, connection);
			}
			else {
				initializer.initialize(database.actorId(), connection);
			}
		}
		catch (Exception ex) {
			throw new SQLException("Actor '%s' cannot be opened, its initialization failed: %s"
				.formatted(Printable.id(database.actorId()), ex.getMessage()), ex);
		}
		if (!database.isUsable()) {
			throw new SQLException("Actor '%s' cannot be opened: its connection failed during initialization"
				.formatted(Printable.id(database.actorId())), database.files().failure());
		}
		return lending.reusable && database.isUnchanged();
	}

	private static void initializeAtomically(ActorInitializer initializer, ActorDatabase database,
			Connection connection) throws Exception {
		AtomicConnection atomic = AtomicConnection.begin(connection);
		database.fixForeignKeys(true);
		try {
			initializer.initialize(database.actorId(), atomic.connection());
		}
		finally {
			database.fixForeignKeys(false);
		}
		atomic.finish();
	}

	/**
	 * Lends the connection to one initializer, before anyone else can have it.
	 */
	private static final class Lending extends Borrowing {

		private boolean reusable;

		Lending(ActorDatabase database) {
			super(database);
		}

		@Override
		public void released(SQLiteConnection physical, boolean reusable) {
			this.reusable = reusable;
		}

	}

}
