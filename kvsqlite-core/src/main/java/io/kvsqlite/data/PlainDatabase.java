package io.kvsqlite.data;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.jdbc4.JDBC4Connection;

/**
 * A SQLite file, opened by SQLite as it is: no actor, no store. Used by one thread.
 */
final class PlainDatabase implements AutoCloseable {

	private static final int MOST_PROBLEMS = 100;

	private final SQLiteConnection connection;

	/**
	 * Open a file of our own, which nobody else has open. Nothing is read yet.
	 */
	PlainDatabase(Path file) throws SQLException {
		// as a URI, because sqlite-jdbc would take a part of some names for parameters
		String uri = file.toUri().toString().replaceFirst("^file:/+", "file:///");
		this.connection = new JDBC4Connection("jdbc:sqlite:" + uri, uri, new Properties());
		try {
			// the file is not on its way to the disk before its owner says so
			this.connection.getDatabase().exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=OFF;", true);
		}
		catch (SQLException ex) {
			this.connection.close();
			throw ex;
		}
	}

	/**
	 * Play back a hot journal or a write-ahead log, if there is one.
	 */
	void recover() throws SQLException {
		rows("SELECT count(*) FROM sqlite_schema");
	}

	/**
	 * Have the database use a rollback journal, and none at the moment.
	 */
	void useRollbackJournal() throws SQLException {
		String mode = rows("PRAGMA journal_mode=DELETE").get(0);
		if (!mode.equals("delete")) {
			throw new SQLException("The database stays in journal mode " + mode);
		}
	}

	/**
	 * Return how many pages the database has, by SQLite's account.
	 */
	long pages() throws SQLException {
		return Long.parseLong(rows("PRAGMA page_count").get(0));
	}

	/**
	 * Return the size of a page in bytes.
	 */
	int pageSize() throws SQLException {
		return Integer.parseInt(rows("PRAGMA page_size").get(0));
	}

	/**
	 * Look for damage.
	 * @param full whether to compare indexes with their tables, too
	 * @return what is wrong, at most {@value #MOST_PROBLEMS} findings, none if all is
	 * well
	 * @throws SQLException if the check could not be made
	 */
	List<String> check(boolean full) throws SQLException {
		List<String> found;
		try {
			found = rows("PRAGMA %s(%d)".formatted(full ? "integrity_check" : "quick_check", MOST_PROBLEMS));
		}
		catch (SQLException ex) {
			if (isDamage(ex)) {
				return List.of(String.valueOf(ex.getMessage()));
			}
			throw ex;
		}
		return found.equals(List.of("ok")) ? List.of() : found;
	}

	/**
	 * Return whether SQLite says that the file is damaged, or no database at all.
	 */
	static boolean isDamage(SQLException exception) {
		int code = exception.getErrorCode() & 0xff;
		return code == SQLiteErrorCode.SQLITE_CORRUPT.code || code == SQLiteErrorCode.SQLITE_NOTADB.code;
	}

	/**
	 * Return the first column of what a statement gives.
	 */
	List<String> rows(String sql) throws SQLException {
		List<String> values = new ArrayList<>();
		try (Statement statement = this.connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			while (rows.next()) {
				values.add(rows.getString(1));
			}
		}
		return values;
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
