package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

import io.kvsqlite.benchmarks.Workload.Setup;
import io.kvsqlite.benchmarks.Workload.Unit;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Transactions by one thread.
 */
final class WriteWorkloads {

	private static final List<Side> DURABLE = List.of(Side.KVSQLITE_ROCKSDB, Side.FILE_WAL_FULL,
			Side.FILE_ROLLBACK_FULL, Side.FILE_ROLLBACK_NORMAL);

	private static final List<Side> NOT_DURABLE = List.of(Side.KVSQLITE_ROCKSDB_UNSYNCED, Side.FILE_WAL_NORMAL,
			Side.KVSQLITE_MEMORY, Side.FILE_FASTEST, Side.SQLITE_MEMORY);

	private static final List<Side> ALL = List.of(Side.KVSQLITE_ROCKSDB, Side.FILE_WAL_FULL, Side.FILE_ROLLBACK_FULL,
			Side.FILE_WAL_NORMAL, Side.KVSQLITE_MEMORY, Side.KVSQLITE_REDIS, Side.KVSQLITE_POSTGRESQL,
			Side.SQLITE_MEMORY);

	private WriteWorkloads() {
	}

	static List<Experiment> all(Scale scale) {
		List<Experiment> workloads = new ArrayList<>(List.of(
				new Workload("durable-insert", "Durable autocommit insert",
						"One row of 100 bytes, a transaction of its own, on the disk when it returns.", Unit.TIME,
						durableAndBare(Inserts::new),
						Target.speed(
								"durable autocommit on RocksDB, one thread: at least 1.0 of a WAL file with"
										+ " synchronous=FULL (insert)",
								Side.KVSQLITE_ROCKSDB, Side.FILE_WAL_FULL.label(), 1),
						Target.time(
								"durable autocommit on RocksDB, one thread: at most 1.15 times the bare RocksDB"
										+ " synchronous write of the same bytes (insert)",
								Side.KVSQLITE_ROCKSDB, BareRocksDb.LABEL, 1.15)),
				new Workload("durable-update", "Durable autocommit update",
						"One row of 100 bytes out of 10,000, a transaction of its own, on the disk when it returns.",
						Unit.TIME, durableAndBare(() -> new Updates(10_000)),
						Target.speed(
								"durable autocommit on RocksDB, one thread: at least 1.0 of a WAL file with"
										+ " synchronous=FULL (update)",
								Side.KVSQLITE_ROCKSDB, Side.FILE_WAL_FULL.label(), 1),
						Target.time(
								"durable autocommit on RocksDB, one thread: at most 1.15 times the bare RocksDB"
										+ " synchronous write of the same bytes (update)",
								Side.KVSQLITE_ROCKSDB, BareRocksDb.LABEL, 1.15)),
				new Workload("insert", "Autocommit insert, not durable",
						"One row of 100 bytes, a transaction of its own, in memory or in the operating system's cache"
								+ " when it returns.",
						Unit.TIME, warm(NOT_DURABLE, Inserts::new)),
				new Workload("update", "Autocommit update, not durable",
						"One row of 100 bytes out of 10,000, a transaction of its own, in memory or in the operating"
								+ " system's cache when it returns.",
						Unit.TIME, warm(NOT_DURABLE, () -> new Updates(10_000))),
				new Workload("hot-row", "100 updates of a hot row",
						"The same row 100 times, each a durable transaction of its own; time for all 100.", Unit.TIME,
						durable(HotRow::new)),
				new Workload("order-entry", "Order entry",
						"A durable transaction that reads a customer and five items, updates five stocks and a balance,"
								+ " and inserts an order with five lines.",
						Unit.TIME, durable(OrderEntry::new)),
				new Workload("redis-commit", "Commit on Redis",
						"An autocommit update of one row out of 10,000, and a plain HSET of the same bytes.", Unit.TIME,
						remote(Side.KVSQLITE_REDIS, BareRedis::new),
						Target.time("commit on Redis: at most 1.2 times the bare write of the same bytes",
								Side.KVSQLITE_REDIS, BareRedis.LABEL, 1.2)),
				new Workload("postgresql-commit", "Commit on PostgreSQL",
						"An autocommit update of one row out of 10,000, and a plain upsert of the same bytes.",
						Unit.TIME, remote(Side.KVSQLITE_POSTGRESQL, BarePostgres::new),
						Target.time("commit on PostgreSQL: at most 1.2 times the bare write of the same bytes",
								Side.KVSQLITE_POSTGRESQL, BarePostgres.LABEL, 1.2))));
		for (int megabytes : scale.insertMegabytes()) {
			workloads.add(bulk(megabytes));
		}
		return workloads;
	}

	private static Workload bulk(int megabytes) {
		Target[] targets = (megabytes != 10) ? new Target[0]
				: new Target[] {
						Target.time("10 MB insert in one transaction, RocksDB: at most 1.5 times the local file (WAL)",
								Side.KVSQLITE_ROCKSDB, Side.FILE_WAL_FULL.label(), 1.5),
						Target.time(
								"10 MB insert in one transaction, RocksDB: at most 1.5 times the local file"
										+ " (rollback journal)",
								Side.KVSQLITE_ROCKSDB, Side.FILE_ROLLBACK_FULL.label(), 1.5) };
		return new Workload("insert-" + megabytes + "mb", megabytes + " MB in one transaction",
				"%,d rows of 1,000 bytes into an empty table of a new database, durable where the side is."
					.formatted(megabytes * 1_000),
				Unit.TIME, (bench, contenders) -> {
					for (Side side : ALL) {
						if (side.isAvailable(bench)) {
							contenders.add(new BulkContender(side, bench, megabytes * 1_000));
						}
					}
				}, targets);
	}

	private static Setup warm(List<Side> sides, WorkMaker work) {
		return (bench, contenders) -> {
			for (Side side : sides) {
				contenders.add(new WarmContender(side, bench, work.make()));
			}
		};
	}

	private static Setup durable(WorkMaker work) {
		return (bench, contenders) -> {
			SteadyLogs logs = new SteadyLogs(bench.scale());
			for (Side side : DURABLE) {
				WarmContender contender = new WarmContender(side, bench, work.make());
				contenders.add(contender);
				contender.steady(logs);
			}
		};
	}

	private static Setup durableAndBare(WorkMaker work) {
		return (bench, contenders) -> {
			durable(work).open(bench, contenders);
			contenders.add(1, new BareWrites(bench, RecordedWrites.of(work.make())));
		};
	}

	private static Setup remote(Side side, RemoteMaker bare) {
		return (bench, contenders) -> {
			if (side.isAvailable(bench)) {
				contenders.add(new WarmContender(side, bench, new Updates(10_000)));
				contenders.add(bare.make(bench, RecordedWrites.of(new Updates(10_000))));
			}
		};
	}

	/**
	 * Makes work.
	 */
	private interface WorkMaker {

		Work make();

	}

	/**
	 * Makes the bare side of a remote store.
	 */
	private interface RemoteMaker {

		Contender make(Bench bench, RecordedWrites writes) throws Exception;

	}

	/**
	 * The same writes to RocksDB with nothing above it.
	 */
	private static final class BareWrites extends Contender {

		private final BareRocksDb store;

		private final RecordedWrites writes;

		private long number;

		BareWrites(Bench bench, RecordedWrites writes) throws RocksDBException {
			super(BareRocksDb.LABEL);
			this.store = new BareRocksDb(bench, true);
			this.writes = writes;
			new SteadyLogs(bench.scale()).of(this.store);
		}

		@Override
		int operate() throws RocksDBException {
			this.store.write(WarmContender.ACTOR, this.writes.next(), ++this.number);
			return 1;
		}

		@Override
		public void close() throws IOException {
			this.store.close();
		}

	}

	/**
	 * One row more.
	 */
	static final class Inserts extends Work {

		private static final String TEXT = "0123456789".repeat(10);

		private PreparedStatement insert;

		@SuppressWarnings("NullAway.Init") // prepare() comes first
		Inserts() {
		}

		@Override
		void create(Connection connection) throws SQLException {
			execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
		}

		@Override
		void prepare(Connection connection) throws SQLException {
			this.insert = connection.prepareStatement("INSERT INTO t (v) VALUES (?)");
		}

		@Override
		int operate() throws SQLException {
			this.insert.setString(1, TEXT);
			return this.insert.executeUpdate();
		}

	}

	/**
	 * One row changed.
	 */
	static final class Updates extends Work {

		private static final String ZEROS = "0".repeat(100);

		private final int rows;

		private final SplittableRandom random = new SplittableRandom(7);

		private PreparedStatement update;

		private long count;

		@SuppressWarnings("NullAway.Init") // prepare() comes first
		Updates(int rows) {
			this.rows = rows;
		}

		@Override
		void create(Connection connection) throws SQLException {
			execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", fill("t", this.rows, 100));
		}

		@Override
		void prepare(Connection connection) throws SQLException {
			this.update = connection.prepareStatement("UPDATE t SET v = ? WHERE id = ?");
		}

		@Override
		int operate() throws SQLException {
			String number = Long.toString(this.count++);
			this.update.setString(1, ZEROS.substring(number.length()) + number);
			this.update.setInt(2, 1 + this.random.nextInt(this.rows));
			return this.update.executeUpdate();
		}

	}

	/**
	 * The same row changed a hundred times.
	 */
	private static final class HotRow extends Work {

		private PreparedStatement update;

		@SuppressWarnings("NullAway.Init") // prepare() comes first
		HotRow() {
		}

		@Override
		void create(Connection connection) throws SQLException {
			execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO t VALUES (1, 0)");
		}

		@Override
		void prepare(Connection connection) throws SQLException {
			this.update = connection.prepareStatement("UPDATE t SET n = n + 1 WHERE id = 1");
		}

		@Override
		int operate() throws SQLException {
			for (int i = 0; i < 100; i++) {
				this.update.executeUpdate();
			}
			return 1;
		}

	}

	/**
	 * Orders of five lines.
	 */
	private static final class OrderEntry extends Work {

		private static final int LINES = 5;

		private static final int CUSTOMERS = 1_000;

		private static final int ITEMS = 2_000;

		private final SplittableRandom random = new SplittableRandom(7);

		private final List<PreparedStatement> statements = new ArrayList<>();

		private Connection connection;

		private int order;

		@SuppressWarnings("NullAway.Init") // prepare() comes first
		OrderEntry() {
		}

		@Override
		void create(Connection connection) throws SQLException {
			execute(connection, "CREATE TABLE customer (id INTEGER PRIMARY KEY, v TEXT, balance INTEGER DEFAULT 0)",
					"CREATE TABLE item (id INTEGER PRIMARY KEY, v TEXT, price INTEGER DEFAULT 7,"
							+ " stock INTEGER DEFAULT 1000000)",
					"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, placed TEXT)",
					"CREATE INDEX orders_customer ON orders (customer)",
					"CREATE TABLE line (orders INTEGER, number INTEGER, item INTEGER, quantity INTEGER, price INTEGER,"
							+ " PRIMARY KEY (orders, number)) WITHOUT ROWID",
					fill("customer", CUSTOMERS, 100), fill("item", ITEMS, 100));
		}

		@Override
		void prepare(Connection connection) throws SQLException {
			connection.setAutoCommit(false);
			this.connection = connection;
			for (String sql : List.of("SELECT balance FROM customer WHERE id = ?",
					"SELECT price FROM item WHERE id = ?", "INSERT INTO orders VALUES (?, ?, datetime())",
					"INSERT INTO line VALUES (?, ?, ?, ?, ?)", "UPDATE item SET stock = stock - ? WHERE id = ?",
					"UPDATE customer SET balance = balance + ? WHERE id = ?")) {
				this.statements.add(connection.prepareStatement(sql));
			}
		}

		@Override
		int operate() throws SQLException {
			int customer = 1 + this.random.nextInt(CUSTOMERS);
			read(0, customer);
			update(2, ++this.order, customer);
			int total = 0;
			for (int line = 1; line <= LINES; line++) {
				int item = 1 + this.random.nextInt(ITEMS);
				int quantity = 1 + this.random.nextInt(9);
				int price = read(1, item);
				update(3, this.order, line, item, quantity, price);
				update(4, quantity, item);
				total += quantity * price;
			}
			update(5, total, customer);
			this.connection.commit();
			return 1;
		}

		private int read(int statement, int id) throws SQLException {
			PreparedStatement select = this.statements.get(statement);
			select.setInt(1, id);
			try (ResultSet found = select.executeQuery()) {
				found.next();
				return found.getInt(1);
			}
		}

		private void update(int statement, int... values) throws SQLException {
			PreparedStatement update = this.statements.get(statement);
			for (int i = 0; i < values.length; i++) {
				update.setInt(i + 1, values[i]);
			}
			update.executeUpdate();
		}

	}

	/**
	 * Many rows in one transaction, each time into a new database.
	 */
	static final class BulkContender extends Contender {

		private static final String TEXT = "0123456789".repeat(99);

		private final Side.OpenSide side;

		private final int rows;

		private int actors;

		private @Nullable Connection connection;

		BulkContender(Side side, Bench bench, int rows) throws IOException {
			this(side.label(), side.open(bench), rows);
		}

		BulkContender(String label, Side.OpenSide side, int rows) {
			super(label);
			this.side = side;
			this.rows = rows;
		}

		@Override
		void prepare() throws SQLException {
			if (this.connection != null) {
				this.connection.close();
				this.side.sleep("actor" + this.actors);
			}
			this.connection = this.side.connection("actor" + ++this.actors);
			Work.execute(this.connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
		}

		@Override
		int operate() throws SQLException {
			insert(Objects.requireNonNull(this.connection), this.rows);
			return 1;
		}

		static void insert(Connection connection, int rows) throws SQLException {
			connection.setAutoCommit(false);
			try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
				for (int i = 0; i < rows; i++) {
					insert.setInt(1, i);
					insert.setString(2, "%010d".formatted(i) + TEXT);
					insert.executeUpdate();
				}
			}
			connection.commit();
			connection.setAutoCommit(true);
		}

		@Override
		boolean isOneCall() {
			return true;
		}

		@Override
		public void close() throws IOException, SQLException {
			if (this.connection != null) {
				this.connection.close();
			}
			this.side.close();
		}

	}

}
