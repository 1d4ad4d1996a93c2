package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

import io.kvsqlite.jdbc.ActorConnections;
import io.kvsqlite.jdbc.ConnectionOwner;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.vfs.VfsListener;

/**
 * The actor under test, lent as an application gets it: each hand-out on the same
 * database, as long as that is usable.
 */
final class LentActor implements AutoCloseable {

	private static final VfsListener SILENT = new VfsListener() {
	};

	private static final int STATEMENTS = 8;

	private final KvStore store;

	private final Setting setting;

	private @Nullable ActorDatabase database;

	private @Nullable ActorConnections connections;

	LentActor(KvStore store, Setting setting) {
		this.store = store;
		this.setting = setting;
	}

	/**
	 * Borrow the connection. To be closed.
	 */
	Connection connection() throws SQLException {
		ActorDatabase database = this.database;
		if (database == null || !database.isUsable()) {
			close();
			database = ActorDatabase.open(this.store, Namespace.ACTOR, this.setting.files(), this.setting.sqlite(),
					SILENT);
			this.database = database;
			this.connections = ActorConnections.of(database.connection(), STATEMENTS);
		}
		database.beginUse();
		return this.connections.handOut(new Owner(database));
	}

	/**
	 * Run a step, as one borrower.
	 */
	void run(Step step) throws SQLException {
		if (step instanceof Step.Sql sql) {
			try (Connection connection = connection()) {
				sql.run(connection);
			}
			return;
		}
		close();
		if (step instanceof Step.Delete) {
			this.store.delete(Namespace.ACTOR, true);
		}
		connection().close();
	}

	boolean isUsable() {
		return this.database != null && this.database.isUsable();
	}

	@Override
	public void close() throws SQLException {
		ActorDatabase database = this.database;
		this.database = null;
		if (database != null) {
			database.close();
		}
	}

	private final class Owner implements ConnectionOwner {

		private final ActorDatabase database;

		Owner(ActorDatabase database) {
			this.database = database;
		}

		@Override
		public String description() {
			return "the actor under test";
		}

		@Override
		public SQLException translate(SQLException ex) {
			return this.database.translate(ex);
		}

		@Override
		public void settle() throws SQLException {
			this.database.settle();
		}

		@Override
		public void giveUp() {
			this.database.giveUp();
		}

		@Override
		public boolean isPoisoned() {
			return !this.database.isUsable();
		}

		@Override
		public void released(SQLiteConnection physical, boolean reusable) {
			if (!reusable && this.database.isUsable()) {
				this.database.files().fail("it came back in a state that cannot be undone", null);
			}
		}

	}

}
