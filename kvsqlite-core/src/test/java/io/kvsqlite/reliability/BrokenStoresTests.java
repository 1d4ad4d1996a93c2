package io.kvsqlite.reliability;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;
import io.kvsqlite.testing.StoreOperation.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the other tests of this package notice stores with a bug, and nothing else.
 */
@ExtendWith(QuietLog.class)
class BrokenStoresTests {

	@Test
	void runsWhenStoreIsSoundShouldBeGreen() {
		assertThat(problems(UnaryOperator.identity())).isEmpty();
	}

	@Test
	void runsWhenEpochIsNotCheckedShouldBeRed() {
		assertThat(problems(BrokenStores::skippingTheEpochCheck)).anyMatch((problem) -> problem.contains("epoch"));
	}

	@Test
	void runsWhenWritesAreAcknowledgedTooEarlyShouldBeRed() {
		assertThat(problems(BrokenStores::acknowledgingBeforeApplying))
			.anyMatch((problem) -> problem.contains("the content after"));
	}

	@Test
	void runsWhenRangeDeletesLeaveAKeyShouldBeRed() {
		assertThat(problems(BrokenStores::keepingTheLastKeyOfARange))
			.anyMatch((problem) -> problem.contains("the keys of an actor"));
	}

	@Test
	void runsWhenACutDropsTheLastChunkThatStaysShouldBeRed() {
		assertThat(problems(BrokenStores::deletingTheKeyBeforeARange)).anyMatch((problem) -> problem.contains("chunk"));
	}

	@Test
	void runsWhenBatchesAreSplitShouldBeRed() {
		assertThat(problems(BrokenStores::splittingBatches)).anyMatch((problem) -> problem.startsWith("crash"));
	}

	@Test
	void runsWhenACacheAnswersAfterAFatalErrorShouldBeRed() {
		assertThat(problems(BrokenStores::servingACacheAfterAFatalError))
			.anyMatch((problem) -> problem.contains("after the ownership was lost"));
	}

	@Test
	void runsWhenDeletesAreForgottenShouldBeRed() {
		assertThat(problems(BrokenStores::forgettingDeletes)).isNotEmpty();
	}

	@Test
	void runsWhenFailedBatchesAreAppliedInPartShouldBeRed() {
		Workload workload = Workloads.savepoints();
		KnownStates known = new KnownStates();
		assertThat(List.of(1, 2, 3, 4, 5, 6, 7, 8)).anyMatch((nth) -> problem(workload, Setting.LARGE,
				Fault.at(FaultKind.PARTIAL_BATCH, nth).fromThenOn(), UnaryOperator.identity(), known) != null);
	}

	/**
	 * That they are green over a sound store is what {@link CrashTests} sees. Split
	 * batches are for the crash points to find.
	 */
	@Test
	void recoveriesWhenStoreHasABugShouldBeRed() {
		assertThat(recovery(BrokenStores::skippingTheEpochCheck)).contains("epoch");
		assertThat(recovery(BrokenStores::acknowledgingBeforeApplying)).isNotNull();
		assertThat(recovery(BrokenStores::keepingTheLastKeyOfARange)).isNotNull();
		assertThat(recovery(BrokenStores::deletingTheKeyBeforeARange)).isNotNull();
		assertThat(recovery(BrokenStores::servingACacheAfterAFatalError)).isNotNull();
		assertThat(recovery(BrokenStores::forgettingDeletes)).isNotNull();
	}

	/**
	 * Return what is found wrong with a store by the faults in the first recovery.
	 */
	private static @Nullable String recovery(UnaryOperator<KvStore> bug) {
		try {
			Recoveries recoveries = new Recoveries(Workloads.savepoints(), Setting.EIGHT_KEYS, bug,
					new Figures("fault points while recovering"), new WrongReplyFigures());
			int length = 0;
			while (!recoveries.tryAfter(length)) {
				length++;
			}
			return null;
		}
		catch (Throwable ex) {
			return "recovery: " + ex;
		}
	}

	/**
	 * Return what a few runs find wrong with a store.
	 */
	private static List<String> problems(UnaryOperator<KvStore> bug) {
		List<String> problems = new ArrayList<>();
		Workload workload = Workloads.incrementalVacuum();
		for (Setting setting : List.of(Setting.REFERENCE, Setting.THREE_KEYS)) {
			KnownStates known = new KnownStates();
			for (FaultKind kind : List.of(FaultKind.ARRIVES_AFTER_OPEN, FaultKind.DUPLICATE, FaultKind.ERROR_BEFORE)) {
				for (int nth : List.of(2, 5, 8)) {
					add(problems, problem(workload, setting, Fault.at(kind, Kind.WRITE, nth), bug, known));
				}
			}
			for (int nth = 1; nth <= 8; nth++) {
				add(problems,
						problem(workload, setting, Fault.at(FaultKind.OWNERSHIP_LOST, Kind.READ, nth), bug, known));
			}
			add(problems, crashes(workload, setting, bug));
		}
		return problems;
	}

	private static void add(List<String> problems, @Nullable String problem) {
		if (problem != null) {
			problems.add(problem);
		}
	}

	private static @Nullable String problem(Workload workload, Setting setting, Fault fault, UnaryOperator<KvStore> bug,
			KnownStates known) {
		try {
			new FaultRun(workload, setting, fault, bug, known).run();
			return null;
		}
		catch (Throwable ex) {
			return "fault: " + ex;
		}
	}

	private static @Nullable String crashes(Workload workload, Setting setting, UnaryOperator<KvStore> bug) {
		try {
			CrashRun run = CrashRun.record(workload, setting, bug);
			for (int length = 0; length <= run.writes().size(); length++) {
				run.crashAfter(length);
			}
			return null;
		}
		catch (Throwable ex) {
			return "crash: " + ex;
		}
	}

}
