package io.kvsqlite.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The prepared statements of a physical connection that nobody uses, kept for whoever
 * prepares the same SQL next. To prepare a statement costs as much as to run a small one,
 * and most applications prepare theirs anew each time.
 *
 * <p>
 * A statement is either here or with one {@link LogicalPreparedStatement}, never both: it
 * is taken out when it is handed out. One that is here is reset, has no parameters, and
 * was never used in a way that leaves more behind; so nobody can tell it from a new one.
 *
 * <p>
 * sqlite-jdbc notes how many columns a statement has when it prepares it, and not again
 * when SQLite does after a change of the schema. So whatever may change the schema
 * {@linkplain #clear() empties} the cache, and the {@link Hold} in which that happens
 * keeps nothing: its transaction may be rolled back, and the schema with it.
 *
 * <p>
 * Used by whoever has the physical connection.
 */
final class StatementCache {

	private final int capacity;

	/**
	 * By their SQL, the one that was kept first at the front.
	 */
	private final Map<String, Idle> statements = new LinkedHashMap<>();

	/**
	 * Create an empty cache.
	 * @param capacity the most statements that are kept, 0 for none
	 */
	StatementCache(int capacity) {
		this.capacity = capacity;
	}

	/**
	 * Take out a statement.
	 * @param sql its SQL
	 * @return the statement, {@code null} if there is none
	 */
	@Nullable Idle take(String sql) {
		return this.statements.remove(sql);
	}

	/**
	 * Keep a statement that is as good as new. The one that has been here longest makes
	 * room for it.
	 * @return whether it is kept; if not, it has to be closed
	 */
	boolean keep(String sql, Idle statement) throws SQLException {
		if (this.capacity == 0 || this.statements.putIfAbsent(sql, statement) != null) {
			return false;
		}
		if (this.statements.size() > this.capacity) {
			closeOldest();
		}
		return true;
	}

	/**
	 * Close all statements that are here.
	 */
	void clear() throws SQLException {
		while (!this.statements.isEmpty()) {
			closeOldest();
		}
	}

	private void closeOldest() throws SQLException {
		Iterator<Idle> oldest = this.statements.values().iterator();
		PreparedStatement statement = oldest.next().statement();
		oldest.remove();
		statement.close();
	}

	int capacity() {
		return this.capacity;
	}

	int size() {
		return this.statements.size();
	}

	/**
	 * A statement that nobody uses.
	 *
	 * @param statement the statement of sqlite-jdbc
	 * @param kind what its SQL asks of the connection
	 */
	record Idle(PreparedStatement statement, SqlKind kind) {

	}

}
