package io.kvsqlite;

import java.sql.SQLException;
import java.time.Instant;

import io.kvsqlite.sqlite.ActorDatabase;

/**
 * An open actor with its database.
 *
 * @param database its files and its connection
 * @param since when it was opened
 */
record OpenDatabase(ActorDatabase database, Instant since) implements OpenActor {

	@Override
	public boolean isUsable() {
		return this.database.isUsable();
	}

	@Override
	public void trim() {
		this.database.trim();
	}

	@Override
	public void abort() {
		this.database.abort("it was closed by force");
		this.database.files().close();
	}

	@Override
	public void close() throws SQLException {
		this.database.close();
	}

}
