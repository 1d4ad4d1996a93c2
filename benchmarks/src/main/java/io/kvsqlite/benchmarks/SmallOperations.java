package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Single statements on one actor whose pages are warm.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields
public class SmallOperations {

	private static final int ROWS = 1_000;

	/**
	 * What is measured.
	 */
	@Param({ "KVSQLITE_MEMORY", "KVSQLITE_ROCKSDB", "FILE_FASTEST", "FILE_WAL_FULL", "FILE_ROLLBACK_FULL",
			"SQLITE_MEMORY" })
	public Side side;

	private Bench bench;

	private Side.OpenSide opened;

	private Connection connection;

	private PreparedStatement select;

	private PreparedStatement insert;

	private PreparedStatement update;

	private int next;

	/**
	 * Make a table of {@value #ROWS} rows.
	 */
	@Setup
	public void open() throws IOException, SQLException {
		this.bench = new Bench(Scale.QUICK, Path.of(System.getProperty("java.io.tmpdir")));
		this.opened = this.side.open(this.bench);
		this.connection = this.opened.connection("actor");
		try (Statement statement = this.connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
			statement.executeUpdate("CREATE TABLE log (id INTEGER PRIMARY KEY, v TEXT)");
			statement.executeUpdate("INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
					+ " WHERE i < " + ROWS + ") SELECT 'value ' || i FROM n");
		}
		this.select = this.connection.prepareStatement("SELECT v FROM t WHERE id = ?");
		this.insert = this.connection.prepareStatement("INSERT INTO log (v) VALUES (?)");
		this.update = this.connection.prepareStatement("UPDATE t SET v = ? WHERE id = 1");
	}

	/**
	 * Close and delete everything.
	 */
	@TearDown
	public void close() throws IOException, SQLException {
		this.connection.close();
		this.opened.close();
		this.bench.close();
	}

	/**
	 * Read one row by its key.
	 * @return the row
	 */
	@Benchmark
	public String pointRead() throws SQLException {
		this.select.setInt(1, 1 + this.next++ % ROWS);
		try (ResultSet rows = this.select.executeQuery()) {
			rows.next();
			return rows.getString(1);
		}
	}

	/**
	 * Insert one row, a transaction of its own.
	 * @return the number of rows
	 */
	@Benchmark
	public int autocommitInsert() throws SQLException {
		this.insert.setString(1, "value");
		return this.insert.executeUpdate();
	}

	/**
	 * Update the same row again, a transaction of its own.
	 * @return the number of rows
	 */
	@Benchmark
	public int hotRowUpdate() throws SQLException {
		this.update.setString(1, "value " + this.next++);
		return this.update.executeUpdate();
	}

}
