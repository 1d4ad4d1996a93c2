package io.kvsqlite.kv.jdbc;

/**
 * The store's SQL, made for one set of tables.
 *
 * <h2>Snapshots and row locks</h2>
 *
 * <p>
 * Under READ COMMITTED a statement reads as of the moment it began. When it then waits
 * for a row that someone else has locked, it goes on with that row as it is by now, and
 * with every other row as of then. So a statement that takes an actor's row and reads or
 * deletes chunks could act on chunks that are older than the row. Each statement here
 * that does so reads the actor's row a second time, without locking it, as {@code seen}:
 * chunks and {@code seen} are of the same moment, so if the last commit of {@code seen}
 * is that of the locked row, so are the chunks, because every commit changes both. Under
 * REPEATABLE READ and SERIALIZABLE the server does that comparison itself and answers
 * 40001.
 */
final class Statements {

	/**
	 * The condition on an actor's row under which an opening still owns it. Parameters:
	 * those of an {@link Ownership}.
	 */
	private static final String OWNED = "a.num = ? AND a.id = ? AND a.epoch = ? AND a.fence = ?";

	/**
	 * Take an actor, unless another live owner holds it, and read chunks. Always returns
	 * a row: with the new owner record if it was taken, with the one that was there
	 * before if there was one, and one for each chunk found.
	 *
	 * <p>
	 * The fence makes the statement safe to repeat, and the number of the opening lets
	 * one that was held up come too late: it does not take the actor from a later opening
	 * of the same store object.
	 *
	 * <p>
	 * A number of the sequence is used at every opening, and the first epoch of an actor
	 * is 65536 times that: so the epochs of an actor, each one more than the one before,
	 * never reach those of a later actor of the same id.
	 *
	 * <p>
	 * Parameters: id; id, holder, lease, opening, fence; keys.
	 */
	final String open;

	/**
	 * Read chunks under an ownership. No row if it is not current; else one at least,
	 * without a key if no chunk was found. Parameters: actor, keys; ownership.
	 */
	final String read;

	/**
	 * Give an actor back, keeping its record. Parameters: ownership.
	 */
	final String release;

	/**
	 * Give an actor back that was never written to, leaving nothing. Parameters:
	 * ownership.
	 */
	final String forget;

	/**
	 * Give an actor back that an opening took. Parameters: id, fence.
	 */
	final String undo;

	/**
	 * Give many actors back. Parameters: actors, ids, fences.
	 */
	final String releaseAll;

	/**
	 * Give many actors back that were never written to. Parameters: actors, ids, fences.
	 */
	final String forgetAll;

	/**
	 * The owner record: holder, whether it is live, its lease, epoch, commit number.
	 * Parameter: id.
	 */
	final String owner;

	/**
	 * Delete an actor's record if no live owner holds it. Parameter: id.
	 */
	final String deleteUnheld;

	/**
	 * Delete an actor's record. Parameter: id.
	 */
	final String deleteForced;

	/**
	 * Delete an actor's record under an ownership. Parameters: ownership.
	 */
	final String deleteOwned;

	/**
	 * A row if there is a record of the actor. Parameter: id.
	 */
	final String exists;

	/**
	 * Delete all chunks of an actor whose record is gone. Parameter: actor.
	 */
	final String deleteChunks;

	/**
	 * Ids of actors that were written to, from one on. Parameters: first id, bound,
	 * limit.
	 */
	final String actorsFrom;

	/**
	 * The same behind an id. Parameters: id, bound, limit.
	 */
	final String actorsAfter;

	/**
	 * Number and bytes of an actor's keys. Parameter: id.
	 */
	final String size;

	/**
	 * An actor's number and commit number, for a snapshot. Parameter: id.
	 */
	final String snapshot;

	/**
	 * Chunks of an actor, whoever owns it. Parameters: actor, keys.
	 */
	final String chunks;

	/**
	 * Keys of an actor from one on. Parameters: actor, first key, limit.
	 */
	final String keys;

	/**
	 * Put one key under an ownership, if the commit before this one is the last: the
	 * ordinary commit. As many rows as keys were put, none if it was not applied.
	 *
	 * <p>
	 * A put needs no {@code seen}: it takes the row of its key as it is when it gets
	 * there, also where that is later than the statement began. And as its answer is a
	 * count alone, the statement that changes the owner record is all that comes before
	 * it. What stands there instead, {@link #fence} tells.
	 *
	 * <p>
	 * The same write may be sent again: the second is not applied.
	 *
	 * <p>
	 * Parameters: commit number, ownership, number and fence of the commit before; key,
	 * value.
	 */
	final String put;

	/**
	 * The same for any number of keys. Parameters: commit number, ownership, number and
	 * fence of the commit before; keys, values.
	 */
	final String putAll;

	/**
	 * What an ownership is checked against: epoch, fence, number and fence of the last
	 * commit. No row if there is no record of the actor. Parameter: id.
	 */
	final String fence;

	/**
	 * Prolong a lease, or make it. Parameters: lease, holder, milliseconds.
	 */
	final String renewLease;

	/**
	 * Change a lease, if it is there, so that nothing is different. Parameter: lease.
	 */
	final String touchLease;

	/**
	 * End a lease. Parameter: lease.
	 */
	final String endLease;

	/**
	 * Forget owners that died more than a day ago. No parameters.
	 */
	final String forgetLeases;

	private final Tables tables;

	Statements(Tables tables) {
		this.tables = tables;
		String live = "EXISTS (SELECT 1 FROM {leases} l WHERE l.lease = a.lease AND l.expires > clock_timestamp())";
		this.open = tables.in("""
				WITH seen AS (
					SELECT num, commit_number, commit_fence FROM {actors} WHERE id = ?
				), taken AS (
					INSERT INTO {actors} AS a (num, id, epoch, commit_number, holder, lease, opening, fence)
					SELECT n.num, ?, n.num * 65536, 0, ?, ?, ?, ?
					FROM (SELECT nextval('{epochs}') AS num OFFSET 0) n
					ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, lease = excluded.lease,
						opening = excluded.opening, fence = excluded.fence,
						epoch = CASE WHEN a.fence = excluded.fence THEN a.epoch ELSE a.epoch + 1 END
					WHERE CASE WHEN a.lease IS NULL THEN true
						WHEN a.lease = excluded.lease THEN a.opening <= excluded.opening
						ELSE NOT {live} END
					RETURNING num, epoch, commit_number, commit_fence
				)
				SELECT t.num, t.epoch, t.commit_number, t.commit_fence, s.num, s.commit_number, s.commit_fence,
					c.key, c.value
				FROM (SELECT 1) AS one LEFT JOIN taken t ON true LEFT JOIN seen s ON true
				LEFT JOIN {chunks} c ON c.actor = (SELECT num FROM seen) AND c.key = ANY (?)""".replace("{live}",
				live));
		this.read = tables.in("""
				SELECT a.commit_number, a.commit_fence, c.key, c.value
				FROM {actors} a LEFT JOIN {chunks} c ON c.actor = ? AND c.key = ANY (?)
				WHERE {owned}""".replace("{owned}", OWNED));
		String release = "UPDATE {actors} AS a SET holder = NULL, lease = NULL, opening = NULL, fence = NULL ";
		String many = "unnest(?, ?, ?) AS r (num, id, fence) WHERE a.num = r.num AND a.id = r.id AND a.fence = r.fence";
		this.release = tables.in(release + "WHERE " + OWNED);
		this.forget = tables.in("DELETE FROM {actors} AS a WHERE " + OWNED + " AND a.commit_number = 0");
		this.undo = tables.in(release + "WHERE a.id = ? AND a.fence = ?");
		this.releaseAll = tables.in(release + "FROM " + many);
		this.forgetAll = tables.in("DELETE FROM {actors} AS a USING " + many + " AND a.commit_number = 0");
		this.owner = tables
			.in("SELECT a.holder, " + live + ", a.lease, a.epoch, a.commit_number FROM {actors} a" + " WHERE a.id = ?");
		this.deleteUnheld = tables
			.in("DELETE FROM {actors} AS a WHERE a.id = ? AND NOT " + live + " RETURNING a.num, a.commit_number");
		this.deleteForced = tables.in("DELETE FROM {actors} AS a WHERE a.id = ? RETURNING a.num, a.commit_number");
		this.deleteOwned = tables.in("""
				DELETE FROM {actors} AS a WHERE {owned} RETURNING a.num, a.commit_number""".replace("{owned}", OWNED));
		this.exists = tables.in("SELECT 1 FROM {actors} WHERE id = ?");
		this.deleteChunks = tables.in("DELETE FROM {chunks} WHERE actor = ?");
		this.actorsFrom = tables.in("""
				SELECT id FROM {actors} WHERE id >= ? AND id < ? AND commit_number > 0
				ORDER BY id LIMIT ?""");
		this.actorsAfter = tables.in("""
				SELECT id FROM {actors} WHERE id > ? AND id < ? AND commit_number > 0
				ORDER BY id LIMIT ?""");
		this.size = tables.in("""
				SELECT count(*), coalesce(sum(octet_length(c.key)::bigint + octet_length(c.value)), 0)
				FROM {actors} a JOIN {chunks} c ON c.actor = a.num WHERE a.id = ?""");
		this.snapshot = tables.in("SELECT num, commit_number FROM {actors} WHERE id = ?");
		this.chunks = tables.in("SELECT c.key, c.value FROM {chunks} c WHERE c.actor = ? AND c.key = ANY (?)");
		this.keys = tables.in("SELECT c.key FROM {chunks} c WHERE c.actor = ? AND c.key >= ? ORDER BY c.key LIMIT ?");
		String fenced = """
				WITH fence AS (
					UPDATE {actors} AS a SET commit_number = ?, commit_fence = a.fence
					WHERE {owned} AND a.commit_number = ? AND a.commit_fence = ?
					RETURNING a.num
				)
				INSERT INTO {chunks} (actor, key, value)""".replace("{owned}", OWNED);
		String replacing = " ON CONFLICT (actor, key) DO UPDATE SET value = excluded.value";
		this.put = tables.in(fenced + " SELECT f.num, ?, ? FROM fence f" + replacing);
		this.putAll = tables
			.in(fenced + " SELECT f.num, u.key, u.value FROM fence f, unnest(?, ?) AS u (key, value)" + replacing);
		this.fence = tables.in("SELECT epoch, fence, commit_number, commit_fence FROM {actors} WHERE id = ?");
		this.renewLease = tables.in("""
				INSERT INTO {leases} AS l (lease, holder, expires)
				VALUES (?, ?, clock_timestamp() + ? * interval '1 millisecond')
				ON CONFLICT (lease) DO UPDATE SET expires = excluded.expires""");
		this.touchLease = tables.in("UPDATE {leases} SET holder = holder WHERE lease = ?");
		this.endLease = tables.in("DELETE FROM {leases} WHERE lease = ?");
		this.forgetLeases = tables.in("DELETE FROM {leases} WHERE expires < clock_timestamp() - interval '1 day'");
	}

	/**
	 * Write under an ownership, if the commit before this one is the last, and delete
	 * keys or ranges in it. Returns one row: how many owner records were updated (1 or
	 * 0), and epoch, fence, number and fence of the last commit as they were when the
	 * statement began, or nulls.
	 *
	 * <p>
	 * The same write may be sent again: the second is not applied and finds the commit of
	 * the first.
	 *
	 * <p>
	 * Parameters: id; commit number, ownership, number and fence of the commit before,
	 * twice; then, of the parts the write has: keys to delete; starts and ends of ranges;
	 * keys and values to put.
	 * @param deletes whether there are keys to delete
	 * @param ranges whether there are ranges to delete
	 * @param puts whether there are keys to put
	 * @return the statement
	 */
	String write(boolean deletes, boolean ranges, boolean puts) {
		StringBuilder sql = new StringBuilder("""
				WITH seen AS (
					SELECT epoch, fence, commit_number, commit_fence FROM {actors} WHERE id = ?
				), fence AS (
					UPDATE {actors} AS a SET commit_number = ?, commit_fence = a.fence
					WHERE {owned} AND a.commit_number = ? AND a.commit_fence = ?
						AND EXISTS (SELECT 1 FROM seen WHERE commit_number = ? AND commit_fence = ?)
					RETURNING a.num
				)""");
		if (deletes) {
			sql.append("""
					, deleted AS (
						DELETE FROM {chunks} c USING fence f WHERE c.actor = f.num AND c.key = ANY (?)
					)""");
		}
		if (ranges) {
			sql.append("""
					, cut AS (
						DELETE FROM {chunks} c USING fence f, unnest(?, ?) AS r (start, stop)
						WHERE c.actor = f.num AND c.key >= r.start AND c.key < r.stop
					)""");
		}
		if (puts) {
			sql.append("""
					, put AS (
						INSERT INTO {chunks} (actor, key, value)
						SELECT f.num, u.key, u.value FROM fence f, unnest(?, ?) AS u (key, value)
						ON CONFLICT (actor, key) DO UPDATE SET value = excluded.value
					)""");
		}
		sql.append("""

				SELECT (SELECT count(*) FROM fence), s.epoch, s.fence, s.commit_number, s.commit_fence
				FROM (SELECT 1) AS one LEFT JOIN seen s ON true""");
		return this.tables.in(sql.toString().replace("{owned}", OWNED));
	}

}
