package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.SplittableRandom;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.kvsqlite.benchmarks.Workload.Unit;

/**
 * Getting at a database: opening it, and borrowing a connection that is open.
 */
final class OpenWorkloads {

	private static final int ACTORS = 50;

	private static final int ROWS = 100;

	private OpenWorkloads() {
	}

	static List<Experiment> all() {
		String text = "open + first query + close, RocksDB: at most 1.5 times the local file";
		return List.of(new Workload("open", "Open, first query, close",
				"A database of 100 rows that is stored but not open: connect, read one row, close, let go of" + " it.",
				Unit.TIME, (bench, contenders) -> {
					for (Side side : List.of(Side.KVSQLITE_ROCKSDB, Side.FILE_ROLLBACK_FULL, Side.FILE_WAL_FULL,
							Side.KVSQLITE_MEMORY, Side.KVSQLITE_REDIS, Side.KVSQLITE_POSTGRESQL)) {
						if (side.isAvailable(bench)) {
							contenders.add(new Openings(side, bench));
						}
					}
				}, Target.time(text, Side.KVSQLITE_ROCKSDB, Side.FILE_ROLLBACK_FULL.label(), 1.5)),
				new Workload("create", "Create a database",
						"Open an actor that does not exist, create a table with one row, close.", Unit.TIME,
						(bench, contenders) -> {
							for (Side side : List.of(Side.KVSQLITE_ROCKSDB, Side.FILE_ROLLBACK_FULL, Side.FILE_WAL_FULL,
									Side.KVSQLITE_MEMORY, Side.KVSQLITE_REDIS, Side.KVSQLITE_POSTGRESQL)) {
								if (side.isAvailable(bench)) {
									contenders.add(new Creations(side, bench));
								}
							}
						}),
				new Workload("borrow", "Borrow a connection, read a row, return it",
						"What a request does with a database that is open: get a connection, prepare a statement,"
								+ " read one row, close both.",
						Unit.TIME, (bench, contenders) -> {
							contenders.add(new Borrowing(Side.KVSQLITE_ROCKSDB, bench));
							contenders.add(new Borrowing(Side.KVSQLITE_MEMORY, bench));
							contenders.add(new Pooled(bench));
							contenders.add(new Connecting(bench));
						}));
	}

	private static void createTable(Connection connection) throws SQLException {
		Work.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", Work.fill("t", ROWS, 100));
	}

	private static void readOne(Connection connection, int id) throws SQLException {
		try (PreparedStatement select = connection.prepareStatement("SELECT v FROM t WHERE id = ?")) {
			select.setInt(1, id);
			try (ResultSet found = select.executeQuery()) {
				if (!found.next() || found.getString(1).isEmpty()) {
					throw new IllegalStateException("A row is missing");
				}
			}
		}
	}

	/**
	 * Databases that are opened and closed.
	 */
	private static final class Openings extends Contender {

		private final Side.OpenSide side;

		private final boolean file;

		private final Path directory;

		private final SplittableRandom random = new SplittableRandom(7);

		Openings(Side side, Bench bench) throws IOException, SQLException {
			super(side.label());
			this.file = side == Side.FILE_ROLLBACK_FULL || side == Side.FILE_WAL_FULL;
			this.directory = bench.newDirectory();
			this.side = this.file ? new PlainFiles(this.directory) : side.open(bench);
			for (int i = 0; i < ACTORS; i++) {
				try (Connection connection = this.side.connection("actor" + i)) {
					if (this.file) {
						// the mode is kept in the file, so later connections need not ask
						// for
						// it
						side.connect(this.directory, "actor" + i).close();
					}
					createTable(connection);
				}
				this.side.sleep("actor" + i);
			}
		}

		@Override
		int operate() throws SQLException {
			String actor = "actor" + this.random.nextInt(ACTORS);
			try (Connection connection = this.side.connection(actor)) {
				readOne(connection, 1 + this.random.nextInt(ROWS));
			}
			this.side.sleep(actor);
			return 1;
		}

		@Override
		public void close() throws IOException {
			this.side.close();
		}

	}

	/**
	 * Files that are opened without setting anything.
	 */
	private static final class PlainFiles implements Side.OpenSide {

		private final Path directory;

		PlainFiles(Path directory) {
			this.directory = directory;
		}

		@Override
		public Connection connection(String actorId) throws SQLException {
			return DriverManager.getConnection(Side.url(this.directory, actorId));
		}

		@Override
		public void chill(boolean evict) {
			throw new UnsupportedOperationException("These files are never cold");
		}

		@Override
		public void close() throws IOException {
			Directories.delete(this.directory);
		}

	}

	/**
	 * Databases that are made.
	 */
	private static final class Creations extends Contender {

		private final Side.OpenSide side;

		private int count;

		Creations(Side side, Bench bench) throws IOException {
			super(side.label());
			this.side = side.open(bench);
		}

		@Override
		int operate() throws SQLException {
			String actor = "actor" + ++this.count;
			try (Connection connection = this.side.connection(actor)) {
				connection.setAutoCommit(false);
				Work.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
						"INSERT INTO t VALUES (1, 'first')");
				connection.commit();
			}
			this.side.sleep(actor);
			return 1;
		}

		@Override
		public void close() throws IOException {
			this.side.close();
		}

	}

	/**
	 * An actor that is open already.
	 */
	static final class Borrowing extends Contender {

		private final Side.OpenSide side;

		private final SplittableRandom random = new SplittableRandom(7);

		Borrowing(Side side, Bench bench) throws IOException, SQLException {
			this(side.label(), side.open(bench));
		}

		Borrowing(String label, Side.OpenSide side) throws SQLException {
			super(label);
			this.side = side;
			try (Connection connection = this.side.connection(WarmContender.ACTOR)) {
				createTable(connection);
			}
		}

		@Override
		int operate() throws SQLException {
			try (Connection connection = this.side.connection(WarmContender.ACTOR)) {
				readOne(connection, 1 + this.random.nextInt(ROWS));
			}
			return 1;
		}

		@Override
		public void close() throws IOException {
			this.side.close();
		}

	}

	/**
	 * A pool of connections to a file.
	 */
	private static final class Pooled extends Contender {

		private final Path directory;

		private final HikariDataSource pool;

		private final SplittableRandom random = new SplittableRandom(7);

		Pooled(Bench bench) throws SQLException {
			super("file, WAL, FULL, HikariCP");
			this.directory = bench.newDirectory();
			HikariConfig config = new HikariConfig();
			config.setJdbcUrl(Side.url(this.directory, WarmContender.ACTOR));
			config.setMaximumPoolSize(1);
			config.setConnectionInitSql("PRAGMA journal_mode=WAL");
			this.pool = new HikariDataSource(config);
			try (Connection connection = this.pool.getConnection()) {
				createTable(connection);
			}
		}

		@Override
		int operate() throws SQLException {
			try (Connection connection = this.pool.getConnection()) {
				readOne(connection, 1 + this.random.nextInt(ROWS));
			}
			return 1;
		}

		@Override
		public void close() throws IOException {
			this.pool.close();
			Directories.delete(this.directory);
		}

	}

	/**
	 * A file without a pool: a new connection each time.
	 */
	private static final class Connecting extends Contender {

		private final Path directory;

		private final SplittableRandom random = new SplittableRandom(7);

		Connecting(Bench bench) throws SQLException {
			super("file, WAL, FULL, no pool");
			this.directory = bench.newDirectory();
			try (Connection connection = Side.FILE_WAL_FULL.connect(this.directory, WarmContender.ACTOR)) {
				createTable(connection);
			}
		}

		@Override
		int operate() throws SQLException {
			try (Connection connection = DriverManager.getConnection(Side.url(this.directory, WarmContender.ACTOR))) {
				readOne(connection, 1 + this.random.nextInt(ROWS));
			}
			return 1;
		}

		@Override
		public void close() throws IOException {
			Directories.delete(this.directory);
		}

	}

}
