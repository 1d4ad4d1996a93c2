package io.kvsqlite.interop;

/**
 * Databases that every reader and writer of the format is tried with, as SQL that gives
 * the same content everywhere.
 */
enum SampleDatabase {

	/**
	 * Nothing but the schema of one table.
	 */
	ONE_TABLE("""
			CREATE TABLE t (a);
			"""),

	/**
	 * A few values of every type.
	 */
	VALUES("""
			PRAGMA user_version = 7;
			CREATE TABLE "odd name" (id INTEGER PRIMARY KEY, "odd column", n AS (id * 2) STORED);
			INSERT INTO "odd name" ("odd column") VALUES (NULL), (0), (-1), (9223372036854775807),
				(-9223372036854775808), (0.5), (-1e300), (''), ('a''b'), ('h\u00e9llo \ud83d\udc18'), (x''),
				(x'00ff');
			CREATE TABLE pairs (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
			INSERT INTO pairs VALUES ('b', 1), ('a', 2), ('', 3);
			CREATE VIEW both_names AS SELECT k FROM pairs UNION ALL SELECT "odd column" FROM "odd name";
			CREATE TRIGGER pairs_insert AFTER INSERT ON pairs BEGIN
				INSERT INTO "odd name" ("odd column") VALUES (new.k);
			END;
			INSERT INTO pairs VALUES ('from a trigger', 4);
			"""),

	/**
	 * Values on both sides of every boundary of a page, and some of many overflow pages.
	 */
	OVERFLOW("""
			CREATE TABLE t (id INTEGER PRIMARY KEY, length INTEGER, text TEXT, bytes BLOB);
			WITH sizes (n) AS (VALUES (0), (1), (4060), (4061), (4062), (4095), (4096), (4097), (8191), (8192),
				(8193), (12288), (32768), (65535), (65536), (131072), (1000000))
			INSERT INTO t (length, text, bytes) SELECT n, printf('%.*c', n, 'x'), CAST(printf('%.*c', n, 'y') AS BLOB)
				FROM sizes;
			UPDATE t SET text = 'short' WHERE length = 131072;
			"""),

	/**
	 * Indexes of all kinds over rows of which many were changed and deleted.
	 */
	INDEXES("""
			CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER, body BLOB);
			CREATE INDEX t_n ON t (n DESC, name);
			CREATE INDEX t_even ON t (n) WHERE id % 2 = 0;
			CREATE INDEX t_expression ON t (length(body) + n);
			WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000)
			INSERT INTO t SELECT i, printf('%0100d', i * 7919 % 5003), i * 31 % 1009, zeroblob(i % 300) FROM c;
			DELETE FROM t WHERE id % 3 = 0;
			UPDATE t SET n = n + 1, body = zeroblob(500) WHERE id % 5 = 0;
			"""),

	/**
	 * Packed again after much was deleted.
	 */
	VACUUMED(INDEXES.sql + """
			DELETE FROM t WHERE id > 1000;
			VACUUM;
			INSERT INTO t VALUES (100000, 'after', 1, x'01');
			"""),

	/**
	 * With pointer-map pages, grown and shrunk by itself.
	 */
	AUTO_VACUUM("""
			PRAGMA auto_vacuum = FULL;
			VACUUM;
			""" + INDEXES.sql + """
			DELETE FROM t WHERE id > 1000;
			"""),

	/**
	 * Pages of 64 KiB, sixteen chunks each.
	 */
	LARGE_PAGES("""
			PRAGMA page_size = 65536;
			VACUUM;
			""" + INDEXES.sql),

	/**
	 * Pages that a transaction took and gave back. SQLite never writes those, so the
	 * reference implementation leaves a gap in the file.
	 */
	FREED_AT_ONCE("""
			CREATE TABLE t (a);
			INSERT INTO t VALUES ('first');
			BEGIN;
			CREATE TABLE gone (a);
			WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 30)
			INSERT INTO gone SELECT zeroblob(3000) FROM c;
			CREATE TABLE kept (a);
			WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 60)
			INSERT INTO kept SELECT printf('%03000d', i) FROM c;
			DELETE FROM gone;
			COMMIT;
			"""),

	/**
	 * 50 MB in one transaction.
	 */
	LARGE("""
			CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT);
			WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 25000)
			INSERT INTO t SELECT i, printf('%d %.*c', i, 1950, 'z') FROM c;
			""");

	/**
	 * Statements that go on with any of these databases: more pages, and reuse of free
	 * ones.
	 */
	static final String CHANGE = """
			CREATE TABLE more (id INTEGER PRIMARY KEY, body TEXT);
			CREATE INDEX more_body ON more (body);
			WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300)
			INSERT INTO more SELECT i, printf('%0400d', i * 7919 % 2003) FROM c;
			DELETE FROM more WHERE id % 3 = 0;
			""";

	private final String sql;

	SampleDatabase(String sql) {
		this.sql = sql;
	}

	/**
	 * Return the statements that make this database out of an empty one.
	 * @return a script
	 */
	String sql() {
		return this.sql;
	}

}
