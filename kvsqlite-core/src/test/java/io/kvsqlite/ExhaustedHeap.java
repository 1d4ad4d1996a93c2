package io.kvsqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.MemoryKvStore;

/**
 * A process that uses its heap up, asks for connections and gives them back with what is
 * left, and sees afterwards whether everything is there.
 */
final class ExhaustedHeap {

	private static final int BLOCKS = 500_000;

	private final ActorDataSourceFactory factory = ActorDataSourceFactory.builder(new MemoryKvStore())
		.maxOpenActors(2)
		.connectionTimeout(Duration.ofSeconds(20))
		.initializer((actorId, connection) -> {
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate("CREATE TABLE IF NOT EXISTS t (x)");
			}
		})
		.build();

	private final byte[][] blocks = new byte[BLOCKS][];

	private int count;

	private ExhaustedHeap() {
	}

	/**
	 * Run.
	 * @param arguments the number of rounds
	 */
	public static void main(String[] arguments) throws SQLException {
		((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.OFF);
		int rounds = Integer.parseInt(arguments[0]);
		ExhaustedHeap heap = new ExhaustedHeap();
		// classes are loaded
		heap.check();
		heap.work();
		int exhausted = 0;
		for (int round = 0; round < rounds; round++) {
			heap.fill();
			heap.free(1 << round * 3 % 14);
			boolean failed = heap.fails();
			heap.free(BLOCKS);
			exhausted += failed ? 1 : 0;
			heap.check();
		}
		System.out.println("nothing was lost: work failed for lack of memory in " + exhausted + " of " + rounds);
		System.exit(0);
	}

	/**
	 * Take all memory, in small pieces at last.
	 */
	private void fill() {
		for (int size : new int[] { 64 * 1024, 1024 - 16, 48 }) {
			try {
				while (true) {
					this.blocks[this.count] = new byte[size];
					this.count++;
				}
			}
			catch (OutOfMemoryError ex) {
				// as intended
			}
		}
	}

	private void free(int blocks) {
		for (int i = 0; i < blocks && this.count > 0; i++) {
			this.count--;
			this.blocks[this.count] = null;
		}
	}

	private boolean fails() {
		try {
			work();
			return false;
		}
		catch (SQLException | OutOfMemoryError | RuntimeException ex) {
			return true;
		}
	}

	private void work() throws SQLException {
		for (String actorId : new String[] { "a", "c", "a" }) {
			try (Connection connection = this.factory.dataSource(actorId).getConnection();
					Statement statement = connection.createStatement()) {
				statement.executeUpdate("INSERT INTO t VALUES (1)");
			}
		}
	}

	/**
	 * Have all connections at once, of actors that were used and of one that was not.
	 */
	private void check() throws SQLException {
		for (String[] actors : new String[][] { { "a", "b" }, { "c", "a" } }) {
			try (Connection first = this.factory.dataSource(actors[0]).getConnection();
					Connection second = this.factory.dataSource(actors[1]).getConnection();
					Statement one = first.createStatement();
					Statement two = second.createStatement()) {
				one.executeUpdate("INSERT INTO t VALUES (2)");
				two.executeUpdate("INSERT INTO t VALUES (2)");
			}
		}
		if (this.factory.activeConnections() != 0 || this.factory.waitingThreads() != 0) {
			throw new IllegalStateException("somebody has a connection");
		}
	}

}
