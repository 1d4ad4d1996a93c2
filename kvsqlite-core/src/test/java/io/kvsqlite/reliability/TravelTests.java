package io.kvsqlite.reliability;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import io.kvsqlite.reliability.TravelRun.Company;
import io.kvsqlite.reliability.TravelRun.Journey;
import io.kvsqlite.reliability.TravelRun.Way;
import io.kvsqlite.testing.ForgetfulKvServer.Mistake;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that let the store go back in time at each operation of a workload, by one
 * operation and more, up to all, with and without another owner in between. The normal
 * build tries some of it; the long run tries all workloads under all settings, and ends
 * where a run has no operation left to go back at.
 */
@ExtendWith(QuietLog.class)
class TravelTests {

	private static final Figures figures = new Figures("journeys back in time");

	/**
	 * How far to go back: not at all, where only another owner comes, the last operation,
	 * a few, an opening and more, everything.
	 */
	private static final List<Integer> DISTANCES = List.of(0, 1, 2, 3, 5, 8, 1_000_000);

	private static final int SHORT_STRIDE = 5;

	static Stream<Arguments> some() {
		return Stream.of(Arguments.of(Workloads.autocommits(), Setting.REFERENCE),
				Arguments.of(Workloads.createAndDelete(), Setting.LARGE),
				Arguments.of(Workloads.savepoints(), Setting.EIGHT_KEYS),
				Arguments.of(Workloads.reopening(), Setting.REFERENCE));
	}

	static Stream<Arguments> everything() {
		return Setting.all()
			.stream()
			.flatMap((setting) -> Workloads.all(Workloads.SMALL_BLOB)
				.stream()
				.map((workload) -> Arguments.of(workload, setting)));
	}

	@ParameterizedTest(name = "{0}, {1}")
	@MethodSource("some")
	void journeyBackInTimeShouldMixNothing(Workload workload, Setting setting) {
		assertThat(tryAll(workload, setting, SHORT_STRIDE)).isGreaterThan(100);
	}

	@Tag("long")
	@ParameterizedTest(name = "{0}, {1}")
	@MethodSource("everything")
	void journeyBackInTimeAtEachOperationShouldMixNothing(Workload workload, Setting setting) {
		assertThat(tryAll(workload, setting, 1)).isGreaterThan(100);
	}

	/**
	 * Try every n-th operation with every distance, every way and every company.
	 * @return how many journeys there were
	 */
	private static int tryAll(Workload workload, Setting setting, int stride) {
		int journeys = 0;
		int offset = 0;
		for (Way way : Way.values()) {
			for (Company company : Company.values()) {
				for (int distance : DISTANCES) {
					int at = 1 + offset++ % stride;
					while (travels(workload, setting, new Journey(at, distance, way, company))) {
						journeys++;
						at += stride;
					}
				}
			}
		}
		figures.add(journeys, journeys);
		return journeys;
	}

	private static boolean travels(Workload workload, Setting setting, Journey journey, Mistake... mistakes) {
		TravelRun run = new TravelRun(workload, setting, journey, mistakes);
		try {
			return run.run();
		}
		catch (Throwable ex) {
			throw new AssertionError("%s: %s".formatted(run, ex), ex);
		}
	}

	/**
	 * The mistake in deletions is for the contract suite: the engine never asks for one.
	 */
	@ParameterizedTest
	@EnumSource(names = "DELETE_WITHOUT_FENCE", mode = EnumSource.Mode.EXCLUDE)
	void journeysWhenTheStoreMakesAMistakeShouldBeRed(Mistake mistake) {
		List<String> problems = new ArrayList<>();
		for (Workload workload : List.of(Workloads.autocommits(), Workloads.reopening())) {
			for (Way way : Way.values()) {
				for (Company company : Company.values()) {
					for (int distance : DISTANCES) {
						for (int at = 1; at < 30 && problems.isEmpty(); at++) {
							try {
								if (!travels(workload, Setting.REFERENCE, new Journey(at, distance, way, company),
										mistake)) {
									break;
								}
							}
							catch (AssertionError ex) {
								problems.add(String.valueOf(ex.getMessage()));
							}
						}
					}
				}
			}
		}
		assertThat(problems).as("what is found wrong with %s", mistake).isNotEmpty();
	}

	/**
	 * As it happened on two servers: the open is lost, another owner opens under the same
	 * epoch and makes one commit, and the answer to ours was lost.
	 */
	@Test
	void commitOfAnotherOwnerUnderTheSameNumbersShouldNotBeTakenForOurs() {
		Workload workload = Workloads.autocommits();
		for (int at = 2; at <= 10; at++) {
			for (Company company : Company.values()) {
				assertThat(travels(workload, Setting.REFERENCE, new Journey(at, 1_000_000, Way.REQUEST_LOST, company)))
					.isTrue();
			}
		}
	}

	@AfterAll
	static void print() {
		figures.print();
	}

}
