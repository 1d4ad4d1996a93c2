package io.kvsqlite.interop;

import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.stream.IntStream;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.LimitedKvStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The interoperability of {@link EngineInteropTests} with the bytes kept on a real
 * server: what npm's {@code @rivetkit/sqlite-vfs} wrote is put there, opened by kvsqlite,
 * and read back for Node, hot journals included.
 */
@RequiresNode
abstract class ServerInteropTests {

	// So few keys at once that the large transaction is journaled.
	private static final KvLimits NARROW = new KvLimits(3, KvLimits.LEAST_BYTES);

	// How many of the places at which a writer can stop are tried.
	private static final int STOPS = 6;

	@TempDir
	private static Path directory;

	private static NodeSqlite node;

	private final StockSqlite stock = new StockSqlite(directory);

	private final Engine engine = new Engine(this::openStore);

	private final Engine limitedEngine = new Engine(() -> new LimitedKvStore(openStore(), KvLimits.REFERENCE));

	private final Engine narrowEngine = new Engine(() -> new LimitedKvStore(openStore(), NARROW));

	@BeforeAll
	static void startNode() throws Exception {
		node = new NodeSqlite(directory);
	}

	@AfterAll
	static void stopNode() {
		node.close();
	}

	/**
	 * Open a store without actors on the server.
	 * @return the store
	 */
	abstract KvStore openStore();

	@ParameterizedTest
	@EnumSource(names = { "VALUES", "OVERFLOW", "AUTO_VACUUM", "FREED_AT_ONCE" })
	void databaseOfNodeShouldOpenAndGoOn(SampleDatabase sample) throws Exception {
		KvLog database = node.run(sample.sql()).database();
		assertThat(this.engine.digest(database)).isEqualTo(node.digest(database)).startsWith("integrity ok\n");
		KvLog changed = this.engine.run(database, SampleDatabase.CHANGE);
		assertThat(node.digest(changed))
			.isEqualTo(this.stock.digest(this.stock.run(sample.sql() + SampleDatabase.CHANGE)));
	}

	@ParameterizedTest
	@EnumSource(names = { "VALUES", "VACUUMED", "LARGE_PAGES" })
	void databaseShouldOpenInNodeAndGoOn(SampleDatabase sample) throws Exception {
		KvLog database = this.limitedEngine.run(sample.sql());
		KvLog changed = node.runOn(database, SampleDatabase.CHANGE).database();
		assertThat(this.limitedEngine.digest(changed))
			.isEqualTo(this.stock.digest(this.stock.run(sample.sql() + SampleDatabase.CHANGE)));
	}

	@Test
	void emptyDatabaseShouldOpenInNodeAndNodesHere() throws Exception {
		KvLog ours = this.engine.run("");
		KvLog theirs = node.run("").database();
		assertThat(node.digest(ours)).isEqualTo(this.engine.digest(theirs)).startsWith("integrity ok\n");
	}

	@Test
	void hotJournalOfNodeShouldRollBack() throws Exception {
		KvLog writes = node
			.run(StoredFormatInteropTests.BEFORE_LARGE_TRANSACTION, StoredFormatInteropTests.LARGE_TRANSACTION)
			.writes();
		int total = writes.writes().size();
		String before = this.engine.digestOfPrefix(writes, 1);
		String after = this.engine.digestOfPrefix(writes, total);
		assertThat(before).startsWith("integrity ok\n").isNotEqualTo(after);
		for (int stop : stops(writes)) {
			assertThat(this.engine.digestOfPrefix(writes, stop)).as("after %d of %d writes", stop, total)
				.isEqualTo(before);
		}
	}

	@Test
	void hotJournalShouldRollBackInNode() throws Exception {
		KvLog writes = this.narrowEngine.run(this.narrowEngine.run(StoredFormatInteropTests.BEFORE_LARGE_TRANSACTION),
				StoredFormatInteropTests.LARGE_TRANSACTION);
		String before = node.digest(new KvLog(writes.writes().subList(0, 1)));
		String after = node.digest(writes);
		assertThat(before).startsWith("integrity ok\n").isNotEqualTo(after);
		for (int stop : stops(writes)) {
			// through the server, as a process that stopped there has left it
			KvLog stopped = stored(new KvLog(writes.writes().subList(0, stop)));
			assertThat(node.digest(stopped)).as("after %d of %d writes", stop, writes.writes().size())
				.isEqualTo(before);
		}
	}

	private KvLog stored(KvLog log) {
		try (RecordingKvStore store = new RecordingKvStore(openStore())) {
			store.load(log);
			return KvLog.dump(store.stored());
		}
	}

	// Places at which there is a hot journal, the first and the last among them.
	private static int[] stops(KvLog writes) {
		int[] hot = IntStream.range(1, writes.writes().size())
			.filter((count) -> isHot(writes.namespaceAfter(count)))
			.toArray();
		assertThat(hot).as("writes with a hot journal").hasSizeGreaterThan(STOPS);
		return IntStream.range(0, STOPS).map((i) -> hot[i * (hot.length - 1) / (STOPS - 1)]).toArray();
	}

	// Node ends a journal by zeros in its header, and its metadata stays.
	private static boolean isHot(NavigableMap<byte[], byte[]> namespace) {
		byte[] header = namespace.get(ChunkKeys.chunk(FileTag.JOURNAL, 0));
		return namespace.containsKey(ChunkKeys.metadata(FileTag.JOURNAL)) && header != null && header[0] != 0;
	}

}
