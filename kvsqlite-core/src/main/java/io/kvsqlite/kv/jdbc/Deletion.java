package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.Printable;

/**
 * Deletes an actor, whoever wrote to it last. Used by one thread.
 */
final class Deletion {

	private static final Logger logger = LoggerFactory.getLogger(Deletion.class);

	private final Statements statements;

	private final String actorId;

	private final byte[] id;

	private final boolean force;

	/**
	 * Remembered over attempts: the first may have been carried out without an answer.
	 */
	private boolean existed;

	private boolean taken;

	Deletion(Statements statements, String actorId, byte[] id, boolean force) {
		this.statements = statements;
		this.actorId = actorId;
		this.id = id;
		this.force = force;
	}

	boolean run(Connection connection) throws SQLException {
		// A holder that dies or lets go between the two looks makes a second try
		// worth it.
		while (!deleteAll(connection) && !this.force && deletable(connection)) {
			logger.debug("Actor '{}' was given back just now", Printable.id(this.actorId));
		}
		return this.existed;
	}

	private boolean deleteAll(Connection connection) throws SQLException {
		return new DeletionTransaction(connection, this.statements).run(
				this.force ? this.statements.deleteForced : this.statements.deleteUnheld,
				(statement) -> statement.setBytes(1, this.id), (commit) -> {
					this.taken = true;
					this.existed |= commit > 0;
				});
	}

	/**
	 * Fail if a live owner holds the actor; else return whether it is there after all. If
	 * an earlier attempt came as far as committing, it may have deleted the actor that
	 * was there before.
	 */
	private boolean deletable(Connection connection) throws SQLException {
		OwnerRow row = OwnerRow.read(connection, this.statements, this.id);
		if (row != null && row.live() && this.taken) {
			throw new KvIndeterminateException(
					"Actor '%s' was not deleted, or it may have been: '%s' has it, or a later actor of its id"
						.formatted(this.actorId, row.holder()));
		}
		if (row != null && row.live()) {
			throw new KvActorOwnedException(this.actorId, String.valueOf(row.holder()));
		}
		return row != null;
	}

}
