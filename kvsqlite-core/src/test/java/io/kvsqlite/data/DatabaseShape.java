package io.kvsqlite.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Random;

/**
 * A form that a sound SQLite database may have on a disk, with what lies beside it.
 *
 * @param number the seed of what is arbitrary in it
 * @param pageSize the size of a page in bytes
 * @param reserved the bytes at the end of each page that SQLite does not use
 * @param encoding of text, 1 to 3
 * @param autoVacuum 0 none, 1 full, 2 incremental
 * @param schemaFormat 1 to 4
 * @param header what the header says of the size
 * @param tail how the file ends
 * @param free how many pages are free
 * @param beside what lies beside the file
 * @param writer which file format version the header asks writers for
 */
record DatabaseShape(int number, int pageSize, int reserved, int encoding, int autoVacuum, int schemaFormat,
		Header header, Tail tail, Free free, Beside beside, int writer) {

	private static final int[] RESERVED = { 0, 0, 0, 8, 32, 255 };

	enum Header {

		VALID, ABSENT, STALE_AND_LESS, STALE_AND_MORE, STALE_AND_EQUAL

	}

	enum Tail {

		WHOLE, SHORT, BYTES_BEHIND, PAGES_BEHIND

	}

	enum Free {

		NONE, SOME, MANY

	}

	enum Beside {

		NOTHING, HOT_JOURNAL, PERSISTENT_JOURNAL, LOG, EMPTY_LOG, BEGUN_JOURNAL

	}

	/**
	 * Return one of the shapes.
	 */
	static DatabaseShape of(int number) {
		Random random = new Random(number);
		int pageSize = 512 << number % 8;
		int reserved = RESERVED[random.nextInt(RESERVED.length)];
		Header header = Header.values()[number / 8 % Header.values().length];
		Tail tail = Tail.values()[random.nextInt(Tail.values().length)];
		if (header != Header.VALID && tail.ordinal() > Tail.SHORT.ordinal()) {
			// by SQLite's own account what lies behind would be pages that nothing uses
			tail = Tail.WHOLE;
		}
		return new DatabaseShape(number, pageSize, (pageSize - reserved >= 480) ? reserved : 0, 1 + random.nextInt(3),
				random.nextInt(3), 1 + random.nextInt(4), header, tail,
				Free.values()[random.nextInt(Free.values().length)],
				Beside.values()[random.nextInt(Beside.values().length)], 1 + random.nextInt(3))
			.writable();
	}

	/**
	 * Return the same shape where it is one that SQLite itself can write into.
	 */
	private DatabaseShape writable() {
		boolean written = this.beside != Beside.NOTHING || this.tail == Tail.SHORT;
		return new DatabaseShape(this.number, this.pageSize, this.reserved, this.encoding, this.autoVacuum,
				this.schemaFormat, this.header, this.tail, this.free, this.beside, written ? 1 : this.writer);
	}

	/**
	 * Make the files.
	 * @param file the database
	 */
	void write(Path file) throws IOException, SQLException {
		Path made = file.resolveSibling("made.sqlite");
		Files.write(made, emptyDatabase());
		Sql.onFile(made, content());
		boolean editedLater = this.beside == Beside.PERSISTENT_JOURNAL || this.beside == Beside.EMPTY_LOG;
		if (!editedLater) {
			edit(made);
		}
		switch (this.beside) {
			case NOTHING -> {
			}
			case HOT_JOURNAL, BEGUN_JOURNAL -> {
				try (Connection connection = Sql.connect(made)) {
					boolean hot = this.beside == Beside.HOT_JOURNAL;
					Sql.execute(connection, "PRAGMA synchronous=OFF; PRAGMA cache_size=" + (hot ? 2 : 2000)
							+ "; BEGIN; UPDATE t SET body = randomblob(900); UPDATE t SET name = 'lost'");
					take(made, file);
				}
				Files.delete(made);
				return;
			}
			case PERSISTENT_JOURNAL ->
				Sql.onFile(made, "PRAGMA synchronous=OFF; PRAGMA journal_mode=PERSIST; PRAGMA user_version=77");
			case LOG -> {
				try (Connection connection = Sql.connect(made)) {
					Sql.execute(connection,
							"PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; UPDATE t SET name ="
									+ " 'in the log' WHERE id % 3 = 0; INSERT INTO t (name) VALUES ('more')");
					take(made, file);
				}
				Files.delete(made);
				return;
			}
			case EMPTY_LOG -> {
				Sql.onFile(made, "PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL");
				Files.write(TemporaryDatabase.companion(made, TemporaryDatabase.WAL), new byte[0]);
			}
		}
		if (editedLater) {
			edit(made);
		}
		take(made, file);
		Files.delete(made);
	}

	private static void take(Path made, Path file) throws IOException {
		Files.copy(made, file);
		for (String suffix : new String[] { TemporaryDatabase.JOURNAL, TemporaryDatabase.WAL }) {
			Path companion = TemporaryDatabase.companion(made, suffix);
			if (Files.exists(companion)) {
				Files.copy(companion, TemporaryDatabase.companion(file, suffix));
			}
		}
	}

	private byte[] emptyDatabase() {
		ByteBuffer page = ByteBuffer.allocate(this.pageSize);
		page.put("SQLite format 3\0".getBytes(StandardCharsets.US_ASCII));
		page.putShort((short) ((this.pageSize == 65536) ? 1 : this.pageSize));
		page.put((byte) 1).put((byte) 1).put((byte) this.reserved);
		page.put((byte) 64).put((byte) 32).put((byte) 32);
		page.putInt(24, 1).putInt(28, 1).putInt(44, this.schemaFormat).putInt(56, this.encoding);
		page.putInt(52, (this.autoVacuum > 0) ? 1 : 0).putInt(64, (this.autoVacuum == 2) ? 1 : 0);
		page.putInt(92, 1).putInt(96, 3007000);
		page.put(100, (byte) 0x0d);
		int usable = this.pageSize - this.reserved;
		page.putShort(105, (short) ((usable == 65536) ? 0 : usable));
		return page.array();
	}

	private String content() {
		int rows = 40 + this.number % 60;
		String script = """
				PRAGMA synchronous=OFF; BEGIN;
				CREATE TABLE filler (x); CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, body);
				CREATE INDEX t_name ON t (name DESC); CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
				CREATE VIEW v AS SELECT name FROM t; CREATE TRIGGER g AFTER DELETE ON w BEGIN SELECT 1; END;
				PRAGMA user_version=%d; PRAGMA application_id=%d;
				WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d)
				INSERT INTO filler SELECT zeroblob(%d) FROM c;
				WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d)
				INSERT INTO t SELECT i, printf('name %%d äßπ', i * 7919 %% 101), i * 1.5 FROM c;
				INSERT INTO w SELECT name, id FROM t WHERE id < 20 GROUP BY name;
				""".formatted(new Random(this.number).nextInt(), new Random(~this.number).nextInt(), rows,
				(this.pageSize < 4096) ? 900 : 30, rows);
		script += switch (this.free) {
			case NONE -> "";
			case SOME -> "DELETE FROM filler WHERE rowid > " + rows / 2 + ";";
			case MANY -> "DROP TABLE filler; DELETE FROM t WHERE id % 4 = 1;";
		};
		// the last page is one of a long value, most of it zeros
		return script
				+ "INSERT INTO t (name, body) VALUES ('long', zeroblob(%d)); COMMIT;".formatted(3 * this.pageSize);
	}

	private void edit(Path file) throws IOException {
		byte[] bytes = Files.readAllBytes(file);
		ByteBuffer page = ByteBuffer.wrap(bytes);
		int pages = bytes.length / this.pageSize;
		int counter = page.getInt(24);
		// with a log beside it, SQLite keeps that number itself
		page.put(18, (byte) ((page.get(19) == 2) ? 2 : this.writer));
		switch (this.header) {
			case VALID -> {
			}
			case ABSENT -> page.putInt(28, 0).putInt(92, 0).putInt(96, 0);
			case STALE_AND_LESS -> page.putInt(28, pages / 2).putInt(92, counter - 1);
			case STALE_AND_MORE -> page.putInt(28, pages + 7).putInt(92, counter + 3);
			case STALE_AND_EQUAL -> page.putInt(92, counter - 1);
		}
		Files.write(file, switch (this.tail) {
			case WHOLE -> bytes;
			case SHORT -> Arrays.copyOf(bytes, Math.max(bytes.length - this.pageSize + 1, withoutZeros(bytes)));
			case BYTES_BEHIND -> Arrays.copyOf(bytes, bytes.length + 100);
			case PAGES_BEHIND -> Arrays.copyOf(bytes, bytes.length + 3 * this.pageSize);
		});
	}

	private static int withoutZeros(byte[] bytes) {
		int length = bytes.length;
		while (bytes[length - 1] == 0) {
			length--;
		}
		return length;
	}

}
