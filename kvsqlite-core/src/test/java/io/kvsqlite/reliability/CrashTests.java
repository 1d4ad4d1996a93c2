package io.kvsqlite.reliability;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that crash each workload between any two of its writes, and that make the opening
 * after a crash go wrong. The normal build tries some of the moments, the long run all.
 */
@ExtendWith(QuietLog.class)
class CrashTests {

	private static final int MOMENTS = 8;

	private static final Figures crashes = new Figures("crash points");

	private static final Figures recoveries = new Figures("fault points while recovering from a crash");

	static Stream<Arguments> some() {
		List<Setting> settings = Setting.all();
		List<Workload> workloads = Workloads.all(Workloads.SMALL_BLOB);
		return Stream.iterate(0, (i) -> i < workloads.size(), (i) -> i + 1)
			.flatMap((i) -> Stream.of(Arguments.of(workloads.get(i), settings.get(i % settings.size())),
					Arguments.of(workloads.get(i), Setting.THREE_KEYS)));
	}

	static Stream<Arguments> everything() {
		return FaultTests.everything();
	}

	@ParameterizedTest(name = "{0}, {1}")
	@MethodSource("some")
	void crashShouldLoseNothing(Workload workload, Setting setting) throws Exception {
		CrashRun run = CrashRun.record(workload, setting, UnaryOperator.identity());
		int count = run.writes().size();
		for (int i = 0; i < MOMENTS; i++) {
			crash(run, workload, setting, count - i * count / MOMENTS);
		}
	}

	@Tag("long")
	@ParameterizedTest(name = "{0}, {1}")
	@MethodSource("everything")
	void crashAfterEachWriteShouldLoseNothing(Workload workload, Setting setting) throws Exception {
		CrashRun run = CrashRun.record(workload, setting, UnaryOperator.identity());
		Figures here = new Figures("crash points, %s, %s".formatted(workload, setting));
		for (int length = 0; length <= run.writes().size(); length++) {
			crash(run, workload, setting, length);
			here.add();
		}
		here.print();
	}

	@Test
	void faultWhileRecoveringShouldLoseNothing() throws Exception {
		recover(Workloads.savepoints(), Setting.EIGHT_KEYS, 1000);
		recover(Workloads.smallPages(), Setting.THREE_KEYS, 1000);
	}

	@Tag("long")
	@Test
	void faultAtEachOperationOfEachRecoveryShouldLoseNothing() throws Exception {
		for (Setting setting : List.of(Setting.THREE_KEYS, Setting.SPILLING, Setting.EIGHT_KEYS)) {
			for (Workload workload : List.of(Workloads.spill(), Workloads.smallPages(), Workloads.largePages(),
					Workloads.autoVacuum(), Workloads.savepoints())) {
				recover(workload, setting, 1);
			}
		}
	}

	/**
	 * Let everything go wrong in the openings after crashes that left a journal.
	 */
	private static void recover(Workload workload, Setting setting, int stride) throws Exception {
		CrashRun run = CrashRun.record(workload, setting, UnaryOperator.identity());
		int journals = 0;
		for (int length = 0; length <= run.writes().size(); length++) {
			if (!run.leavesJournal(length) || journals++ % stride != 0) {
				continue;
			}
			int steps = crash(run, workload, setting, length);
			for (FaultKind kind : FaultRun.kinds()) {
				for (boolean persistent : List.of(false, true)) {
					for (int nth = 1;; nth++) {
						Fault fault = persistent ? Fault.at(kind, nth).fromThenOn() : Fault.at(kind, nth);
						try {
							int fired = new FaultRun(workload, setting, fault, UnaryOperator.identity())
								.startingFrom(run.prefix(length), steps)
								.until(steps + 1)
								.run();
							if (fired == 0) {
								break;
							}
							recoveries.add();
						}
						catch (Throwable ex) {
							throw new AssertionError("%s | %s | crash after write %d, then %s: %s".formatted(workload,
									setting, length, fault, ex), ex);
						}
					}
				}
			}
		}
		assertThat(journals).as("crashes that left a journal").isPositive();
	}

	private static int crash(CrashRun run, Workload workload, Setting setting, int length) {
		try {
			int steps = run.crashAfter(length);
			crashes.add();
			return steps;
		}
		catch (Throwable ex) {
			throw new AssertionError("%s | %s | crash after write %d: %s".formatted(workload, setting, length, ex), ex);
		}
	}

	@AfterAll
	static void print() {
		crashes.print();
		recoveries.print();
	}

}
