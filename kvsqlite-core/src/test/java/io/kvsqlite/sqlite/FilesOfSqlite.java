package io.kvsqlite.sqlite;

/**
 * The files that SQLite has open through our VFS: a connection that was not closed keeps
 * its own.
 */
public final class FilesOfSqlite {

	private FilesOfSqlite() {
	}

	/**
	 * Return how many are open in this process.
	 * @return their number
	 */
	public static int open() {
		return SqliteVfs.get().openFiles();
	}

}
