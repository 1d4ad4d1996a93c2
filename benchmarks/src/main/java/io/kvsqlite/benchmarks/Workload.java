package io.kvsqlite.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.kvsqlite.benchmarks.Contender.Sample;

/**
 * The same work done by several sides in turn. Each round gives every side a turn, in an
 * order that changes from round to round; a ratio is taken within each round, and its
 * median counts. So what the machine does besides hits both sides alike.
 *
 * @param id a short name
 * @param title what is done, as a heading
 * @param description what exactly, in a sentence or two
 * @param unit how the figures are shown
 * @param setup makes the sides
 * @param targets what is to be reached
 */
record Workload(String id, String title, String description, Unit unit, Setup setup,
		List<Target> targets) implements Experiment {

	Workload(String id, String title, String description, Unit unit, Setup setup, Target... targets) {
		this(id, title, description, unit, setup, List.of(targets));
	}

	@Override
	public void run(Bench bench, Report report) throws Exception {
		List<Contender> contenders = new ArrayList<>();
		try {
			this.setup.open(bench, contenders);
			report.add(this, measure(bench.scale(), contenders));
		}
		finally {
			for (Contender contender : contenders) {
				contender.close();
			}
		}
	}

	private Map<String, List<Sample>> measure(Scale scale, List<Contender> contenders) throws Exception {
		Map<String, List<Sample>> samples = new LinkedHashMap<>();
		long millis = (this.unit == Unit.PER_SECOND) ? scale.throughputMillis() : scale.sliceMillis();
		for (Contender contender : contenders) {
			samples.put(contender.label(), new ArrayList<>());
			contender.warmUp(scale.warmUpMillis());
		}
		List<Contender> order = new ArrayList<>(contenders);
		for (int round = 0; round < scale.rounds(); round++) {
			for (Contender contender : order) {
				samples.computeIfAbsent(contender.label(), (label) -> new ArrayList<>()).add(contender.sample(millis));
			}
			Collections.rotate(order, 1);
		}
		return samples;
	}

	/**
	 * How figures are shown.
	 */
	enum Unit {

		/**
		 * As the time of one operation.
		 */
		TIME,

		/**
		 * As operations a second.
		 */
		PER_SECOND

	}

	/**
	 * Makes the sides of a workload.
	 */
	interface Setup {

		/**
		 * Make the sides. Those that were added are closed, also when this fails.
		 * @param bench the run
		 * @param contenders to add them to
		 */
		void open(Bench bench, List<Contender> contenders) throws Exception;

	}

}
