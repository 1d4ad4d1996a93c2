package io.kvsqlite.reliability;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The workloads that every fault and every crash is tried on.
 */
final class Workloads {

	/**
	 * A blob that takes a moment.
	 */
	static final int SMALL_BLOB = 150_000;

	/**
	 * A blob of 10 MiB.
	 */
	static final int LARGE_BLOB = 10 << 20;

	private static final String FILL = """
			WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO t SELECT i, 'row ' || i, substr(replace(hex(zeroblob(400)), '0', char(97 + i %% 26)), 1, %d) FROM n""";

	private Workloads() {
	}

	/**
	 * Return all of them.
	 * @param blobBytes how large the large blob is
	 */
	static List<Workload> all(int blobBytes) {
		return List.of(autocommits(), bigTransaction(), spill(), rollbackAfterSpill(), savepoints(),
				outermostSavepoint(), statementRollback(), ddl(), vacuum(), smallPages(), largePages(), autoVacuum(),
				incrementalVacuum(), blob(blobBytes), createAndDelete(), migrations(), orders(), reopening(),
				unwrittenPages());
	}

	private static String fill(int from, int to, int length) {
		return FILL.formatted(from, to, length);
	}

	private static final String TABLE = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, body TEXT)";

	static Workload autocommits() {
		return new Workload("single-row autocommits",
				List.of(Step.sql(TABLE), Step.sql("CREATE INDEX by_name ON t(name)"),
						Step.with("INSERT INTO t VALUES(?, ?, ?)", 1, "one", "x"),
						Step.with("INSERT INTO t VALUES(?, ?, ?)", 2, "two", "y".repeat(5000)),
						Step.with("UPDATE t SET body = ? WHERE id = ?", "z".repeat(9000), 1),
						Step.sql("DELETE FROM t WHERE id = 2"), Step.refused("INSERT INTO t VALUES(1, 'again', '')"),
						Step.with("INSERT INTO t VALUES(?, ?, ?)", 3, null, new byte[] { 0, 1, 2 }),
						Step.sql("UPDATE t SET name = 'all'"), Step.sql("DELETE FROM t")));
	}

	static Workload bigTransaction() {
		return new Workload("1,000-row transaction",
				List.of(Step.sql(TABLE), Step.sql("CREATE INDEX by_name ON t(name)"),
						Step.sql("BEGIN", fill(1, 1000, 60), "COMMIT"),
						Step.sql("UPDATE t SET name = name || '!' WHERE id % 3 = 0")));
	}

	static Workload spill() {
		return new Workload("a transaction that spills",
				List.of(Step.sql(TABLE), Step.sql(fill(1, 60, 700)),
						Step.sql("BEGIN", "UPDATE t SET body = body || 'abc'", fill(61, 140, 700),
								"DELETE FROM t WHERE id % 5 = 0", "COMMIT"),
						Step.sql("INSERT INTO t VALUES(1000, 'after', 'x')"),
						Step.sql("BEGIN", "DELETE FROM t WHERE id < 100", fill(200, 260, 500), "COMMIT")));
	}

	static Workload rollbackAfterSpill() {
		return new Workload("rollback after a spill",
				List.of(Step.sql(TABLE), Step.sql(fill(1, 50, 700)),
						Step.sql("BEGIN", "UPDATE t SET body = 'gone' || body", fill(51, 120, 700), "ROLLBACK"),
						Step.sql("INSERT INTO t VALUES(1000, 'after', 'x')"),
						Step.sql("BEGIN", "DELETE FROM t", "ROLLBACK"), Step.sql("UPDATE t SET name = 'kept'")));
	}

	static Workload savepoints() {
		return new Workload("nested savepoints",
				List.of(Step.sql(TABLE), Step.sql(fill(1, 40, 700)),
						Step.sql("BEGIN", "UPDATE t SET name = 'a' WHERE id < 30", "SAVEPOINT one", fill(41, 90, 700),
								"SAVEPOINT two", "DELETE FROM t WHERE id % 2 = 0", "ROLLBACK TO two",
								"UPDATE t SET name = 'b' WHERE id > 60", "RELEASE two", "SAVEPOINT three",
								"UPDATE t SET body = 'short'", "ROLLBACK TO three", "ROLLBACK TO one",
								fill(100, 130, 700), "RELEASE one", "COMMIT"),
						Step.sql("BEGIN", "SAVEPOINT one", "DELETE FROM t", "ROLLBACK TO one", "COMMIT"),
						Step.sql("UPDATE t SET name = 'c' WHERE id % 3 = 1")));
	}

	/**
	 * A savepoint that is the transaction: rolling back to it plays the whole journal
	 * back, and the transaction goes on.
	 */
	static Workload outermostSavepoint() {
		return new Workload("an outermost savepoint",
				List.of(Step.sql(TABLE), Step.sql(fill(1, 40, 700)),
						Step.sql("SAVEPOINT one", "UPDATE t SET name = 'a'", "ROLLBACK TO one",
								"UPDATE t SET name = 'b' WHERE id < 10", "RELEASE one"),
						Step.sql("SAVEPOINT one", fill(41, 90, 700), "UPDATE t SET body = 'x' || body",
								"ROLLBACK TO one", "DELETE FROM t WHERE id = 5", "ROLLBACK TO one",
								"INSERT INTO t VALUES(999, 'n', 'm')", fill(100, 140, 700), "RELEASE one"),
						Step.sql("SAVEPOINT one", "DELETE FROM t", "ROLLBACK TO one", "RELEASE one"),
						Step.sql("SAVEPOINT one", "DELETE FROM t WHERE id < 20", "ROLLBACK TO one", "ROLLBACK"),
						Step.sql("UPDATE t SET name = 'end' WHERE id = 1")));
	}

	static Workload statementRollback() {
		return new Workload("statements that fail half-way", List.of(
				Step.sql("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, body TEXT)"),
				Step.sql(fill(1, 60, 600)),
				Step.sql("BEGIN", "UPDATE t SET body = 'before' || body WHERE id < 20",
						"!UPDATE t SET body = body || 'x', name = CASE WHEN id = 60 THEN 'row 1' ELSE name END",
						"!INSERT INTO t SELECT id + 100, CASE WHEN id = 59 THEN 'row 2' ELSE name || '+' END, body FROM t",
						"DELETE FROM t WHERE id = 7", "COMMIT"),
				Step.refused("UPDATE t SET name = CASE WHEN id = 60 THEN 'row 1-' ELSE name || '-' END"),
				Step.sql("BEGIN", "UPDATE t SET body = 'lost'", "!INSERT OR ROLLBACK INTO t VALUES(1, 'x', 'y')"),
				Step.sql("INSERT OR REPLACE INTO t SELECT id, name, 'replaced' FROM t WHERE id > 30"),
				Step.sql("BEGIN", "!INSERT OR FAIL INTO t SELECT id + 30, name || '*', body FROM t", "ROLLBACK")));
	}

	static Workload ddl() {
		return new Workload("DDL", List.of(Step.sql(TABLE), Step.sql(fill(1, 30, 300)),
				Step.sql("CREATE INDEX by_name ON t(name, body)"),
				Step.sql("ALTER TABLE t ADD COLUMN extra DEFAULT 'd'"), Step.sql("ALTER TABLE t RENAME TO u"),
				Step.sql("CREATE VIEW v AS SELECT id, extra FROM u"),
				Step.sql("CREATE TRIGGER g AFTER DELETE ON u BEGIN INSERT INTO u VALUES(-OLD.id, 'g', '', 1); END"),
				Step.sql("DELETE FROM u WHERE id = 3"), Step.sql("DROP INDEX by_name"), Step.sql("DROP VIEW v"),
				Step.sql("DROP TRIGGER g"), Step.sql("ALTER TABLE u DROP COLUMN body"), Step.sql("REINDEX"),
				Step.sql("ANALYZE"), Step.sql("BEGIN", "CREATE TABLE w(x)", "DROP TABLE u", "ROLLBACK"),
				Step.sql("CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID"),
				Step.sql("INSERT INTO w SELECT name, id FROM u WHERE id > 0"), Step.sql("DROP TABLE u")));
	}

	static Workload vacuum() {
		return new Workload("VACUUM with a page-size change",
				List.of(Step.sql(TABLE), Step.sql(fill(1, 80, 600)), Step.sql("DELETE FROM t WHERE id % 2 = 0"),
						Step.sql("VACUUM"), pageSize(1024), Step.sql("VACUUM"), Step.sql("UPDATE t SET name = 'small'"),
						pageSize(16384), Step.sql("VACUUM"), Step.sql("UPDATE t SET name = 'large'"), pageSize(512),
						Step.sql("VACUUM"), Step.sql("DELETE FROM t WHERE id < 30"), pageSize(4096), Step.sql("VACUUM"),
						Step.sql("INSERT INTO t VALUES(1000, 'after', 'x')")));
	}

	private static Step pageSize(int size) {
		return Step.sql("PRAGMA page_size=" + size);
	}

	static Workload smallPages() {
		List<Step> steps = new ArrayList<>();
		for (int size : List.of(512, 1024, 2048)) {
			steps.add(Step.sql("PRAGMA page_size=" + size, "VACUUM"));
			if (size == 512) {
				steps.add(Step.sql(TABLE));
			}
			steps.add(Step.sql(fill(size, size + 20, 333)));
			steps.add(Step.sql("BEGIN", fill(size + 30, size + 61, 200), "UPDATE t SET body = body || 'x'", "COMMIT"));
			steps.add(Step.sql("BEGIN", "UPDATE t SET body = 'gone'", fill(size + 70, size + 90, 700), "ROLLBACK"));
			steps.add(Step.sql("DELETE FROM t WHERE id % 3 = 0"));
			steps.add(Step.sql("INSERT INTO t VALUES(NULL, 'one more', 'y')"));
		}
		return new Workload("pages smaller than a chunk", steps);
	}

	static Workload largePages() {
		List<Step> steps = new ArrayList<>();
		for (int size : List.of(8192, 65536)) {
			steps.add(Step.sql("PRAGMA page_size=" + size, "VACUUM"));
			if (size == 8192) {
				steps.add(Step.sql(TABLE));
			}
			steps.add(Step.sql(fill(size, size + 40, 700)));
			steps.add(Step.sql("BEGIN", "UPDATE t SET body = 'x' || body", "DELETE FROM t WHERE id % 4 = 0", "COMMIT"));
			steps.add(Step.sql("BEGIN", fill(size + 50, size + 90, 700), "ROLLBACK"));
			steps.add(Step.sql("UPDATE t SET name = 'n' WHERE id % 2 = 0"));
		}
		return new Workload("pages larger than a chunk", steps);
	}

	static Workload autoVacuum() {
		return new Workload("auto vacuum, shrink and regrow",
				List.of(Step.sql("PRAGMA auto_vacuum=FULL", "VACUUM"), Step.sql(TABLE), Step.sql(fill(1, 60, 700)),
						Step.sql("DELETE FROM t WHERE id > 10"), Step.sql(fill(100, 150, 700)),
						Step.sql("BEGIN", "DELETE FROM t", fill(1, 20, 700), "COMMIT"), Step.sql("DELETE FROM t"),
						Step.sql(fill(1, 30, 700)), Step.sql("BEGIN", "DELETE FROM t", "ROLLBACK"),
						Step.sql("PRAGMA page_size=1024", "VACUUM"), Step.sql(fill(100, 150, 700)),
						Step.sql("DELETE FROM t WHERE id % 2 = 0"), Step.sql("DELETE FROM t WHERE id < 120")));
	}

	static Workload incrementalVacuum() {
		return new Workload("incremental vacuum",
				List.of(Step.sql("PRAGMA auto_vacuum=INCREMENTAL", "VACUUM"), Step.sql(TABLE),
						Step.sql(fill(1, 60, 700)), Step.sql("DELETE FROM t WHERE id < 50"),
						Step.sql("PRAGMA incremental_vacuum(3)"), Step.sql("PRAGMA incremental_vacuum"),
						Step.sql(fill(100, 140, 700)), Step.sql("DELETE FROM t"), Step.sql("PRAGMA incremental_vacuum"),
						Step.sql(fill(1, 10, 700))));
	}

	static Workload blob(int bytes) {
		byte[] blob = new byte[bytes];
		new Random(7).nextBytes(blob);
		byte[] other = new byte[blob.length / 3];
		new Random(8).nextBytes(other);
		return new Workload("a blob of %,d bytes".formatted(bytes),
				List.of(Step.sql("CREATE TABLE b(id INTEGER PRIMARY KEY, data BLOB)"),
						Step.with("INSERT INTO b VALUES(?, ?)", 1, blob),
						Step.with("UPDATE b SET data = ? WHERE id = ?", other, 1), Step.sql("DELETE FROM b")));
	}

	static Workload createAndDelete() {
		return new Workload("create and delete an actor",
				List.of(Step.sql(TABLE), Step.sql(fill(1, 20, 700)), new Step.Delete(),
						Step.sql("CREATE TABLE other(x)"), Step.sql("INSERT INTO other VALUES(1)"), new Step.Delete(),
						new Step.Reopen(), new Step.Delete(), Step.sql(TABLE), Step.sql(fill(1, 3, 5))));
	}

	static Workload migrations() {
		List<Step> steps = new ArrayList<>();
		steps.add(Step.sql("BEGIN", TABLE, "CREATE TABLE note(id INTEGER PRIMARY KEY, t REFERENCES t(id), text)",
				"PRAGMA user_version=1", "COMMIT"));
		steps.add(Step.sql("BEGIN", fill(1, 40, 300), "INSERT INTO note SELECT id, id, name FROM t", "COMMIT"));
		steps.add(Step.sql("BEGIN", "ALTER TABLE t ADD COLUMN price INTEGER NOT NULL DEFAULT 0",
				"UPDATE t SET price = id * 3", "PRAGMA user_version=2", "COMMIT"));
		steps.add(Step.sql("BEGIN",
				"CREATE TABLE note2(id INTEGER PRIMARY KEY, t INTEGER NOT NULL REFERENCES t(id), "
						+ "text TEXT NOT NULL)",
				"INSERT INTO note2 SELECT id, t, upper(text) FROM note", "DROP TABLE note",
				"ALTER TABLE note2 RENAME TO note", "CREATE INDEX note_t ON note(t)", "PRAGMA user_version=3",
				"COMMIT"));
		steps.add(Step.sql("BEGIN", "CREATE TABLE broken(x)", "DELETE FROM note",
				"!INSERT INTO note VALUES(1, 5000, NULL)", "ROLLBACK"));
		steps.add(Step.sql("CREATE VIRTUAL TABLE search USING fts5(text)"));
		steps.add(Step.sql("BEGIN", "INSERT INTO search SELECT text FROM note", "PRAGMA user_version=4", "COMMIT"));
		return new Workload("migrations", steps);
	}

	static Workload orders() {
		List<Step> steps = new ArrayList<>();
		steps.add(Step.sql("BEGIN",
				"CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, stock INTEGER CHECK(stock >= 0))",
				"CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT, total INTEGER)",
				"CREATE TABLE line(order_id REFERENCES orders(id) ON DELETE CASCADE, item_id REFERENCES item(id), n INTEGER, "
						+ "PRIMARY KEY(order_id, item_id)) WITHOUT ROWID",
				"CREATE INDEX by_customer ON orders(customer)",
				"CREATE TRIGGER sold AFTER INSERT ON line BEGIN UPDATE item SET stock = stock - NEW.n WHERE id = NEW.item_id; END",
				"INSERT INTO item VALUES(1, 'tea', 10), (2, 'cup', 5), (3, 'pot', 2)", "COMMIT"));
		for (int i = 1; i <= 4; i++) {
			steps.add(Step.sql("BEGIN", "INSERT INTO orders(customer, total) VALUES('customer " + i + "', 0)",
					"INSERT INTO line VALUES(" + i + ", 1, 2)", "INSERT INTO line VALUES(" + i + ", 2, 1)",
					"UPDATE orders SET total = (SELECT sum(n) FROM line WHERE order_id = " + i + ") WHERE id = " + i,
					"COMMIT"));
		}
		steps.add(Step.sql("BEGIN", "INSERT INTO orders(customer, total) VALUES('greedy', 0)",
				"!INSERT INTO line VALUES(5, 3, 9)", "ROLLBACK"));
		steps.add(Step.sql("DELETE FROM orders WHERE id = 2"));
		steps.add(Step.sql("UPDATE item SET stock = stock + 100"));
		return new Workload("order entry", steps);
	}

	static Workload reopening() {
		return new Workload("eviction and reopen",
				List.of(Step.sql(TABLE), new Step.Reopen(), Step.sql(fill(1, 60, 700)), new Step.Reopen(),
						Step.sql("UPDATE t SET name = 'x' WHERE id > 40"), new Step.Reopen(), new Step.Reopen(),
						Step.sql("DELETE FROM t WHERE id < 30"), new Step.Reopen(),
						Step.sql("INSERT INTO t VALUES(1000, 'after', 'x')")));
	}

	/**
	 * Pages that SQLite takes and gives back in one transaction, without writing them.
	 */
	static Workload unwrittenPages() {
		return new Workload("pages that are never written",
				List.of(Step.sql(TABLE),
						Step.sql("BEGIN", fill(1, 80, 800), "DELETE FROM t WHERE id > 5", fill(200, 201, 9), "COMMIT"),
						Step.sql("BEGIN", "CREATE TABLE gone(x)", "INSERT INTO gone VALUES(zeroblob(90000))",
								"DROP TABLE gone", "COMMIT"),
						Step.sql(fill(300, 340, 800)), Step.sql("DELETE FROM t"), Step.sql("VACUUM"),
						Step.sql(fill(1, 10, 800))));
	}

}
