package io.kvsqlite;

import java.sql.SQLException;
import java.time.Instant;

import io.kvsqlite.jdbc.ActorConnections;
import io.kvsqlite.sqlite.ActorDatabase;

/**
 * An open actor with its database.
 *
 * @param database its files and its connection
 * @param connections hands its connection out
 * @param since when it was opened
 */
record OpenDatabase(ActorDatabase database, ActorConnections connections, Instant since) implements OpenActor {

	/**
	 * Return this actor with a fresh connection, in place of one that was used in a way
	 * that is not undone.
	 * @throws SQLException if that failed. The actor has to be closed then
	 */
	OpenDatabase renewed() throws SQLException {
		this.database.renew();
		return new OpenDatabase(this.database, this.connections.on(this.database.connection()), this.since);
	}

	@Override
	public boolean isUsable() {
		return this.database.isUsable();
	}

	@Override
	public void trim() {
		this.database.trim();
		try {
			this.connections.trim();
			this.database.settle();
		}
		catch (SQLException ex) {
			this.database.files().fail("a prepared statement that nobody uses could not be closed", ex);
		}
	}

	@Override
	public void abort() {
		this.database.abort("it was closed by force");
	}

	@Override
	public void release() {
		this.database.files().close();
	}

	@Override
	public void abandon() throws SQLException {
		this.database.abandon();
	}

	@Override
	public void close() throws SQLException {
		this.database.close();
	}

}
