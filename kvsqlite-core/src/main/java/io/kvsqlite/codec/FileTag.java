package io.kvsqlite.codec;

/**
 * The files of one database, by the tag that their keys carry.
 */
public enum FileTag {

	/**
	 * The main database file.
	 */
	MAIN(0, "main database"),

	/**
	 * The rollback journal.
	 */
	JOURNAL(1, "rollback journal"),

	/**
	 * The write-ahead log. kvsqlite writes none, but knows one when it sees it.
	 */
	WAL(2, "WAL"),

	/**
	 * The shared-memory index of the write-ahead log. kvsqlite writes none.
	 */
	SHM(3, "SHM");

	private final byte tag;

	private final String description;

	FileTag(int tag, String description) {
		this.tag = (byte) tag;
		this.description = description;
	}

	/**
	 * Return the byte that stands for this file in its keys.
	 * @return the tag
	 */
	public byte tag() {
		return this.tag;
	}

	/**
	 * Return the name of this file for messages.
	 * @return SQLite's word for the file
	 */
	@Override
	public String toString() {
		return this.description;
	}

}
