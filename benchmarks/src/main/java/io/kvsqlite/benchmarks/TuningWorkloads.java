package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.benchmarks.ReadWorkloads.FullScan;
import io.kvsqlite.benchmarks.ReadWorkloads.PointReads;
import io.kvsqlite.benchmarks.Workload.Unit;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;
import io.kvsqlite.kv.rocksdb.RocksDbOptions.Compression;

/**
 * What the settings do, one at a time, the others as they are by default, on RocksDB.
 */
final class TuningWorkloads {

	private static final int MIB = 1024 * 1024;

	private static final int ROW_BYTES = 1_000;

	private TuningWorkloads() {
	}

	static List<Experiment> all() {
		return List.of(cacheSize(), statementCache(), preload(), readAhead(), synchronous(), sync(), compressionScan(),
				compressionInsert(), blockCache(), writeBuffer());
	}

	private static Workload cacheSize() {
		return new Workload("cache-size", "cache-size",
				"`kvsqlite.actors.cache-size`, SQLite's page cache for each open actor: rows of 1,000 bytes at random out"
						+ " of a database of 8 MB that is open. What fits costs no call of the store; what does not is"
						+ " read from RocksDB's block cache.",
				Unit.TIME, (bench, contenders) -> {
					for (int kibibytes : List.of(256, 1_024, 2_048, 4_096, 16_384)) {
						contenders.add(new WarmContender(kibibytes + " KB",
								actors(bench, (builder) -> builder.cacheSize(1_024L * kibibytes)),
								new PointReads(8_000 * bench.scale().coldMegabytes() / 50, ROW_BYTES, 100)));
					}
				});
	}

	private static Workload statementCache() {
		return new Workload("statement-cache-size", "statement-cache-size",
				"`kvsqlite.actors.statement-cache-size`, the prepared statements that each open actor keeps: get a"
						+ " connection, prepare a statement, read one row, close both. 0 prepares it anew each time. A"
						+ " statement takes a few kilobytes; an actor that nobody has used for five seconds closes"
						+ " them.",
				Unit.TIME, (bench, contenders) -> {
					for (int statements : List.of(0, 8)) {
						contenders.add(new OpenWorkloads.Borrowing(statements + " statements",
								actors(bench, (builder) -> builder.statementCacheSize(statements))));
					}
				});
	}

	private static Workload preload() {
		return new Workload("preload-chunks", "preload-chunks",
				"`kvsqlite.actors.preload-chunks`, the first chunks that come with the open: connect to a sleeping"
						+ " database of 32 chunks and read all of it. On RocksDB a chunk more costs microseconds whenever it"
						+ " is read; on a remote store every miss is a round trip, so the default there is 64.",
				Unit.TIME, (bench, contenders) -> {
					for (int chunks : List.of(1, 8, 32, 64)) {
						contenders.add(new Reopening(chunks + " chunks",
								actors(bench, (builder) -> builder.preloadChunks(chunks))));
					}
				});
	}

	private static Workload readAhead() {
		return new Workload("read-ahead-chunks", "read-ahead-chunks",
				"`kvsqlite.actors.read-ahead-chunks`, the most that is fetched at once when reads run in a direction: a"
						+ " cold scan of 50 MB. It takes at most twice as many chunks of memory for each actor while it"
						+ " scans.",
				Unit.TIME, (bench, contenders) -> {
					for (int chunks : List.of(1, 16, 64, 256, 1_024)) {
						contenders.add(new ColdContender(chunks + " chunks",
								actors(bench, (builder) -> builder.readAheadChunks(chunks)),
								new FullScan(bench.scale().coldMegabytes() * 1_000), false));
					}
				});
	}

	private static Workload synchronous() {
		return new Workload("synchronous", "PRAGMA synchronous",
				"`kvsqlite.actors.pragmas.synchronous`: durable autocommit updates. The store makes a commit durable, not"
						+ " SQLite, so this changes next to nothing; leave it.",
				Unit.TIME, (bench, contenders) -> {
					for (String level : List.of("OFF", "NORMAL", "FULL")) {
						contenders.add(new WarmContender(level,
								actors(bench, (builder) -> builder.pragma("synchronous", level)),
								new WriteWorkloads.Updates(10_000)));
					}
				});
	}

	private static Workload sync() {
		return new Workload("rocksdb-sync", "rocksdb.sync",
				"`kvsqlite.store.rocksdb.sync`: autocommit updates. Switched off, a commit outlives the process but not"
						+ " the machine: the last ones before a power failure may be lost, in order, never torn.",
				Unit.TIME, (bench, contenders) -> {
					for (boolean sync : new boolean[] { true, false }) {
						contenders.add(new WarmContender(String.valueOf(sync),
								store(bench, (options) -> options.withSync(sync)), new WriteWorkloads.Updates(10_000)));
					}
				});
	}

	private static Workload compressionScan() {
		return new Workload("compression-scan", "rocksdb.compression, reading",
				"`kvsqlite.store.rocksdb.compression`: a cold scan of 50 MB of hexadecimal digits, which compress to"
						+ " about half, from the disk.",
				Unit.TIME, (bench, contenders) -> {
					for (Compression compression : Compression.values()) {
						contenders.add(new ColdContender(compression.name().toLowerCase(Locale.ROOT),
								store(bench, (options) -> options.withCompression(compression)),
								new FullScan(bench.scale().coldMegabytes() * 1_000), true));
					}
				});
	}

	private static Workload compressionInsert() {
		return new Workload("compression-insert", "rocksdb.compression, writing",
				"`kvsqlite.store.rocksdb.compression`: 10 MB in one transaction. A commit goes to the log uncompressed;"
						+ " tables are compressed in the background.",
				Unit.TIME, (bench, contenders) -> {
					for (Compression compression : Compression.values()) {
						contenders.add(new WriteWorkloads.BulkContender(compression.name().toLowerCase(Locale.ROOT),
								store(bench, (options) -> options.withCompression(compression)),
								200 * bench.scale().coldMegabytes()));
					}
				});
	}

	private static Workload blockCache() {
		return new Workload("block-cache-size", "rocksdb.block-cache-size",
				"`kvsqlite.store.rocksdb.block-cache-size`, shared by all actors: rows at random out of a database of"
						+ " 50 MB, more than SQLite's cache holds. What is in neither cache is read through the operating"
						+ " system's and decompressed. The indexes and filters of all tables share this memory, so it bounds"
						+ " what a store with a million actors takes.",
				Unit.TIME, (bench, contenders) -> {
					for (int mebibytes : List.of(0, 8, 64, 256)) {
						contenders.add(new WarmContender(mebibytes + " MB",
								store(bench, (options) -> options.withBlockCacheBytes((long) mebibytes * MIB)),
								new PointReads(bench.scale().coldMegabytes() * 1_000, ROW_BYTES, 100)));
					}
				});
	}

	private static Workload writeBuffer() {
		return new Workload("write-buffer-size", "rocksdb.write-buffer-size",
				"`kvsqlite.store.rocksdb.write-buffer-size`: 10 MB in one transaction, again and again. A larger buffer is"
						+ " flushed less often and in larger tables; there may be three of them, and the log that is"
						+ " replayed after a crash is up to four times as large.",
				Unit.TIME, (bench, contenders) -> {
					for (int mebibytes : List.of(4, 32, 128)) {
						contenders.add(new WriteWorkloads.BulkContender(mebibytes + " MB",
								store(bench, (options) -> options.withWriteBufferBytes((long) mebibytes * MIB)),
								200 * bench.scale().coldMegabytes()));
					}
				});
	}

	private static Side.OpenSide actors(Bench bench, Consumer<ActorDataSourceFactory.Builder> settings) {
		return new ActorSide(Side.KVSQLITE_ROCKSDB, bench, RocksDbKvStore::new, settings);
	}

	private static Side.OpenSide store(Bench bench, UnaryOperator<RocksDbOptions> settings) {
		return new ActorSide(Side.KVSQLITE_ROCKSDB, bench,
				(directory) -> new RocksDbKvStore(settings.apply(RocksDbOptions.of(directory))));
	}

	/**
	 * A small database that is opened, read and closed.
	 */
	private static final class Reopening extends Contender {

		private static final int ROWS = 120;

		private final Side.OpenSide side;

		Reopening(String label, Side.OpenSide side) throws SQLException {
			super(label);
			this.side = side;
			try (Connection connection = side.connection(WarmContender.ACTOR)) {
				new FullScan(ROWS).create(connection);
			}
			side.sleep(WarmContender.ACTOR);
		}

		@Override
		int operate() throws SQLException {
			FullScan scan = new FullScan(ROWS);
			try (Connection connection = this.side.connection(WarmContender.ACTOR)) {
				scan.prepare(connection);
				scan.operate();
			}
			this.side.sleep(WarmContender.ACTOR);
			return 1;
		}

		@Override
		public void close() throws IOException {
			this.side.close();
		}

	}

}
