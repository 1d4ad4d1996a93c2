package io.kvsqlite.sqlite;

import com.kenai.jffi.MemoryIO;
import org.sqlite.SQLiteConnection;

/**
 * What SQLite keeps in the structure of a connection ({@code sqlite3}), compared with
 * what it was when the connection was fresh: settings, limits, functions, hooks, the
 * temporary database and whatever else is there, but for the bytes that ordinary work
 * changes, which {@link ConnectionLayout} knows.
 *
 * <p>
 * Used by whoever has the connection, which must be open.
 */
final class ConnectionState {

	private static final MemoryIO memory = MemoryIO.getInstance();

	private final ConnectionLayout layout;

	private final long address;

	private final long[] fresh;

	/**
	 * Where the words are copied to when they are compared.
	 */
	private final long[] now;

	ConnectionState(ConnectionLayout layout, long address) {
		this.layout = layout;
		this.address = address;
		this.fresh = new long[layout.steady().length];
		this.now = new long[this.fresh.length];
		memory.getLongArray(address, this.fresh, 0, this.fresh.length);
	}

	/**
	 * Note the state of a fresh connection.
	 * @throws UnsupportedSqliteException if the layout of this SQLite is not as expected
	 */
	static ConnectionState of(SQLiteConnection connection) {
		return new ConnectionState(ConnectionLayout.get(), DefaultVfs.connectionAddress(connection.getDatabase()));
	}

	/**
	 * Return whether the connection is as it was.
	 */
	boolean isUnchanged() {
		long[] steady = this.layout.steady();
		memory.getLongArray(this.address, this.now, 0, this.now.length);
		for (int i = 0; i < steady.length; i++) {
			if (((this.now[i] ^ this.fresh[i]) & steady[i]) != 0) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Let {@code last_insert_rowid()}, {@code changes()} and {@code total_changes()}
	 * answer as on a fresh connection, on which nothing was changed.
	 */
	void forgetChanges() {
		memory.putLong(this.address + this.layout.lastInsertRowid(), 0);
		memory.putLong(this.address + this.layout.changes(), 0);
		memory.putLong(this.address + this.layout.totalChanges(), 0);
	}

}
