package io.kvsqlite.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.kvsqlite.benchmarks.Publication.Subject;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the comparison runs, not how fast anything is.
 */
@Tag("once")
class ComparisonTests {

	@TempDir
	Path directory;

	@Test
	void everyExperimentShouldRunAndLeaveNothingBehind() throws Exception {
		Report report = new Report(new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8));
		Path data = this.directory.resolve("data");
		try (Bench bench = new Bench(Scale.SMOKE, data)) {
			List<Experiment> experiments = new ArrayList<>(Comparison.experiments(Scale.SMOKE));
			experiments.addAll(TuningWorkloads.all());
			Comparison.run(bench, report, experiments, List.of());
			assertThat(report.sections()).hasSize(experiments.size());
		}
		try (Stream<Path> left = Files.list(data)) {
			assertThat(left).isEmpty();
		}
		new Publication(report, Map.of("processor", "some"), Subject.COMPARISON).write(this.directory);
		assertThat(Files.readString(this.directory.resolve("benchmarks.md"))).contains("| processor | some |")
			.contains("kvsqlite, RocksDB");
		assertThat(this.directory.resolve("benchmarks/results.json")).content().contains("\"warm-point-read\"");
		assertThat(this.directory.resolve("benchmarks/open.svg")).content().startsWith("<svg").contains("RocksDB");
	}

	@Test
	void writeWhenThePageHasNotesShouldKeepThem() throws IOException {
		Report report = new Report(new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8));
		Publication publication = new Publication(report, Map.of(), Subject.TUNING);
		publication.write(this.directory);
		Path page = this.directory.resolve("tuning.md");
		Files.writeString(page, Files.readString(page).replaceFirst("(?m)^<!-- notes:.*$", "$0\nBound by the disk.\n"));
		publication.write(this.directory);
		assertThat(Files.readString(page)).containsOnlyOnce("Bound by the disk.");
	}

}
