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

/**
 * Tests that crash each workload between any two of its writes, and that make the opening
 * after a crash go wrong. The normal build tries some of the moments, the long run all.
 */
@ExtendWith(QuietLog.class)
class CrashTests {

	private static final int MOMENTS = 8;

	private static final Figures crashes = new Figures("crash points");

	private static final Figures recoveries = new Figures("fault points while recovering from a crash");

	private static final WrongReplyFigures wrongReplies = new WrongReplyFigures();

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
		tryFirstRecovery(Workloads.savepoints(), Setting.EIGHT_KEYS);
		tryFirstRecovery(Workloads.smallPages(), Setting.THREE_KEYS);
	}

	private static void tryFirstRecovery(Workload workload, Setting setting) throws Exception {
		Recoveries all = new Recoveries(workload, setting, UnaryOperator.identity(), recoveries, wrongReplies);
		int length = 0;
		while (!all.tryAfter(length)) {
			length++;
		}
	}

	@Tag("long")
	@ParameterizedTest(name = "{0}, {1}")
	@MethodSource("everything")
	void faultAtEachOperationOfEachRecoveryShouldLoseNothing(Workload workload, Setting setting) throws Exception {
		Figures here = new Figures("fault points while recovering, %s, %s".formatted(workload, setting));
		Recoveries all = new Recoveries(workload, setting, UnaryOperator.identity(), here, wrongReplies);
		for (int length = 0; length <= all.writes(); length++) {
			all.tryAfter(length);
		}
		recoveries.add(here.count(), here.runs());
		if (all.count() > 0) {
			System.out.printf("reliability: recoveries, %s, %s: %,d%n", workload, setting, all.count());
			here.print();
		}
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
		wrongReplies.print();
	}

}
