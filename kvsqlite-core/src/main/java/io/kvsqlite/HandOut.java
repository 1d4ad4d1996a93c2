package io.kvsqlite;

import io.kvsqlite.jdbc.LeftBehind;
import io.kvsqlite.sqlite.ActorDatabase;
import org.sqlite.SQLiteConnection;

/**
 * One hand-out of an actor's connection, from the request until it comes back.
 */
final class HandOut extends Borrowing {

	private final OpenActors actors;

	private final ActorSlot<OpenDatabase> slot;

	HandOut(OpenActors actors, ActorSlot<OpenDatabase> slot, ActorDatabase database) {
		super(database);
		this.actors = actors;
		this.slot = slot;
	}

	@Override
	public LeftBehind leftBehind() {
		return this.actors.leftBehind();
	}

	@Override
	public void released(SQLiteConnection physical, boolean reusable) {
		this.actors.released(this.slot, database(), reusable);
	}

}
