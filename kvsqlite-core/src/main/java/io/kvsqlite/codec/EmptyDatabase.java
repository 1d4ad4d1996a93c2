package io.kvsqlite.codec;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The one page of an empty database: what SQLite itself leaves after
 * {@code CREATE TABLE}, {@code DROP TABLE} and {@code VACUUM} in a new file with page
 * size 4096, encoding UTF-8, a rollback journal and no auto-vacuum. Everything behind its
 * first 108 bytes is zero.
 *
 * @see <a href="https://www.sqlite.org/fileformat2.html#the_database_header">The Database
 * Header</a>
 */
public final class EmptyDatabase {

	/**
	 * The page size of a new database, in bytes.
	 */
	public static final int PAGE_SIZE = 4096;

	private static final int VERSION_OFFSET = 96;

	private static final byte[] PREFIX = HexFormat.of()
		.parseHex("53514c69746520666f726d6174203300" // magic
				+ "1000010100402020" // page size, formats, payload fractions
				+ "0000000300000001" // change counter, pages
				+ "0000000000000000" // freelist
				+ "0000000300000000" // schema cookie, schema format
				+ "0000000000000000" // default cache size, largest root page
				+ "0000000100000000" // encoding UTF-8, user version
				+ "0000000000000000" // incremental vacuum, application id
				+ "0000000000000000000000000000000000000000" // reserved
				+ "0000000300000000" // version-valid-for, SQLite version
				+ "0d00000000100000"); // an empty table leaf

	private EmptyDatabase() {
	}

	/**
	 * Return the page.
	 * @param sqliteVersionNumber the version that SQLite notes in the header, such as
	 * 3053004
	 * @return a new array of {@value #PAGE_SIZE} bytes
	 */
	public static byte[] page(int sqliteVersionNumber) {
		return ByteBuffer.allocate(PAGE_SIZE).put(PREFIX).putInt(VERSION_OFFSET, sqliteVersionNumber).array();
	}

}
