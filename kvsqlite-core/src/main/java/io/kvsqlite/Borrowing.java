package io.kvsqlite;

import java.sql.SQLException;

import io.kvsqlite.jdbc.ConnectionOwner;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.sqlite.ActorDatabase;

/**
 * Lends an actor's connection to somebody, who gives it back.
 */
abstract class Borrowing implements ConnectionOwner {

	private final ActorDatabase database;

	Borrowing(ActorDatabase database) {
		this.database = database;
	}

	@Override
	public String description() {
		return "actor '%s'".formatted(Printable.id(this.database.actorId()));
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

	ActorDatabase database() {
		return this.database;
	}

}
