package io.kvsqlite.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.benchmarks.Report.Finding;
import io.kvsqlite.benchmarks.Report.Table;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;

/**
 * What an actor takes that is open and idle, found out in a process of its own: the
 * growth of the process as the operating system sees it, between two numbers of actors
 * that are all open on RocksDB and have had one query.
 */
final class IdleActors implements Experiment {

	private static final int WARM_UP = 500;

	private static final int MOST_KILOBYTES = 150;

	private static final long FOUR_GIGABYTES = 4L * 1024 * 1024;

	@Override
	public String id() {
		return "idle-actors";
	}

	@Override
	public void run(Bench bench, Report report) throws Exception {
		int actors = bench.scale().idleActors();
		Process process = new ProcessBuilder(command(bench.newDirectory(), actors))
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		String line;
		try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
			line = output.readLine();
		}
		if (process.waitFor() != 0 || line == null) {
			throw new IllegalStateException("The process with idle actors ended with " + process.exitValue());
		}
		String[] figures = line.split(" ");
		double kilobytes = Double.parseDouble(figures[0]);
		double heap = Double.parseDouble(figures[1]);
		long threads = Long.parseLong(figures[2]);
		long files = Long.parseLong(figures[3]);
		long peak = Long.parseLong(figures[4]);
		report.add(new Table(id(), "Idle open actors",
				"%,d actors with a table of 100 rows, opened on RocksDB, queried once and left alone, in a process of"
					.formatted(actors)
						+ " their own with a Java heap of at most 1 GB. Memory is the growth of the process's resident"
						+ " set.",
				List.of("for each idle actor", "figure"),
				List.of(List.of("memory in all", "%.0f KB".formatted(kilobytes)),
						List.of("of that, Java heap", "%.0f KB".formatted(heap)),
						List.of("threads, in all", String.valueOf(threads)),
						List.of("file descriptors, in all", String.valueOf(files)),
						List.of("whole process", "%,d MB".formatted(peak / 1024)))));
		report.add(new Finding(id(), "idle open actor: at most 150 KB in all", "%.0f KB".formatted(kilobytes),
				kilobytes <= MOST_KILOBYTES));
		report.add(new Finding(id(), "idle open actor: 0 threads, 0 file descriptors",
				"%d threads and %d file descriptors more with %,d actors".formatted(threads, files, actors),
				threads <= 0 && files <= 0));
		if (actors >= 10_000) {
			report.add(new Finding(id(), "10,000 open in a 4 GB process",
					"%,d in %,d MB".formatted(actors, peak / 1024), peak <= FOUR_GIGABYTES));
		}
	}

	private static List<String> command(Path directory, int actors) {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(ManagementFactory.getRuntimeMXBean()
			.getInputArguments()
			.stream()
			.filter((argument) -> argument.startsWith("--"))
			.toList());
		command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
				IdleActors.class.getName(), directory.toString(), String.valueOf(actors)));
		return command;
	}

	/**
	 * The process.
	 * @param arguments the directory and the number of actors
	 */
	public static void main(String[] arguments) throws IOException, SQLException {
		int actors = Integer.parseInt(arguments[1]);
		try (RocksDbKvStore store = new RocksDbKvStore(RocksDbOptions.of(Path.of(arguments[0])).withSync(false))) {
			try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
				for (int i = 0; i < actors + WARM_UP; i++) {
					create(factory, i);
				}
			}
			try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store)
				.maxOpenActors(actors + WARM_UP)
				.build()) {
				for (int i = 0; i < WARM_UP; i++) {
					query(factory, i);
				}
				State before = State.now();
				for (int i = WARM_UP; i < actors + WARM_UP; i++) {
					query(factory, i);
				}
				State after = State.now();
				System.out.printf("%f %f %d %d %d%n", (after.resident - before.resident) / (double) actors,
						(after.heap - before.heap) / 1024.0 / actors, after.threads - before.threads,
						after.files - before.files, after.resident);
			}
		}
	}

	private static void create(ActorDataSourceFactory factory, int actor) throws SQLException {
		try (Connection connection = factory.dataSource("actor" + actor).getConnection()) {
			connection.setAutoCommit(false);
			Work.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", Work.fill("t", 100, 100));
			connection.commit();
		}
	}

	private static void query(ActorDataSourceFactory factory, int actor) throws SQLException {
		try (Connection connection = factory.dataSource("actor" + actor).getConnection();
				Statement statement = connection.createStatement();
				ResultSet found = statement.executeQuery("SELECT count(*) FROM t")) {
			if (!found.next() || found.getInt(1) != 100) {
				throw new IllegalStateException("Actor %d lost its rows".formatted(actor));
			}
		}
	}

	/**
	 * What the process takes.
	 *
	 * @param resident kilobytes of the resident set
	 * @param heap bytes of live Java objects
	 * @param threads threads of the process
	 * @param files its open file descriptors
	 */
	private record State(long resident, long heap, long threads, long files) {

		static State now() throws IOException {
			System.gc();
			Runtime runtime = Runtime.getRuntime();
			long heap = runtime.totalMemory() - runtime.freeMemory();
			try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"));
					Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
				return new State(residentKilobytes(), heap, threads.count(), files.count());
			}
		}

		static long residentKilobytes() throws IOException {
			try (BufferedReader status = new BufferedReader(new InputStreamReader(
					Files.newInputStream(Path.of("/proc/self/status")), StandardCharsets.UTF_8))) {
				return status.lines()
					.filter((line) -> line.startsWith("VmRSS:"))
					.mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")))
					.findFirst()
					.orElseThrow();
			}
		}

	}

}
