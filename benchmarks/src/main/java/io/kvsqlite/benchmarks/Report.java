package io.kvsqlite.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.kvsqlite.benchmarks.Contender.Sample;
import io.kvsqlite.benchmarks.Workload.Unit;
import org.jspecify.annotations.Nullable;

/**
 * What a run has found, told on the terminal as it comes.
 */
final class Report {

	private final PrintStream terminal;

	private final List<Section> sections = new ArrayList<>();

	private final List<Finding> findings = new ArrayList<>();

	Report(PrintStream terminal) {
		this.terminal = terminal;
	}

	/**
	 * Say how far the run is.
	 */
	void progress(String text) {
		this.terminal.println(text);
		this.terminal.flush();
	}

	/**
	 * Add what a workload has measured.
	 */
	void add(Workload workload, Map<String, List<Sample>> samples) {
		List<Row> rows = new ArrayList<>();
		samples.forEach((label, values) -> rows.add(new Row(label, Series.of(values, Sample::micros),
				Series.of(values, Sample::cpuMicros), Series.of(values, Sample::bytes))));
		Timing timing = new Timing(workload.id(), workload.title(), workload.description(), workload.unit(), rows);
		this.sections.add(timing);
		for (Row row : rows) {
			progress("    %-32s %14s   %-28s  CPU %10s  %10s".formatted(row.label(), timing.show(row.micros().median()),
					timing.spread(row.micros()), Timing.time(row.cpuMicros().median()),
					Timing.bytes(row.bytes().median())));
		}
		for (Target target : workload.targets()) {
			Row row = timing.row(target.side());
			Row other = timing.row(target.other());
			if (row != null && other != null) {
				Series ratio = target.ratio(row.micros(), other.micros());
				Series cpu = target.ratio(row.cpuMicros(), other.cpuMicros());
				String text = "%.2f (%.2f to %.2f)".formatted(ratio.median(), ratio.lowerQuartile(),
						ratio.upperQuartile());
				if (!Double.isNaN(cpu.median())) {
					text += ", of CPU time %.2f".formatted(cpu.median());
				}
				add(new Finding(workload.id(), target.text(), text, target.isMet(ratio.median())));
			}
		}
	}

	/**
	 * Add a table of figures that are not timings.
	 */
	void add(Table table) {
		this.sections.add(table);
		for (List<String> row : table.rows()) {
			progress("    " + String.join(" | ", row));
		}
	}

	/**
	 * Add what became of a target.
	 */
	void add(Finding finding) {
		this.findings.add(finding);
		progress("    %s: %s: %s".formatted(finding.met() ? "met" : "MISSED", finding.target(), finding.measured()));
	}

	List<Section> sections() {
		return this.sections;
	}

	List<Finding> findings() {
		return this.findings;
	}

	/**
	 * A part of the report.
	 */
	sealed interface Section permits Timing, Table {

		/**
		 * Return the short name.
		 */
		String id();

		/**
		 * Return the heading.
		 */
		String title();

	}

	/**
	 * What a workload has measured.
	 *
	 * @param id the short name
	 * @param title the heading
	 * @param description what was done
	 * @param unit how the figures are shown
	 * @param rows the sides
	 */
	record Timing(String id, String title, String description, Unit unit, List<Row> rows) implements Section {

		String show(double micros) {
			if (this.unit == Unit.PER_SECOND) {
				return String.format(Locale.ROOT, "%,.0f/s", 1_000_000 / micros);
			}
			return time(micros);
		}

		static String time(double micros) {
			if (Double.isNaN(micros)) {
				return "";
			}
			if (micros < 10) {
				return String.format(Locale.ROOT, "%.2f us", micros);
			}
			return (micros < 10_000) ? String.format(Locale.ROOT, "%,.1f us", micros)
					: String.format(Locale.ROOT, "%,.1f ms", micros / 1_000);
		}

		static String bytes(double bytes) {
			return Double.isNaN(bytes) ? "" : String.format(Locale.ROOT, "%,.0f B", bytes);
		}

		String spread(Series micros) {
			boolean reversed = this.unit == Unit.PER_SECOND;
			double low = reversed ? micros.upperQuartile() : micros.lowerQuartile();
			double high = reversed ? micros.lowerQuartile() : micros.upperQuartile();
			return show(low) + " to " + show(high);
		}

		@Nullable Row row(String label) {
			return this.rows.stream().filter((row) -> row.label().equals(label)).findFirst().orElse(null);
		}

	}

	/**
	 * What one side took.
	 *
	 * @param label the side
	 * @param micros microseconds for each operation, round by round
	 * @param cpuMicros microseconds of the processor for each operation, round by round
	 * @param bytes garbage in bytes for each operation, round by round
	 */
	record Row(String label, Series micros, Series cpuMicros, Series bytes) {
	}

	/**
	 * Figures in words.
	 *
	 * @param id the short name
	 * @param title the heading
	 * @param description what was counted
	 * @param header the columns
	 * @param rows the cells
	 */
	record Table(String id, String title, String description, List<String> header,
			List<List<String>> rows) implements Section {
	}

	/**
	 * What became of a target.
	 *
	 * @param experiment where it was measured
	 * @param target the target in words
	 * @param measured the figure
	 * @param met whether it was reached
	 */
	record Finding(String experiment, String target, String measured, boolean met) {

		Map<String, Object> toMap() {
			Map<String, Object> map = new LinkedHashMap<>();
			map.put("experiment", this.experiment);
			map.put("target", this.target);
			map.put("measured", this.measured);
			map.put("met", this.met);
			return map;
		}

	}

}
