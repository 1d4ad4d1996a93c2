package io.kvsqlite.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.benchmarks.Report.Finding;
import io.kvsqlite.benchmarks.Report.Table;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.testing.CountingKvStore;

/**
 * How often each store is asked for the work that has a bound.
 */
final class RemoteTrips implements Experiment {

	private static final int MOST_FOR_10_MB = 3;

	private static final int MOST_FOR_SCAN = 60;

	@Override
	public String id() {
		return "store-round-trips";
	}

	@Override
	public void run(Bench bench, Report report) throws Exception {
		List<List<String>> rows = new ArrayList<>();
		count("memory", new MemoryKvStore(), bench, report, rows);
		count("RocksDB", new RocksDbKvStore(bench.newDirectory()), bench, report, rows);
		if (bench.servers().available()) {
			count("Redis", bench.servers().redisStore(bench.servers().newName()), bench, report, rows);
			count("PostgreSQL", bench.servers().postgresStore(bench.servers().newName()), bench, report, rows);
		}
		report.add(new Table(id(), "Round trips to each store",
				"How often the store was asked, counted between kvsqlite and the store. A small database is one of 100"
						+ " rows.",
				List.of("store", "open a small database and read a row", "autocommit update",
						"10 MB in one transaction", "open and scan %d MB".formatted(bench.scale().coldMegabytes())),
				rows));
	}

	private static void count(String name, KvStore delegate, Bench bench, Report report, List<List<String>> rows)
			throws Exception {
		try (CountingKvStore store = new CountingKvStore(delegate);
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
			try (Connection connection = factory.dataSource("small").getConnection()) {
				Work.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", Work.fill("t", 100, 100));
			}
			factory.close("small");
			store.reset();
			Connection small = factory.dataSource("small").getConnection();
			read(small, "SELECT v FROM t WHERE id = 50");
			long open = store.counts().roundTrips();
			store.reset();
			Work.execute(small, "UPDATE t SET v = 'x' WHERE id = 50");
			long commit = store.counts().roundTrips();
			small.close();
			long insert;
			try (Connection bulk = factory.dataSource("bulk").getConnection()) {
				Work.execute(bulk, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
				store.reset();
				WriteWorkloads.BulkContender.insert(bulk, 10_000);
				insert = store.counts().roundTrips();
			}
			try (Connection large = factory.dataSource("large").getConnection()) {
				Work.execute(large, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
						Work.fill("t", bench.scale().coldMegabytes() * 1_000, 1_000));
			}
			factory.close("large");
			store.reset();
			try (Connection large = factory.dataSource("large").getConnection()) {
				read(large, "SELECT count(*), sum(length(v)) FROM t");
			}
			long scan = store.counts().roundTrips();
			rows.add(List.of(name, String.valueOf(open), String.valueOf(commit), String.valueOf(insert),
					String.valueOf(scan)));
			report.add(new Finding("store-round-trips",
					"cold full scan of 50 MB on %s: at most 60 store reads".formatted(name), String.valueOf(scan),
					scan <= MOST_FOR_SCAN));
			if (!name.equals("memory") && !name.equals("RocksDB")) {
				report.add(new Finding("store-round-trips", "1 round trip to open on " + name, String.valueOf(open),
						open == 1));
				report.add(new Finding("store-round-trips", "commit on %s: 1 round trip".formatted(name),
						String.valueOf(commit), commit == 1));
				report.add(new Finding("store-round-trips",
						"10 MB insert in one transaction on %s: at most 3 round".formatted(name) + " trips",
						String.valueOf(insert), insert <= MOST_FOR_10_MB));
			}
		}
	}

	private static void read(Connection connection, String sql) throws Exception {
		try (PreparedStatement select = connection.prepareStatement(sql); ResultSet found = select.executeQuery()) {
			found.next();
		}
	}

}
