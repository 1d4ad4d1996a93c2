package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/**
 * Shows where the time and the garbage of one side of a workload go, with JDK Flight
 * Recorder: {@code benchmarks/run profile durable-insert "kvsqlite, RocksDB"}. Samples of
 * threads in Java and in native code, so waiting for the disk counts as much as
 * computing.
 */
public final class Profile {

	private static final int SECONDS = 15;

	private static final int MOST = 25;

	private Profile() {
	}

	/**
	 * Run.
	 * @param arguments the workload's short name and the side's label
	 */
	public static void main(String[] arguments) throws Exception {
		if (arguments.length != 2) {
			System.err.println("usage: benchmarks/run profile EXPERIMENT SIDE");
			System.exit(2);
		}
		Workload workload = Comparison.experiments(Scale.QUICK)
			.stream()
			.filter((experiment) -> experiment.id().equals(arguments[0]) && experiment instanceof Workload)
			.map(Workload.class::cast)
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("There is no workload '%s'".formatted(arguments[0])));
		Path data = Path.of(System.getProperty("kvsqlite.benchmarks.data", "target/benchmark-data"));
		Servers servers = new Servers(arguments[1].contains("Redis") || arguments[1].contains("PostgreSQL"));
		try (Bench bench = new Bench(Scale.QUICK, data, servers)) {
			run(workload, arguments[1], bench);
		}
		System.exit(0);
	}

	private static void run(Workload workload, String side, Bench bench) throws Exception {
		List<Contender> contenders = new ArrayList<>();
		try {
			workload.setup().open(bench, contenders);
			Contender contender = contenders.stream()
				.filter((candidate) -> candidate.label().equals(side))
				.findFirst()
				.orElseThrow(() -> new IllegalArgumentException("There is no side '%s', but %s".formatted(side,
						contenders.stream().map(Contender::label).toList())));
			contender.warmUp(bench.scale().warmUpMillis());
			show(record(contender, bench.directory().resolve("profile.jfr")));
		}
		finally {
			for (Contender contender : contenders) {
				contender.close();
			}
		}
	}

	private static Path record(Contender contender, Path file) throws Exception {
		try (Recording recording = new Recording()) {
			recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
			recording.enable("jdk.NativeMethodSample").withPeriod(Duration.ofMillis(10));
			recording.enable("jdk.ObjectAllocationSample").with("throttle", "1000/s");
			recording.start();
			long end = System.nanoTime() + SECONDS * 1_000_000_000L;
			while (System.nanoTime() < end) {
				contender.sample(1_000);
			}
			recording.stop();
			recording.dump(file);
		}
		return file;
	}

	private static void show(Path file) throws IOException {
		Map<String, Long> self = new HashMap<>();
		Map<String, Long> total = new HashMap<>();
		Map<String, Long> allocated = new HashMap<>();
		for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
			RecordedStackTrace trace = event.getStackTrace();
			if (trace == null || trace.getFrames().isEmpty()) {
				continue;
			}
			List<String> frames = trace.getFrames().stream().map(Profile::name).toList();
			if (event.getEventType().getName().equals("jdk.ObjectAllocationSample")) {
				String type = event.getClass("objectClass").getName();
				String own = frames.stream().filter((frame) -> frame.startsWith("io.kvsqlite")).findFirst().orElse("-");
				allocated.merge(type + " by " + frames.get(0) + " under " + own, event.getLong("weight"), Long::sum);
			}
			else if (frames.stream().anyMatch((frame) -> frame.contains("Contender") || frame.contains("$Threads"))) {
				self.merge(frames.get(0), 1L, Long::sum);
				frames.stream().distinct().forEach((frame) -> total.merge(frame, 1L, Long::sum));
			}
		}
		print("Time, by the method on top", self);
		print("Time, by every method on the stack", total);
		print("Garbage", allocated);
		Files.delete(file);
	}

	private static String name(RecordedFrame frame) {
		return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
	}

	private static void print(String title, Map<String, Long> counts) {
		long sum = counts.values().stream().mapToLong(Long::longValue).sum();
		if (title.contains("every")) {
			sum = counts.values().stream().mapToLong(Long::longValue).max().orElse(1);
		}
		System.out.println();
		System.out.println(title);
		for (Map.Entry<String, Long> entry : counts.entrySet()
			.stream()
			.sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
			.limit(MOST)
			.toList()) {
			System.out.printf("  %5.1f%%  %s%n", 100.0 * entry.getValue() / Math.max(1, sum), entry.getKey());
		}
	}

}
