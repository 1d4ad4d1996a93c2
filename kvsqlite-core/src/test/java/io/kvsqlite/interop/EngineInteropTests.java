package io.kvsqlite.interop;

import java.nio.file.Path;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Databases that npm's {@code @rivetkit/sqlite-vfs} wrote, opened by kvsqlite, and the
 * other way round, hot journals included.
 */
@RequiresNode
class EngineInteropTests {

	private static final String SEARCH = """
			CREATE VIRTUAL TABLE notes USING fts5 (title, body);
			WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2000)
			INSERT INTO notes SELECT 'note ' || i, printf('the %d th note is about w%d and w%d', i, i % 97, i % 89) FROM c;
			CREATE TABLE log (line TEXT);
			""";

	@TempDir
	private static Path directory;

	private static NodeSqlite node;

	private final StockSqlite stock = new StockSqlite(directory);

	private final Engine engine = new Engine(MemoryKvStore.DEFAULT_LIMITS);

	private final Engine limitedEngine = new Engine(KvLimits.REFERENCE);

	@BeforeAll
	static void startNode() throws Exception {
		node = new NodeSqlite(directory);
	}

	@AfterAll
	static void stopNode() {
		node.close();
	}

	@Test
	void emptyDatabaseOfNodeShouldOpen() throws Exception {
		KvLog database = node.run("").database();
		assertThat(this.engine.digest(database)).isEqualTo(node.digest(database)).startsWith("integrity ok\n");
		KvLog used = this.engine.run(database, SampleDatabase.VALUES.sql());
		assertThat(node.digest(used)).isEqualTo(this.stock.digest(this.stock.run(SampleDatabase.VALUES.sql())));
	}

	@Test
	void emptyDatabaseShouldOpenInNode() throws Exception {
		KvLog database = this.engine.run("");
		assertThat(node.digest(database)).isEqualTo(this.engine.digest(database)).startsWith("integrity ok\n");
		KvLog used = node.runOn(database, SampleDatabase.VALUES.sql()).database();
		assertThat(this.engine.digest(used)).isEqualTo(this.stock.digest(this.stock.run(SampleDatabase.VALUES.sql())));
	}

	@ParameterizedTest
	@EnumSource
	void databaseOfNodeShouldOpenAndGoOn(SampleDatabase sample) throws Exception {
		KvLog database = node.run(sample.sql()).database();
		assertThat(this.engine.digest(database)).isEqualTo(node.digest(database)).startsWith("integrity ok\n");
		KvLog changed = this.engine.run(database, SampleDatabase.CHANGE);
		assertThat(this.engine.digest(changed)).isEqualTo(node.digest(changed))
			.isEqualTo(this.stock.digest(this.stock.run(sample.sql() + SampleDatabase.CHANGE)));
	}

	@ParameterizedTest
	@EnumSource
	void databaseShouldOpenInNodeAndGoOn(SampleDatabase sample) throws Exception {
		KvLog database = this.limitedEngine.run(sample.sql());
		assertThat(node.digest(database)).isEqualTo(this.limitedEngine.digest(database)).startsWith("integrity ok\n");
		KvLog changed = node.runOn(database, SampleDatabase.CHANGE).database();
		assertThat(this.limitedEngine.digest(changed)).isEqualTo(node.digest(changed))
			.isEqualTo(this.stock.digest(this.stock.run(sample.sql() + SampleDatabase.CHANGE)));
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LARGE")
	void vacuumOfDatabaseOfNodeShouldWork(SampleDatabase sample) throws Exception {
		KvLog database = node.run(sample.sql()).database();
		KvLog vacuumed = this.limitedEngine.run(database, "VACUUM;");
		assertThat(node.digest(vacuumed)).isEqualTo(node.digest(database));
	}

	// Node asks for pages of 4096 bytes at every open, which VACUUM then makes
	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = { "LARGE", "LARGE_PAGES" })
	void vacuumByNodeShouldWork(SampleDatabase sample) throws Exception {
		KvLog database = this.engine.run(sample.sql());
		KvLog vacuumed = node.runOn(database, "VACUUM;").database();
		assertThat(this.engine.digest(vacuumed)).isEqualTo(this.engine.digest(database));
	}

	@Test
	void databaseWithPagesSmallerThanChunksShouldOpenInNode() throws Exception {
		KvLog database = this.limitedEngine.run("""
				PRAGMA page_size = 1024;
				VACUUM;
				""" + SampleDatabase.INDEXES.sql());
		assertThat(node.digest(database)).isEqualTo(this.engine.digest(database))
			.startsWith("integrity ok\npage_size 1024\n");
	}

	@Test
	void fullTextIndexShouldSurviveNodeWhichCannotReadIt() throws Exception {
		KvLog database = this.engine.run(SEARCH);
		KvLog changed = node.runOn(database, """
				INSERT INTO log VALUES ('Node was here');
				VACUUM;
				""").database();
		KvLog searched = this.engine.run(changed, """
				INSERT INTO notes (notes) VALUES ('integrity-check');
				INSERT INTO log SELECT 'found ' || title FROM notes WHERE notes MATCH 'w5 AND w7' ORDER BY rowid;
				""");
		assertThat(node.digest(searched)).isEqualTo(this.stock.digest(this.stock.run(SEARCH + """
				INSERT INTO log VALUES ('Node was here');
				VACUUM;
				INSERT INTO log SELECT 'found ' || title FROM notes WHERE notes MATCH 'w5 AND w7' ORDER BY rowid;
				""")));
	}

	@Test
	void everyHotJournalOfNodeShouldRollBack() throws Exception {
		KvLog writes = node
			.run(StoredFormatInteropTests.BEFORE_LARGE_TRANSACTION, StoredFormatInteropTests.LARGE_TRANSACTION)
			.writes();
		assertOldOrNew(writes, this.engine::digestOfPrefix);
	}

	@Test
	void everyHotJournalShouldRollBackInNode() throws Exception {
		Engine narrow = new Engine(new KvLimits(3, KvLimits.LEAST_BYTES));
		KvLog writes = narrow.run(narrow.run(StoredFormatInteropTests.BEFORE_LARGE_TRANSACTION),
				StoredFormatInteropTests.LARGE_TRANSACTION);
		String[] digests = node.digestsOfEveryPrefix(writes).toArray(String[]::new);
		assertOldOrNew(writes, (log, count) -> digests[count - 1]);
	}

	private static void assertOldOrNew(KvLog writes, Digest digest) throws Exception {
		int total = writes.writes().size();
		assertThat(total).as("the transaction must not fit one write").isGreaterThan(20);
		String before = digest.ofPrefix(writes, 1);
		String after = digest.ofPrefix(writes, total);
		assertThat(before).startsWith("integrity ok\n");
		assertThat(after).startsWith("integrity ok\n").isNotEqualTo(before);
		boolean committed = false;
		for (int count = 1; count < total; count++) {
			String found = digest.ofPrefix(writes, count);
			committed = committed || found.equals(after);
			assertThat(found).as("after %d of %d writes", count, total).isEqualTo(committed ? after : before);
		}
	}

	private interface Digest {

		String ofPrefix(KvLog log, int count) throws Exception;

	}

}
