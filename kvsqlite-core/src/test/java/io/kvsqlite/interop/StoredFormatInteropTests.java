package io.kvsqlite.interop;

import java.nio.file.Path;
import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.EmptyDatabase;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The stored format as {@code docs/format.md} states it, tried between npm's
 * {@code @rivetkit/sqlite-vfs} and stock SQLite over files, without kvsqlite's engine.
 */
@RequiresNode
class StoredFormatInteropTests {

	/**
	 * Overwrites, grows and deletes in one transaction, in a cache so small that SQLite
	 * writes to the file long before the commit.
	 */
	static final String LARGE_TRANSACTION = """
			PRAGMA cache_size = 10;
			BEGIN;
			UPDATE t SET name = name || 'x', body = zeroblob(900) WHERE id % 7 = 0;
			CREATE TABLE added AS SELECT * FROM t;
			DELETE FROM t WHERE id % 5 = 0;
			COMMIT;
			""";

	static final String BEFORE_LARGE_TRANSACTION = """
			CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, body BLOB);
			CREATE INDEX t_name ON t (name);
			WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 150)
			INSERT INTO t SELECT i, printf('%0200d', i * 7919 % 2003), zeroblob(i % 300) FROM c;
			""";

	@TempDir
	private static Path directory;

	private static NodeSqlite node;

	private final StockSqlite stock = new StockSqlite(directory);

	@BeforeAll
	static void startNode() throws Exception {
		node = new NodeSqlite(directory);
	}

	@AfterAll
	static void stopNode() {
		node.close();
	}

	@Test
	void emptyDatabaseShouldBeTheSameBytes() throws Exception {
		KvLog database = node.run("").database();
		assertThat(database.namespace()).hasSize(2)
			.hasEntrySatisfying(ChunkKeys.chunk(FileTag.MAIN, 0),
					(page) -> assertThat(page).isEqualTo(EmptyDatabase.page(3050001)))
			.hasEntrySatisfying(ChunkKeys.metadata(FileTag.MAIN),
					(size) -> assertThat(size).isEqualTo(FileMetadata.encode(EmptyDatabase.PAGE_SIZE)));
	}

	@ParameterizedTest
	@EnumSource
	void databaseOfNodeShouldOpenInStockSqlite(SampleDatabase sample) throws Exception {
		String expected = this.stock.digest(this.stock.run(sample.sql()));
		assertThat(expected).startsWith("integrity ok\n");
		KvLog database = node.run(sample.sql()).database();
		assertThat(this.stock.digest(database)).isEqualTo(expected);
		assertThat(node.digest(database)).isEqualTo(expected);
	}

	@ParameterizedTest
	@EnumSource
	void databaseOfStockSqliteShouldOpenInNode(SampleDatabase sample) throws Exception {
		KvLog database = this.stock.run(sample.sql());
		assertThat(node.digest(database)).isEqualTo(this.stock.digest(database));
	}

	@Test
	void everyHotJournalOfNodeShouldRollBackInStockSqlite() throws Exception {
		KvLog writes = node.run(BEFORE_LARGE_TRANSACTION, LARGE_TRANSACTION).writes();
		String before = this.stock.digestOfPrefix(writes, 1);
		String after = this.stock.digest(writes);
		assertThat(after).startsWith("integrity ok\n").isNotEqualTo(before);
		assertThat(writes.writes()).as("the transaction must not fit one write").hasSizeGreaterThan(100);
		boolean committed = false;
		for (int count = 1; count < writes.writes().size(); count++) {
			String digest = this.stock.digestOfPrefix(writes, count);
			committed = committed || digest.equals(after);
			assertThat(digest).as("after %d of %d writes", count, writes.writes().size())
				.isEqualTo(committed ? after : before);
		}
	}

	@Test
	void hotJournalOfStockSqliteShouldRollBackInNode() throws Exception {
		KvLog stopped = this.stock.runAndStop(BEFORE_LARGE_TRANSACTION, LARGE_TRANSACTION.replace("COMMIT;", ""));
		KvLog before = this.stock.run(BEFORE_LARGE_TRANSACTION);
		assertThat(stopped.namespace()).containsKey(ChunkKeys.metadata(FileTag.JOURNAL))
			.containsKey(ChunkKeys.chunk(FileTag.JOURNAL, 1));
		assertThat(node.digest(stopped)).isEqualTo(this.stock.digest(before));
	}

	@Test
	void pagesFreedByTheTransactionThatTookThemShouldLeaveAGapInNode() throws Exception {
		KvLog database = node.run(SampleDatabase.FREED_AT_ONCE.sql()).database();
		long size = FileMetadata.decode(database.namespace().get(ChunkKeys.metadata(FileTag.MAIN)));
		List<byte[]> chunks = database.namespace()
			.keySet()
			.stream()
			.filter((key) -> ChunkKeys.describe(key).startsWith("main database chunk"))
			.toList();
		assertThat((long) chunks.size()).isLessThan(ChunkKeys.chunkCount(size));
	}

}
