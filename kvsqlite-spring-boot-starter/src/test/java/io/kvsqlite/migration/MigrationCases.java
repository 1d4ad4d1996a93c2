package io.kvsqlite.migration;

import java.nio.charset.StandardCharsets;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.callback.BaseCallback;
import org.flywaydb.core.api.callback.Event;
import org.flywaydb.core.api.migration.BaseJavaMigration;
import org.flywaydb.core.api.migration.Context;

/**
 * The cases of the comparison.
 */
final class MigrationCases {

	private static final String TABLES = """
			CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
			CREATE TABLE part (id INTEGER PRIMARY KEY,
				item INTEGER NOT NULL REFERENCES item ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
			INSERT INTO item VALUES (1, 'one'), (2, 'two');
			INSERT INTO part VALUES (10, 1), (20, 2);
			""";

	private static final String REBUILD = """
			CREATE TABLE item2 (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
			INSERT INTO item2 SELECT id, name FROM item;
			DROP TABLE item;
			ALTER TABLE item2 RENAME TO item;
			""";

	private static final String NOT_IN_TRANSACTION = "executeInTransaction=false";

	private final List<MigrationCase> cases = new ArrayList<>();

	private MigrationCases() {
	}

	static List<MigrationCase> all() {
		MigrationCases cases = new MigrationCases();
		cases.rebuilds();
		cases.statementsInEveryMode();
		cases.failuresInEveryMode();
		cases.scripts();
		cases.callbacks();
		cases.repeatables();
		cases.settings();
		cases.java();
		cases.histories();
		cases.refusals();
		return cases.cases;
	}

	private MigrationCase add(String name) {
		MigrationCase added = MigrationCase.of(name).script("V1__tables.sql", TABLES);
		this.cases.add(added);
		return added;
	}

	private void rebuilds() {
		add("rebuild with foreign keys off, mixed").configured((flyway) -> flyway.mixed(true))
			.script("V2__rebuild.sql", "PRAGMA foreign_keys=OFF;\n" + REBUILD + "PRAGMA foreign_keys=ON;");
		add("rebuild with foreign keys off, outside of a transaction")
			.script("V2__rebuild.sql.conf", NOT_IN_TRANSACTION)
			.script("V2__rebuild.sql", "PRAGMA foreign_keys=OFF;\n" + REBUILD + "PRAGMA foreign_keys=ON;");
		add("rebuild with foreign keys off, with a transaction of its own")
			.script("V2__rebuild.sql.conf", NOT_IN_TRANSACTION)
			.script("V2__rebuild.sql",
					"PRAGMA foreign_keys=OFF;\nBEGIN;\n" + REBUILD + "COMMIT;\nPRAGMA foreign_keys=ON;");
		add("rebuild that leaves foreign keys off").configured((flyway) -> flyway.mixed(true))
			.script("V2__rebuild.sql", "PRAGMA foreign_keys=OFF;\n" + REBUILD)
			.script("V3__more.sql", "DELETE FROM item WHERE id = 1;");
		add("rebuild with foreign keys off in a script of its own").script("V2__off.sql", "PRAGMA foreign_keys=OFF;")
			.script("V3__rebuild.sql", REBUILD)
			.script("V4__on.sql", "PRAGMA foreign_keys=ON;");
		add("rebuild with foreign keys off, neither mixed nor outside").script("V2__rebuild.sql",
				"PRAGMA foreign_keys=OFF;\n" + REBUILD + "PRAGMA foreign_keys=ON;");
		add("rebuild with foreign keys on cascades").script("V2__rebuild.sql", REBUILD);
		add("foreign keys off inside a transaction that the script insists on")
			.script("V2__rebuild.sql.conf", "executeInTransaction=true")
			.script("V2__rebuild.sql", "PRAGMA foreign_keys=OFF;\n" + REBUILD);
		add("rebuild with deferred foreign keys").script("V2__rebuild.sql",
				"PRAGMA defer_foreign_keys=ON;\n" + REBUILD);
		add("rebuild with legacy_alter_table").script("V2__rebuild.sql.conf", NOT_IN_TRANSACTION)
			.script("V2__rebuild.sql", "PRAGMA foreign_keys=OFF;\nPRAGMA legacy_alter_table=ON;\n" + REBUILD);
		add("rebuild that fails in the middle, foreign keys off").configured((flyway) -> flyway.mixed(true))
			.script("V2__rebuild.sql", "PRAGMA foreign_keys=OFF;\n" + REBUILD + "SELECT * FROM nowhere;")
			.then()
			.application("UPDATE item SET name = 'after' WHERE id = 1");
	}

	/**
	 * Add a case for a script inside a transaction, outside of one, and after a PRAGMA
	 * that makes Flyway stay outside.
	 */
	private void inEveryMode(String name, String text) {
		add(name + ", in a transaction").script("V2__it.sql", text).script("V3__last.sql", "CREATE TABLE last (x);");
		add(name + ", outside of a transaction").script("V2__it.sql", text)
			.script("V2__it.sql.conf", NOT_IN_TRANSACTION)
			.script("V3__last.sql", "CREATE TABLE last (x);");
		add(name + ", mixed").configured((flyway) -> flyway.mixed(true))
			.script("V2__it.sql", "PRAGMA foreign_keys=OFF;\n" + text)
			.script("V3__last.sql", "CREATE TABLE last (x);");
	}

	private void statementsInEveryMode() {
		Map<String, String> texts = new LinkedHashMap<>();
		texts.put("user version and application id", "PRAGMA user_version=7;\nPRAGMA application_id=99;");
		texts.put("vacuum", "VACUUM;");
		texts.put("vacuum to another page size", "PRAGMA page_size=8192;\nVACUUM;");
		texts.put("vacuum to auto vacuum", "PRAGMA auto_vacuum=FULL;\nVACUUM;");
		texts.put("a trigger", "CREATE TRIGGER t AFTER INSERT ON item BEGIN UPDATE item SET name = new.name || ';' "
				+ "WHERE id = new.id; SELECT CASE WHEN 1 THEN 2 END; END;\nINSERT INTO item VALUES (3, 'three');");
		texts.put("a temporary table", "CREATE TEMP TABLE t AS SELECT * FROM item;\n"
				+ "INSERT INTO item SELECT id + 10, name || '+' FROM t;");
		texts.put("savepoints", "SAVEPOINT s;\nDELETE FROM part;\nROLLBACK TO s;\nRELEASE s;");
		texts.put("analyze", "CREATE INDEX i ON item (name);\nANALYZE;\nREINDEX;");
		texts.put("a full-text index", "CREATE VIRTUAL TABLE f USING fts5(text);\nINSERT INTO f VALUES ('a b c');");
		texts.put("an attached database in memory",
				"ATTACH ':memory:' AS m;\nCREATE TABLE m.t (x);\nINSERT INTO item VALUES (5, 'five');");
		texts.put("queries", "SELECT * FROM item;\nPRAGMA table_info(item);\nVALUES (1);\nEXPLAIN SELECT 1;");
		texts.forEach(this::inEveryMode);
	}

	private void failuresInEveryMode() {
		Map<String, String> texts = new LinkedHashMap<>();
		texts.put("a syntax error", "INSERT INTO item VALUES (3, 'three');\nINSERT INTO;");
		texts.put("a unique constraint", "INSERT INTO item VALUES (3, 'three');\nINSERT INTO item VALUES (4, 'one');");
		texts.put("INSERT OR ROLLBACK",
				"INSERT INTO item VALUES (3, 'three');\nINSERT OR ROLLBACK INTO item VALUES (4, 'one');");
		texts.put("INSERT OR FAIL", "INSERT OR FAIL INTO item VALUES (3, 'three'), (4, 'one'), (5, 'five');");
		for (String kind : List.of("ROLLBACK", "ABORT", "FAIL")) {
			texts.put("RAISE(" + kind + ")", "CREATE TRIGGER t BEFORE INSERT ON part BEGIN SELECT RAISE(" + kind
					+ ", 'no more parts'); END;\nINSERT INTO part VALUES (30, 1);");
		}
		texts.put("a deferred foreign key", "INSERT INTO part VALUES (40, 404);");
		texts.put("a row of a query",
				"SELECT abs(CASE id WHEN 2 THEN -9223372036854775807 - 1 ELSE id END) FROM item;");
		texts.put("a commit of its own",
				"INSERT INTO item VALUES (3, 'three');\nCOMMIT;\nINSERT INTO nowhere VALUES (1);");
		texts.put("a rollback of its own", "INSERT INTO item VALUES (3, 'three');\nROLLBACK;");
		texts.forEach((name, text) -> inEveryMode("failure: " + name, text));
	}

	private void scripts() {
		add("comments with semicolons").script("V2__comments.sql", """
				-- one; two
				/* three; four
				; */
				INSERT INTO item VALUES (3, 'semi;colon -- no comment'); -- five;
				INSERT INTO item VALUES (4, 'it''s /* none */');
				""");
		add("only comments").script("V2__comments.sql", "-- nothing\n/* at all */");
		add("an empty script").script("V2__empty.sql", "\n");
		add("nested blocks").script("V2__blocks.sql", """
				CREATE TRIGGER t AFTER UPDATE ON item WHEN new.name <> old.name BEGIN
					INSERT INTO part SELECT max(id) + 1, new.id FROM part;
					UPDATE part SET item = CASE WHEN item = 1 THEN 2 ELSE item END WHERE id > 20;
				END;
				UPDATE item SET name = 'changed' WHERE id = 1;
				""");
		add("windows line ends").script("V2__crlf.sql",
				"INSERT INTO item VALUES (3, 'a');\r\nINSERT INTO item\r\nVALUES (4, 'b');\r\n");
		add("text beyond ASCII").script("V2__text.sql", "INSERT INTO item VALUES (3, 'Zürich – 東京 😀');");
		add("another encoding").configured((flyway) -> flyway.encoding(StandardCharsets.ISO_8859_1))
			.script("V2__text.sql", "INSERT INTO item VALUES (3, 'abc');");
		add("encoding of one script").script("V2__text.sql", "INSERT INTO item VALUES (3, 'Zürich');")
			.script("V2__text.sql.conf", "encoding=UTF-8");
		add("placeholders").configured((flyway) -> flyway.placeholders(Map.of("what", "three")))
			.script("V2__placeholders.sql",
					"INSERT INTO item VALUES (3, '${what} ${flyway:filename} ${flyway:table}');");
		add("a placeholder without a value").script("V2__placeholders.sql", "INSERT INTO item VALUES (3, '${what}');");
		add("placeholders switched off by a script").script("V2__text.sql", "INSERT INTO item VALUES (3, '${what}');")
			.script("V2__text.sql.conf", "placeholderReplacement=false");
		add("a script that is not to be executed").script("V2__no.sql", "INSERT INTO item VALUES (3, 'three');")
			.script("V2__no.sql.conf", "shouldExecute=false");
		add("a large script").script("V2__large.sql",
				"INSERT INTO item (name) VALUES (hex(randomblob(8)) || 'x');\nDELETE FROM item WHERE name LIKE '%x';\n"
					.repeat(200));
		add("many scripts").script("V2__a.sql", "ALTER TABLE item ADD COLUMN a;")
			.script("V2.1__b.sql", "ALTER TABLE item ADD COLUMN b DEFAULT 'b';")
			.script("V3__c.sql", "ALTER TABLE item DROP COLUMN a;")
			.script("V10__d.sql", "ALTER TABLE item RENAME COLUMN b TO c;")
			.script("V11__e.sql", "CREATE VIEW v AS SELECT c FROM item;")
			.script("V12__f.sql", "UPDATE item SET c = random() WHERE 0; DELETE FROM part WHERE id = 10;");
		add("autoincrement and generated columns").script("V2__auto.sql", """
				CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, x INT, y INT AS (x * 2) STORED) STRICT;
				INSERT INTO a (x) VALUES (1), (2);
				DELETE FROM a WHERE id = 2;
				""");
		add("batches").configured((flyway) -> flyway.batch(true))
			.script("V2__batch.sql", "INSERT INTO item VALUES (3, 'c');\nINSERT INTO item VALUES (4, 'd');");
		add("a batch that fails").configured((flyway) -> flyway.batch(true))
			.script("V2__batch.sql", "INSERT INTO item VALUES (3, 'c');\nINSERT INTO item VALUES (4, 'c');");
	}

	private void callbacks() {
		String log = "INSERT INTO log VALUES ('%s');";
		add("callbacks in SQL").script("V1.1__log.sql", "CREATE TABLE log (x);")
			.then()
			.script("beforeMigrate.sql", log.formatted("beforeMigrate"))
			.script("beforeEachMigrate.sql", log.formatted("beforeEachMigrate"))
			.script("afterEachMigrate__more.sql", log.formatted("afterEachMigrate"))
			.script("afterMigrate.sql", log.formatted("afterMigrate"))
			.script("V2__more.sql", log.formatted("V2"))
			.then()
			.then()
			.script("V3__more.sql", log.formatted("V3"));
		add("a callback with nothing to migrate").script("V1.1__log.sql", "CREATE TABLE log (x);")
			.script("afterMigrate.sql", log.formatted("afterMigrate"))
			.then()
			.then();
		add("a callback that fails").script("afterMigrate.sql", "INSERT INTO nowhere VALUES (1);")
			.then()
			.script("afterMigrate.sql", "UPDATE item SET name = 'mended' WHERE id = 1;");
		add("a callback outside of a transaction").script("beforeMigrate.sql.conf", NOT_IN_TRANSACTION)
			.script("beforeMigrate.sql", "PRAGMA user_version=3;\nVACUUM;");
		add("a callback in another language").script("afterMigrate.sh", "echo run >> '@SIDE@'");
		add("a callback in another language that fails").script("afterMigrate.sh", "echo run >> '@SIDE@'; exit 3");
		add("a callback when something fails").script("V2__fails.sql", "INSERT INTO nowhere VALUES (1);")
			.script("afterMigrateError.sql", "UPDATE item SET name = 'error' WHERE id = 1;");
		add("a callback on each connection").script("afterConnect.sql", "PRAGMA case_sensitive_like=ON;")
			.script("V2__like.sql", "DELETE FROM item WHERE name LIKE 'ONE';");
		add("a callback in Java").configured((flyway) -> flyway.callbacks(new RenameAfterMigrate()));
		add("callbacks around repeatable migrations").script("R__a.sql", "UPDATE item SET name = 'a' WHERE id = 1;")
			.script("afterVersioned.sql", "UPDATE item SET name = 'v' WHERE id = 2;")
			.script("beforeRepeatables.sql", "UPDATE item SET name = name || 'r';")
			.locked();
		add("callbacks around a group").configured((flyway) -> flyway.group(true))
			.script("V2__b.sql", "INSERT INTO item VALUES (3, 'b');")
			.script("afterVersioned.sql", "UPDATE item SET name = 'v' WHERE id = 2;")
			.locked();
		add("callbacks around versions").script("afterVersioned.sql", "UPDATE item SET name = 'v' WHERE id = 2;");
		add("callbacks switched off").configured((flyway) -> flyway.skipDefaultCallbacks(true))
			.script("afterMigrate.sql", "INSERT INTO nowhere VALUES (1);");
	}

	private void repeatables() {
		add("repeatable migrations").script("R__view.sql", "CREATE VIEW v AS SELECT id FROM item;")
			.then()
			.script("R__view.sql", "DROP VIEW v;\nCREATE VIEW v AS SELECT name FROM item;")
			.then()
			.script("R__b.sql", "UPDATE item SET name = 'b' WHERE id = 2;")
			.script("V2__more.sql", "ALTER TABLE item ADD COLUMN x;");
		add("a repeatable migration that fails").script("R__a.sql", "UPDATE item SET name = 'a' WHERE id = 1;")
			.script("R__b.sql", "UPDATE item SET name = 'a';");
		add("a repeatable migration with a placeholder").configured((flyway) -> flyway.placeholders(Map.of("x", "y")))
			.script("R__a.sql", "UPDATE item SET name = '${x}' WHERE id = 1;");
		add("a repeatable migration outside of a transaction").script("R__a.sql.conf", NOT_IN_TRANSACTION)
			.script("R__a.sql", "UPDATE item SET name = 'a' WHERE id = 1;\nVACUUM;");
	}

	private void settings() {
		add("group").configured((flyway) -> flyway.group(true))
			.script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');")
			.script("V3__b.sql", "INSERT INTO item VALUES (4, 'b');");
		add("group that fails").configured((flyway) -> flyway.group(true))
			.script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');")
			.script("V3__b.sql", "INSERT INTO item VALUES (4, 'a');");
		add("target").configured((flyway) -> flyway.target(MigrationVersion.fromVersion("1")))
			.script("V2__a.sql", "INSERT INTO nowhere VALUES (1);");
		add("another table").configured((flyway) -> flyway.table("my history"))
			.script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');");
		add("nothing in a transaction").configured((flyway) -> flyway.executeInTransaction(false))
			.script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');\nINSERT INTO item VALUES (4, 'a');");
		add("an initial statement").configured((flyway) -> flyway.initSql("PRAGMA recursive_triggers=ON"))
			.script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');");
		add("an installer").configured((flyway) -> flyway.installedBy("somebody"));
		add("migrations that are only marked").configured((flyway) -> flyway.skipExecutingMigrations(true));
		add("out of order").script("V3__c.sql", "INSERT INTO item VALUES (3, 'c');")
			.configured((flyway) -> flyway.outOfOrder(true))
			.then()
			.script("V2__b.sql", "INSERT INTO item VALUES (4, 'b');");
		add("out of order, not allowed").script("V3__c.sql", "INSERT INTO item VALUES (3, 'c');")
			.then()
			.script("V2__b.sql", "INSERT INTO item VALUES (4, 'b');");
		add("without validation").configured((flyway) -> flyway.validateOnMigrate(false))
			.then()
			.script("V1__tables.sql", TABLES + "-- changed")
			.script("V2__b.sql", "INSERT INTO item VALUES (4, 'b');");
	}

	private void java() {
		add("a migration in Java").configured((flyway) -> flyway.javaMigrations(new V2__Rename(true)))
			.script("V3__c.sql", "INSERT INTO item VALUES (3, 'c');");
		add("a migration in Java outside of a transaction")
			.configured((flyway) -> flyway.javaMigrations(new V2__Rename(false)));
		add("a migration in Java that fails").configured((flyway) -> flyway.javaMigrations(new V2__Rename(true)))
			.script("V1.1__name.sql", "INSERT INTO item VALUES (7, 'renamed');");
	}

	private void histories() {
		add("a changed script").then()
			.script("V1__tables.sql", TABLES + "-- changed")
			.script("V2__b.sql", "INSERT INTO item VALUES (4, 'b');");
		add("a script that is gone").script("V2__b.sql", "INSERT INTO item VALUES (4, 'b');")
			.then()
			.script("V2__b.sql", "")
			.script("V3__c.sql", "INSERT INTO item VALUES (5, 'c');");
		add("a failed script that is mended").script("V2__b.sql", "INSERT INTO nowhere VALUES (4, 'b');")
			.then()
			.script("V2__b.sql", "INSERT INTO item VALUES (4, 'b');");
		add("a failed script outside of a transaction that is mended").script("V2__b.sql.conf", NOT_IN_TRANSACTION)
			.script("V2__b.sql", "INSERT INTO item VALUES (4, 'b');\nINSERT INTO nowhere VALUES (4, 'b');")
			.then()
			.script("V2__b.sql", "INSERT INTO item VALUES (5, 'c');");
		add("tables without a history").script("V1__tables.sql", TABLES)
			.application("CREATE TABLE mine (x)", "INSERT INTO mine VALUES (1)");
		add("tables without a history, with a baseline")
			.configured((flyway) -> flyway.baselineOnMigrate(true).baselineVersion("0"))
			.application("CREATE TABLE mine (x)", "INSERT INTO mine VALUES (1)");
		add("tables without a history, with a baseline that skips")
			.configured((flyway) -> flyway.baselineOnMigrate(true).baselineVersion("1"))
			.application("CREATE TABLE mine (x)")
			.script("V2__b.sql", "INSERT INTO mine VALUES (2);");
		add("rows that stand against a migration").then()
			.application("INSERT INTO item VALUES (8, 'same')", "INSERT INTO item VALUES (9, 'SAME')")
			.script("V2__index.sql", "CREATE TABLE new (x);\nCREATE UNIQUE INDEX i ON item (name COLLATE NOCASE);")
			.then()
			.application("DELETE FROM item WHERE id = 9");
		add("orphans of the application").then()
			.application("PRAGMA foreign_keys=OFF", "INSERT INTO part VALUES (99, 404)")
			.script("V2__b.sql", "UPDATE part SET item = 405 WHERE id = 99;");
		add("a duplicate version").script("V1__again.sql", "CREATE TABLE again (x);");
	}

	private void refusals() {
		for (String mode : List.of("WAL", "OFF", "MEMORY")) {
			add("refused: journal_mode=" + mode).script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');")
				.script("V3__mode.sql.conf", NOT_IN_TRANSACTION)
				.script("V3__mode.sql", "INSERT INTO item VALUES (4, 'b');\nPRAGMA journal_mode=" + mode + ";")
				.refused();
		}
		add("refused: a file attached").script("V2__a.sql.conf", NOT_IN_TRANSACTION)
			.script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');\nATTACH '@SIDE@.db' AS other;")
			.refused();
		add("refused: VACUUM INTO").script("V2__a.sql.conf", NOT_IN_TRANSACTION)
			.script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');\nVACUUM INTO '@SIDE@.copy';")
			.refused();
		add("refused: behind a comment, by a placeholder")
			.configured((flyway) -> flyway.placeholders(Map.of("mode", "wal")))
			.script("V2__a.sql.conf", NOT_IN_TRANSACTION)
			.script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');\n/* ; */ pragma main.journal_mode = ${mode};")
			.refused();
		add("refused: in a callback").script("afterMigrate.sql.conf", NOT_IN_TRANSACTION)
			.script("afterMigrate.sql", "PRAGMA journal_mode=WAL;")
			.refused();
		add("refused: an encoding before the first table")
			.configured((flyway) -> flyway.initSql("PRAGMA encoding='UTF-16'"))
			.refused();
		add("refused: a page size before the first table").script("afterConnect.sql.conf", NOT_IN_TRANSACTION)
			.script("afterConnect.sql", "PRAGMA page_size = 8192;")
			.refused();
		add("refused: in a second stage").then()
			.script("V2__a.sql", "INSERT INTO item VALUES (3, 'a');")
			.script("V3__mode.sql.conf", NOT_IN_TRANSACTION)
			.script("V3__mode.sql", "PRAGMA journal_mode=WAL;")
			.refused();
	}

	/**
	 * A migration in Java.
	 */
	static final class V2__Rename extends BaseJavaMigration {

		private final boolean inTransaction;

		V2__Rename(boolean inTransaction) {
			this.inTransaction = inTransaction;
		}

		@Override
		public boolean canExecuteInTransaction() {
			return this.inTransaction;
		}

		@Override
		public void migrate(Context context) throws Exception {
			try (Statement statement = context.getConnection().createStatement()) {
				statement.execute("DELETE FROM part WHERE id = 20");
				statement.execute("UPDATE item SET name = 'renamed' WHERE id = 1");
			}
		}

	}

	/**
	 * A callback in Java.
	 */
	static final class RenameAfterMigrate extends BaseCallback {

		@Override
		public boolean supports(Event event, org.flywaydb.core.api.callback.Context context) {
			return event == Event.AFTER_MIGRATE;
		}

		@Override
		public void handle(Event event, org.flywaydb.core.api.callback.Context context) {
			try (Statement statement = context.getConnection().createStatement()) {
				statement.execute("UPDATE item SET name = name || '!'");
			}
			catch (java.sql.SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
