package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import io.kvsqlite.benchmarks.BarChart.Bar;
import io.kvsqlite.benchmarks.Report.Finding;
import io.kvsqlite.benchmarks.Report.Row;
import io.kvsqlite.benchmarks.Report.Section;
import io.kvsqlite.benchmarks.Report.Table;
import io.kvsqlite.benchmarks.Report.Timing;
import io.kvsqlite.benchmarks.Workload.Unit;

/**
 * Writes a report as a page with tables and plots, and as JSON. What the page says
 * between marks in the existing file is kept: that is the place for what a program cannot
 * know, such as why a target was missed.
 */
final class Publication {

	private static final String NOTES_BEGIN = "<!-- notes: written by hand, kept by benchmarks/run -->";

	private static final String NOTES_END = "<!-- end of notes -->";

	private final Report report;

	private final Map<String, String> settings;

	private final Subject subject;

	Publication(Report report, Map<String, String> settings, Subject subject) {
		this.report = report;
		this.settings = settings;
		this.subject = subject;
	}

	/**
	 * Write the page, the figures as JSON and a plot for each workload.
	 * @param directory where to
	 */
	void write(Path directory) throws IOException {
		Path plots = Files.createDirectories(directory.resolve("benchmarks"));
		for (Section section : this.report.sections()) {
			if (section instanceof Timing timing) {
				Files.writeString(plots.resolve(timing.id() + ".svg"), plot(timing));
			}
		}
		Files.writeString(plots.resolve(this.subject.json), json());
		Path page = directory.resolve(this.subject.page);
		String notes = notes(page);
		Files.writeString(page, page(notes));
	}

	private static String notes(Path page) throws IOException {
		if (Files.exists(page)) {
			String text = Files.readString(page);
			int begin = text.indexOf(NOTES_BEGIN);
			int end = text.indexOf(NOTES_END);
			if (begin >= 0 && end > begin) {
				return text.substring(begin + NOTES_BEGIN.length(), end).strip();
			}
		}
		return "";
	}

	private static String plot(Timing timing) {
		boolean rate = timing.unit() == Unit.PER_SECOND;
		List<Bar> bars = new ArrayList<>();
		for (Row row : timing.rows()) {
			double median = row.micros().median();
			double low = row.micros().lowerQuartile();
			double high = row.micros().upperQuartile();
			bars.add(new Bar(row.label(), rate ? 1 / median : median, rate ? 1 / high : low, rate ? 1 / low : high,
					timing.show(median), row.label().startsWith("kvsqlite") || row.label().endsWith("stored")));
		}
		return BarChart.draw(timing.title(),
				rate ? "operations a second, longer is better" : "time of one operation, shorter is better", bars);
	}

	private String json() {
		Map<String, Object> root = new LinkedHashMap<>();
		root.put("settings", this.settings);
		root.put("targets", this.report.findings().stream().map(Finding::toMap).toList());
		List<Object> sections = new ArrayList<>();
		for (Section section : this.report.sections()) {
			Map<String, Object> map = new LinkedHashMap<>();
			map.put("id", section.id());
			map.put("title", section.title());
			if (section instanceof Timing timing) {
				List<Object> sides = new ArrayList<>();
				for (Row row : timing.rows()) {
					Map<String, Object> side = new LinkedHashMap<>();
					side.put("side", row.label());
					side.put("micros", row.micros().values());
					side.put("cpuMicros", row.cpuMicros().values());
					side.put("garbageBytes", row.bytes().median());
					sides.add(side);
				}
				map.put("sides", sides);
			}
			else if (section instanceof Table table) {
				map.put("header", table.header());
				map.put("rows", table.rows());
			}
			sections.add(map);
		}
		root.put("experiments", sections);
		return Json.of(root);
	}

	private String page(String notes) {
		StringBuilder page = new StringBuilder(
				"""
						# %s

						%s Written by `benchmarks/run`; the raw figures are in [benchmarks/%s](benchmarks/%s). Repeat it with

						```
						%s
						```

						Machines differ and drift, so what counts is the ratio of two sides in one run. Each round gives every side \
						a turn, in an order that changes from round to round; ratios are taken within each round, and what stands \
						here is the median and, in brackets or beside it, the middle half of the rounds. CPU is the time that the \
						thread had of the processor, which a busy machine stretches less than the time that passed; garbage is what \
						the thread allocated. Durable writes are measured when every log overwrites an older one and no longer \
						grows (RocksDB's from the third on, SQLite's WAL after its first checkpoint): a synchronous write to a \
						log that grows takes about twice as long on either side.
						"""
					.formatted(this.subject.title, this.subject.introduction, this.subject.json, this.subject.json,
							this.subject.command));
		page.append("\n## What it was measured on\n\n| | |\n|---|---|\n");
		this.settings.forEach((name, value) -> page.append("| %s | %s |\n".formatted(name, value)));
		if (!this.report.findings().isEmpty()) {
			page.append("\n## Targets\n\n| target | measured | |\n|---|---|---|\n");
		}
		for (Finding finding : this.report.findings()) {
			page.append("| %s | [%s](#%s) | %s |\n".formatted(finding.target(), finding.measured(),
					anchor(finding.experiment()), finding.met() ? "met" : "**missed**"));
		}
		page.append("\n%s\n\n%s\n\n%s\n".formatted(NOTES_BEGIN, notes, NOTES_END));
		for (Section section : this.report.sections()) {
			page.append("\n## %s\n\n".formatted(section.title()));
			if (section instanceof Timing timing) {
				append(page, timing);
			}
			else if (section instanceof Table table) {
				append(page, table);
			}
		}
		return page.toString();
	}

	/**
	 * Return the anchor that the heading of an experiment has.
	 */
	private String anchor(String experiment) {
		return this.report.sections()
			.stream()
			.filter((section) -> section.id().equals(experiment))
			.map((section) -> section.title().toLowerCase(Locale.ROOT))
			.map((title) -> title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
			.findFirst()
			.orElse("");
	}

	private static void append(StringBuilder page, Timing timing) {
		page.append("%s\n\n![%s](benchmarks/%s.svg)\n\n".formatted(timing.description(), timing.title(), timing.id()));
		page.append("| side | %s | middle half | CPU | garbage |\n|---|--:|--:|--:|--:|\n"
			.formatted((timing.unit() == Unit.PER_SECOND) ? "rate" : "time"));
		for (Row row : timing.rows()) {
			page.append("| %s | %s | %s | %s | %s |\n".formatted(row.label(), timing.show(row.micros().median()),
					timing.spread(row.micros()), Timing.time(row.cpuMicros().median()),
					Timing.bytes(row.bytes().median())));
		}
	}

	private static void append(StringBuilder page, Table table) {
		page.append(table.description()).append("\n\n");
		page.append("| ").append(String.join(" | ", table.header())).append(" |\n");
		page.append(table.header().stream().map((column) -> "|---").collect(Collectors.joining())).append("|\n");
		for (List<String> row : table.rows()) {
			page.append("| ").append(String.join(" | ", row)).append(" |\n");
		}
	}

	/**
	 * What a page is about.
	 */
	enum Subject {

		/**
		 * The comparison.
		 */
		COMPARISON("benchmarks.md", "results.json", "Benchmarks", "kvsqlite beside what could be used in its place.",
				"benchmarks/run quick      # under 5 minutes\nbenchmarks/run full       # under 40 minutes"),

		/**
		 * The settings.
		 */
		TUNING("tuning.md", "tuning.json", "Tuning", "What each setting does, with figures.",
				"benchmarks/run tuning     # about 5 minutes");

		private final String page;

		private final String json;

		private final String title;

		private final String introduction;

		private final String command;

		Subject(String page, String json, String title, String introduction, String command) {
			this.page = page;
			this.json = json;
			this.title = title;
			this.introduction = introduction;
			this.command = command;
		}

		/**
		 * Return the name of the page's file.
		 */
		String page() {
			return this.page;
		}

	}

}
