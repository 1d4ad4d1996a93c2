package io.kvsqlite.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.SplittableRandom;

import io.kvsqlite.benchmarks.Workload.Unit;

/**
 * Reads, warm and cold.
 */
final class ReadWorkloads {

	private static final List<Side> WARM = List.of(Side.KVSQLITE_ROCKSDB, Side.FILE_FASTEST, Side.KVSQLITE_MEMORY,
			Side.FILE_WAL_FULL, Side.FILE_WAL_NORMAL, Side.FILE_ROLLBACK_FULL, Side.FILE_ROLLBACK_NORMAL,
			Side.SQLITE_MEMORY);

	private static final List<Side> COLD = List.of(Side.KVSQLITE_ROCKSDB, Side.FILE_ROLLBACK_FULL, Side.FILE_WAL_FULL,
			Side.KVSQLITE_MEMORY, Side.KVSQLITE_REDIS, Side.KVSQLITE_POSTGRESQL);

	private static final List<Side> EVICTED = List.of(Side.KVSQLITE_ROCKSDB, Side.FILE_ROLLBACK_FULL,
			Side.FILE_WAL_FULL);

	private static final int ROW_BYTES = 1_000;

	private ReadWorkloads() {
	}

	static List<Experiment> all() {
		String scan = "cold full scan of 50 MB on RocksDB: at most 1.5 times a cold local file";
		return List.of(new Workload("warm-point-read", "Warm point read",
				"One row of 100 bytes by its key, out of 10,000, prepared statement, all pages in SQLite's" + " cache.",
				Unit.TIME, (bench, contenders) -> {
					for (Side side : WARM) {
						contenders.add(new WarmContender(side, bench, new PointReads(10_000, 100, 100)));
					}
				},
				Target.speed("warm point read: at least 0.95 of sqlite-jdbc's fastest file mode", Side.KVSQLITE_ROCKSDB,
						Side.FILE_FASTEST.label(), 0.95)),
				new Workload("range-scan", "Warm range scan",
						"1,000 rows of 100 bytes in the order of their keys, out of 10,000; time for all 1,000.",
						Unit.TIME, (bench, contenders) -> {
							for (Side side : WARM) {
								contenders.add(new WarmContender(side, bench, new RangeScan()));
							}
						}),
				new Workload("cold-point-read", "Cold point read",
						"200 rows of 1,000 bytes at random out of a database of 50 MB that was just opened, the"
								+ " process's caches empty; time for one, the opening included.",
						Unit.TIME, cold(COLD, false, (rows) -> new PointReads(rows, ROW_BYTES, 200))),
				new Workload("cold-scan", "Cold full scan of 50 MB",
						"Every row of a database that was just opened, the process's caches empty, the files in"
								+ " the operating system's.",
						Unit.TIME, cold(COLD, false, FullScan::new),
						Target.time(scan, Side.KVSQLITE_ROCKSDB, Side.FILE_ROLLBACK_FULL.label(), 1.5)),
				new Workload("evicted-scan", "Cold full scan of 50 MB, from the disk",
						"The same with the files dropped from the operating system's cache as well.", Unit.TIME,
						cold(EVICTED, true, FullScan::new), Target.time(scan + ", read from the disk",
								Side.KVSQLITE_ROCKSDB, Side.FILE_ROLLBACK_FULL.label(), 1.5)));
	}

	private static Workload.Setup cold(List<Side> sides, boolean evict, WorkMaker work) {
		return (bench, contenders) -> {
			int rows = bench.scale().coldMegabytes() * 1_000_000 / ROW_BYTES;
			for (Side side : sides) {
				if (side.isAvailable(bench)) {
					contenders.add(new ColdContender(side, bench, work.make(rows), evict));
				}
			}
		};
	}

	/**
	 * Makes work on a table.
	 */
	private interface WorkMaker {

		Work make(int rows);

	}

	/**
	 * Rows at random by their key.
	 */
	static final class PointReads extends Work {

		private final int rows;

		private final int bytes;

		private final int reads;

		private final SplittableRandom random = new SplittableRandom(7);

		private PreparedStatement select;

		@SuppressWarnings("NullAway.Init") // prepare() comes first
		PointReads(int rows, int bytes, int reads) {
			this.rows = rows;
			this.bytes = bytes;
			this.reads = reads;
		}

		@Override
		void create(Connection connection) throws SQLException {
			execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", fill("t", this.rows, this.bytes));
		}

		@Override
		void prepare(Connection connection) throws SQLException {
			this.select = connection.prepareStatement("SELECT v FROM t WHERE id = ?");
		}

		@Override
		int operate() throws SQLException {
			for (int i = 0; i < this.reads; i++) {
				this.select.setInt(1, 1 + this.random.nextInt(this.rows));
				try (ResultSet found = this.select.executeQuery()) {
					if (!found.next() || found.getString(1).length() != this.bytes) {
						throw new IllegalStateException("A row is not as it was written");
					}
				}
			}
			return this.reads;
		}

	}

	/**
	 * A thousand rows in order.
	 */
	private static final class RangeScan extends Work {

		private static final int ROWS = 10_000;

		private static final int LENGTH = 1_000;

		private final SplittableRandom random = new SplittableRandom(7);

		private PreparedStatement select;

		@SuppressWarnings("NullAway.Init") // prepare() comes first
		RangeScan() {
		}

		@Override
		void create(Connection connection) throws SQLException {
			execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", fill("t", ROWS, 100));
		}

		@Override
		void prepare(Connection connection) throws SQLException {
			this.select = connection.prepareStatement("SELECT v FROM t WHERE id BETWEEN ? AND ?");
		}

		@Override
		int operate() throws SQLException {
			int from = 1 + this.random.nextInt(ROWS - LENGTH);
			this.select.setInt(1, from);
			this.select.setInt(2, from + LENGTH - 1);
			int count = 0;
			try (ResultSet found = this.select.executeQuery()) {
				while (found.next()) {
					count += found.getString(1).isEmpty() ? 0 : 1;
				}
			}
			if (count != LENGTH) {
				throw new IllegalStateException("%d rows were found".formatted(count));
			}
			return 1;
		}

	}

	/**
	 * Every row of a table, as far as SQLite has to read it.
	 */
	static final class FullScan extends Work {

		private final int rows;

		private PreparedStatement select;

		@SuppressWarnings("NullAway.Init") // prepare() comes first
		FullScan(int rows) {
			this.rows = rows;
		}

		@Override
		void create(Connection connection) throws SQLException {
			execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", fill("t", this.rows, ROW_BYTES));
		}

		@Override
		void prepare(Connection connection) throws SQLException {
			this.select = connection.prepareStatement("SELECT count(*), sum(length(v)) FROM t");
		}

		@Override
		int operate() throws SQLException {
			try (ResultSet found = this.select.executeQuery()) {
				if (!found.next() || found.getLong(2) != (long) this.rows * ROW_BYTES) {
					throw new IllegalStateException("The table is not as it was written");
				}
			}
			return 1;
		}

	}

}
