package io.kvsqlite.benchmarks;

import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.kvsqlite.benchmarks.Publication.Subject;

/**
 * Runs the whole comparison: {@code benchmarks/run quick} or {@code benchmarks/run full}.
 */
public final class Comparison {

	private Comparison() {
	}

	/**
	 * Run.
	 * @param arguments {@code quick}, {@code full}, {@code tuning} or {@code smoke}; then
	 * names of experiments, or beginnings of names, none for all
	 */
	public static void main(String[] arguments) throws Exception {
		if (arguments.length == 0) {
			System.err.println("usage: benchmarks/run quick|full|tuning [experiment...]");
			System.exit(2);
		}
		boolean tuning = arguments[0].equals("tuning");
		Scale scale = tuning ? Scale.QUICK : Scale.valueOf(arguments[0].toUpperCase(Locale.ROOT));
		List<Experiment> experiments = tuning ? TuningWorkloads.all() : experiments(scale);
		Subject subject = tuning ? Subject.TUNING : Subject.COMPARISON;
		List<String> wanted = List.of(arguments).subList(1, arguments.length);
		Report report = new Report(System.out);
		Path data = Path.of(System.getProperty("kvsqlite.benchmarks.data", "target/benchmark-data"));
		Map<String, String> settings = new LinkedHashMap<>();
		settings.put("run", "%s, %d rounds, %s".formatted(arguments[0], scale.rounds(), LocalDate.now(ZoneOffset.UTC)));
		try (Bench bench = new Bench(scale, data)) {
			settings.putAll(Machine.describe(bench.directory()));
			settings.put("load at the beginning", Machine.load());
			run(bench, report, experiments, wanted);
			settings.put("load at the end", Machine.load());
			settings.put("servers", bench.servers().available()
					? "Redis (appendonly, everysec) and PostgreSQL in containers of the same machine" : "none");
		}
		// a part of the comparison does not replace the whole
		Path output = wanted.isEmpty() ? Path.of(System.getProperty("kvsqlite.benchmarks.output", "docs")) : data;
		new Publication(report, settings, subject).write(output);
		report.progress("Written to " + output.resolve(subject.page()));
		System.exit(0);
	}

	static void run(Bench bench, Report report, List<Experiment> all, List<String> wanted) throws Exception {
		List<Experiment> experiments = all.stream()
			.filter((experiment) -> wanted.isEmpty() || wanted.stream().anyMatch(experiment.id()::startsWith))
			.toList();
		long start = System.nanoTime();
		for (int i = 0; i < experiments.size(); i++) {
			Experiment experiment = experiments.get(i);
			report.progress("[%d/%d, %d s] %s".formatted(i + 1, experiments.size(),
					(System.nanoTime() - start) / 1_000_000_000, experiment.id()));
			experiment.run(bench, report);
		}
	}

	static List<Experiment> experiments(Scale scale) {
		List<Experiment> experiments = new ArrayList<>();
		experiments.addAll(ReadWorkloads.all());
		experiments.addAll(WriteWorkloads.all(scale));
		experiments.addAll(OpenWorkloads.all());
		experiments.addAll(ManyActors.all(scale));
		experiments.addAll(FullText.all());
		experiments.addAll(StoredActors.all(scale));
		experiments.add(new IdleActors());
		experiments.addAll(NodeComparison.all());
		experiments.add(new RemoteTrips());
		return experiments;
	}

}
