package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.benchmarks.Report.Finding;
import io.kvsqlite.benchmarks.Report.Table;
import io.kvsqlite.benchmarks.Workload.Unit;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.CountingKvStore;

/**
 * Beside npm's {@code @rivetkit/sqlite-vfs}: latency, and how often the store is asked.
 */
final class NodeComparison {

	private static final int ROWS = 1_000;

	private NodeComparison() {
	}

	static List<Experiment> all() {
		return List.of(new Workload("rivetkit-insert", "Autocommit insert beside @rivetkit/sqlite-vfs",
				"One row of 100 bytes, a transaction of its own, on a map in memory.", Unit.TIME,
				(bench, contenders) -> {
					if (NodeProcess.isAvailable()) {
						contenders.add(new WarmContender(Side.KVSQLITE_MEMORY, bench, new WriteWorkloads.Inserts()));
						contenders.add(new Node("INSERT INTO t (v) VALUES (?)"));
					}
				},
				Target.speed("against @rivetkit/sqlite-vfs in memory: at least 20 times on autocommits (insert)",
						Side.KVSQLITE_MEMORY, NodeProcess.LABEL, 20)),
				new Workload("rivetkit-update", "Autocommit update beside @rivetkit/sqlite-vfs",
						"One row of 100 bytes out of 1,000, a transaction of its own, on a map in memory.", Unit.TIME,
						(bench, contenders) -> {
							if (NodeProcess.isAvailable()) {
								contenders.add(new WarmContender(Side.KVSQLITE_MEMORY, bench,
										new WriteWorkloads.Updates(ROWS)));
								contenders.add(new Node("UPDATE t SET v = ? WHERE id = ?"));
							}
						},
						Target.speed(
								"against @rivetkit/sqlite-vfs in memory: at least 20 times on autocommits (update)",
								Side.KVSQLITE_MEMORY, NodeProcess.LABEL, 20)),
				new RoundTrips());
	}

	/**
	 * The Node process as a side. What it takes is measured by its own clock.
	 */
	private static final class Node extends Contender {

		private final NodeProcess node = new NodeProcess();

		private final String sql;

		Node(String sql) throws IOException {
			super(NodeProcess.LABEL);
			this.sql = sql;
			this.node.ask("exec", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
			this.node.ask("exec", Work.fill("t", ROWS, 100));
		}

		@Override
		int operate() {
			throw new UnsupportedOperationException("Done by Node");
		}

		@Override
		Sample sample(long millis) throws IOException {
			NodeProcess.Answer answer = this.node.ask("repeat", String.valueOf(millis), this.sql, String.valueOf(ROWS));
			return new Sample(answer.nanos() / 1_000.0 / answer.operations(), Double.NaN, Double.NaN);
		}

		@Override
		void warmUp(long cpuMillis) throws IOException {
			sample(10 * cpuMillis);
		}

		@Override
		public void close() {
			this.node.close();
		}

	}

	/**
	 * How often each side asks its store, for the same statements.
	 */
	private static final class RoundTrips implements Experiment {

		@Override
		public String id() {
			return "round-trips";
		}

		@Override
		public void run(Bench bench, Report report) throws Exception {
			int large = Math.max(1, 10 * bench.scale().coldMegabytes() / 50) * 1_000;
			List<Step> steps = List.of(
					new Step("create a table", "exec", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"),
					new Step("100 autocommit inserts", "times", "100", "INSERT INTO t (v) VALUES (?)"),
					new Step("100 updates of a hot row", "times", "100", "UPDATE t SET v = v || 'x' WHERE id = 1"),
					new Step("1 MB in one transaction", "insert", "1000"),
					new Step("%d MB in one transaction".formatted(large / 1_000), "insert", String.valueOf(large)),
					new Step("close, open, first query", "open"),
					new Step("full scan of what is not cached", "query", "SELECT count(*), sum(length(v)) FROM t"),
					new Step("delete all rows", "exec", "DELETE FROM t"), new Step("vacuum", "exec", "VACUUM"));
			List<List<String>> rows = new ArrayList<>();
			boolean never = true;
			try (Counted own = new Counted(MemoryKvStore.DEFAULT_LIMITS);
					Counted limited = new Counted(KvLimits.REFERENCE);
					NodeProcess node = NodeProcess.isAvailable() ? new NodeProcess() : null) {
				for (Step step : steps) {
					long ours = own.run(step.request);
					long under128 = limited.run(step.request);
					String theirs = "not measured";
					if (node != null) {
						long trips = node.ask(step.request).roundTrips();
						theirs = String.valueOf(trips);
						never &= ours <= trips && under128 <= trips;
					}
					rows.add(List.of(step.what, String.valueOf(ours), String.valueOf(under128), theirs));
				}
				report.add(new Table(id(), "Round trips beside @rivetkit/sqlite-vfs",
						"How often the store was asked, by the same statements in this order on one database.",
						List.of("work", "kvsqlite", "kvsqlite, 128 keys a write", NodeProcess.LABEL), rows));
				if (node != null) {
					report.add(new Finding(id(), "against @rivetkit/sqlite-vfs: never more round trips on any workload",
							never ? "on none" : "on some, see the table", never));
				}
			}
		}

	}

	/**
	 * Something to do on all sides.
	 */
	private record Step(String what, String... request) {
	}

	/**
	 * kvsqlite on a store in memory that counts.
	 */
	private static final class Counted implements AutoCloseable {

		private final CountingKvStore store;

		private final ActorDataSourceFactory factory;

		private Connection connection;

		Counted(KvLimits limits) throws SQLException {
			this.store = new CountingKvStore(new MemoryKvStore(limits));
			this.factory = ActorDataSourceFactory.builder(this.store).build();
			this.connection = connect();
		}

		private Connection connect() throws SQLException {
			return this.factory.dataSource(WarmContender.ACTOR).getConnection();
		}

		/**
		 * Do what {@code compare.mjs} does for the same request.
		 * @return how many round trips it took
		 */
		long run(String... request) throws SQLException {
			this.store.reset();
			switch (request[0]) {
				case "exec" -> Work.execute(this.connection, request[1]);
				case "times" -> {
					try (PreparedStatement statement = this.connection.prepareStatement(request[2])) {
						for (int i = 0; i < Integer.parseInt(request[1]); i++) {
							if (request[2].contains("?")) {
								statement.setString(1, "0123456789".repeat(10));
							}
							statement.executeUpdate();
						}
					}
				}
				case "insert" -> insert(Integer.parseInt(request[1]));
				case "open" -> {
					this.connection.close();
					this.factory.close(WarmContender.ACTOR);
					this.connection = connect();
					query("SELECT v FROM t WHERE id = 1");
				}
				case "query" -> query(request[1]);
				default -> throw new IllegalArgumentException(request[0]);
			}
			return this.store.counts().roundTrips();
		}

		private void insert(int rows) throws SQLException {
			this.connection.setAutoCommit(false);
			try (PreparedStatement insert = this.connection.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
				for (int i = 0; i < rows; i++) {
					insert.setString(1, "%010d".formatted(i) + "0123456789".repeat(99));
					insert.executeUpdate();
				}
			}
			this.connection.commit();
			this.connection.setAutoCommit(true);
		}

		private void query(String sql) throws SQLException {
			try (PreparedStatement select = this.connection.prepareStatement(sql);
					ResultSet found = select.executeQuery()) {
				found.next();
			}
		}

		@Override
		public void close() throws SQLException {
			this.connection.close();
			this.factory.close();
			this.store.close();
		}

	}

}
