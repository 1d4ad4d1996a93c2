package io.kvsqlite;

import java.sql.SQLException;

import io.kvsqlite.jdbc.ConnectionOwner;
import io.kvsqlite.sqlite.ActorDatabase;
import org.sqlite.SQLiteConnection;

/**
 * Lends an actor's connection to its initializer, before anyone else can have it.
 */
class Borrowing implements ConnectionOwner {

	private final ActorDatabase database;

	Borrowing(ActorDatabase database) {
		this.database = database;
	}

	@Override
	public String description() {
		return "actor '%s'".formatted(this.database.actorId());
	}

	@Override
	public SQLException translate(SQLException ex) {
		return this.database.translate(ex);
	}

	@Override
	public boolean isPoisoned() {
		return !this.database.isUsable();
	}

	@Override
	public void released(SQLiteConnection physical, boolean reusable) {
		if (!reusable) {
			this.database.files().fail("its initializer left it in a state that cannot be undone", null);
		}
	}

	ActorDatabase database() {
		return this.database;
	}

}
