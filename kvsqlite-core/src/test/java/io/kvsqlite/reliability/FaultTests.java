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
import io.kvsqlite.testing.FaultKind.Effect;
import io.kvsqlite.testing.StoreOperation;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that make each operation of each workload go wrong in each way. The normal build
 * tries one operation of each workload with each fault, under one of the settings; the
 * long run tries all of them under all settings, and ends where a run has no operation
 * left to hit.
 */
@ExtendWith(QuietLog.class)
class FaultTests {

	private static final Figures figures = new Figures("fault points");

	private static final WrongReplyFigures wrongReplies = new WrongReplyFigures();

	static Stream<Workload> workloads() {
		return Workloads.all(Workloads.SMALL_BLOB).stream();
	}

	/**
	 * Return all workloads under all settings, and at the end the one that takes longest:
	 * the blob of 10 MiB, under the limits that people use.
	 */
	static Stream<Arguments> everything() {
		Stream<Arguments> all = Setting.all()
			.stream()
			.flatMap((setting) -> Workloads.all(Workloads.SMALL_BLOB)
				.stream()
				.map((workload) -> Arguments.of(workload, setting)));
		Workload large = Workloads.blob(Workloads.LARGE_BLOB);
		return Stream.concat(all,
				Stream.of(Arguments.of(large, Setting.LARGE), Arguments.of(large, Setting.REFERENCE)));
	}

	@ParameterizedTest
	@MethodSource("workloads")
	void faultShouldLoseNothing(Workload workload) throws Exception {
		int seed = workload.name().hashCode();
		for (int i = 0; i < Setting.all().size(); i++) {
			Setting setting = Setting.all().get(i);
			KnownStates known = new KnownStates();
			FaultRun clean = new FaultRun(workload, setting, null, UnaryOperator.identity(), known);
			clean.run();
			for (FaultKind kind : FaultRun.kinds()) {
				for (boolean persistent : List.of(false, true)) {
					int chosen = seed + 7 * kind.ordinal() + (persistent ? 3 : 0);
					int count = FaultRun.countOperations(clean.log(), kind);
					if (Math.floorMod(chosen, Setting.all().size()) == i && count > 0) {
						int nth = 1 + Math.floorMod(chosen * 0x9E3779B9, count);
						boolean damage = kind.effect() == Effect.DAMAGED_REPLY || kind.effect() == Effect.WRONG_REPLY;
						int fired = tryFault(workload, setting, kind, damage ? 1 : nth, persistent, known);
						// a workload that never reads has no reply to damage
						assertThat(fired > 0 || damage).as("the fault hit").isTrue();
					}
				}
			}
		}
	}

	@Tag("long")
	@ParameterizedTest(name = "{0}, {1}")
	@MethodSource("everything")
	void faultAtEachOperationShouldLoseNothing(Workload workload, Setting setting) throws Exception {
		Figures here = new Figures("fault points, %s, %s".formatted(workload, setting));
		KnownStates known = new KnownStates();
		EveryFault faults = new EveryFault(
				(fault) -> new FaultRun(workload, setting, fault, UnaryOperator.identity(), known), wrongReplies);
		faults.tryAll((kind) -> Integer.MAX_VALUE);
		here.add(faults.points(), faults.runs());
		here.print();
		figures.add(faults.points(), faults.runs());
	}

	/**
	 * When SQLite reads the schema again it drops the error of reading what ANALYZE left,
	 * but has rolled back by then.
	 */
	@Test
	void readThatFailsUnnoticedShouldNotTakeABeginAway() throws Exception {
		Workload workload = Workloads.ddl();
		KnownStates known = new KnownStates();
		for (FaultKind kind : List.of(FaultKind.ERROR_AFTER, FaultKind.RUNTIME_EXCEPTION_AFTER,
				FaultKind.INTERRUPTED)) {
			for (int nth = 24; nth <= 30; nth++) {
				assertThat(tryFault(workload, Setting.SPILLING, kind, nth, true, known)).isPositive();
			}
		}
	}

	/**
	 * FTS5 keeps its count of rows over the rollback, so the transaction must not be
	 * repeated on the same connection.
	 */
	@Test
	void readThatFailsWhileFullTextIsWrittenShouldNotLeaveAWrongCount() throws Exception {
		Workload workload = Workloads.migrations();
		KnownStates known = new KnownStates();
		for (FaultKind kind : List.of(FaultKind.ERROR_BEFORE, FaultKind.ERROR_AFTER)) {
			for (int nth = 112; nth <= 122; nth++) {
				assertThat(tryFault(workload, Setting.THREE_KEYS, kind, nth, false, known)).isPositive();
			}
		}
	}

	@Test
	void logWhenRunIsRepeatedShouldBeTheSame() throws Exception {
		for (FaultKind kind : List.of(FaultKind.ERROR_AFTER, FaultKind.SHORT, FaultKind.ERROR_BEFORE)) {
			assertThat(log(kind)).isEqualTo(log(kind)).isNotEmpty();
		}
	}

	private static List<StoreOperation> log(FaultKind kind) throws Exception {
		FaultRun run = new FaultRun(Workloads.spill(), Setting.EIGHT_KEYS, Fault.at(kind, 3), UnaryOperator.identity());
		run.run();
		return run.log();
	}

	@AfterAll
	static void print() {
		figures.print();
		wrongReplies.print();
	}

	private static int tryFault(Workload workload, Setting setting, FaultKind kind, int nth, boolean persistent,
			KnownStates known) throws Exception {
		Fault fault = persistent ? Fault.at(kind, nth).fromThenOn() : Fault.at(kind, nth);
		try {
			FaultRun run = new FaultRun(workload, setting, fault, UnaryOperator.identity(), known);
			int fired = run.run();
			if (fired > 0) {
				figures.add();
			}
			wrongReplies.add(run.wrongReply());
			return fired;
		}
		catch (Throwable ex) {
			throw new AssertionError("%s | %s | %s: %s".formatted(workload, setting, fault, ex), ex);
		}
	}

}
