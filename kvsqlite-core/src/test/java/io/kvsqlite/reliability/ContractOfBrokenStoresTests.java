package io.kvsqlite.reliability;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.ForgetfulKvServer.Mistake;
import io.kvsqlite.testing.ForgetfulKvServerTests;
import io.kvsqlite.testing.KvStoreContractTests;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the contract suite, as somebody runs it who writes a store, is red for
 * stores with a bug, and green for the same store without one.
 */
@ExtendWith(QuietLog.class)
@Tag("once")
class ContractOfBrokenStoresTests {

	private static final int MANY = 80;

	@Test
	void suiteWhenStoreIsSoundShouldBeGreen() {
		Result result = run(UnaryOperator.identity());
		assertThat(result.failed).isEmpty();
		assertThat(result.passed).isGreaterThan(MANY);
	}

	@Test
	void suiteWhenBatchesAreSplitShouldBeRed() {
		assertThat(run(BrokenStores::splittingBatches).failed).contains("writeShouldCountCommits()");
	}

	/**
	 * Nothing but the moment between the two halves betrays this one: it must be found,
	 * not met by luck.
	 */
	@Test
	void suiteWhenBatchesAreSplitAndCountedAsOneShouldBeRed() {
		assertThat(run(BrokenStores::splittingBatchesUnnoticed).failed)
			.contains("writeDuringWhichTheActorIsTakenShouldBeAppliedWholeOrNotAtAll()");
	}

	@Test
	void suiteWhenFailedBatchesAreAppliedInPartShouldBeRed() {
		assertThat(run(BrokenStores::applyingAPartOfFailedBatches).failed)
			.contains("writeDuringWhichTheActorIsTakenShouldBeAppliedWholeOrNotAtAll()");
	}

	/**
	 * Only two tests of it: others would write on until they are stopped.
	 */
	@Test
	void suiteWhenEpochIsNotCheckedShouldBeRed() {
		String[] methods = { "openWhenThisOwnerHasASessionShouldFenceThatSession",
				"threadsThatOpenOneActorAtOnceShouldGetDifferentEpochs" };
		assertThat(run(BrokenStores::skippingTheEpochCheck, methods).failed)
			.containsExactlyInAnyOrder(methods[0] + "()", methods[1] + "()");
	}

	@Test
	void suiteWhenWritesAreAcknowledgedTooEarlyShouldBeRed() {
		assertThat(run(BrokenStores::acknowledgingBeforeApplying).failed).contains("writeShouldCountCommits()",
				"writeShouldOutliveTheStoreObject()");
	}

	@Test
	void suiteWhenRangeDeletesLeaveAKeyShouldBeRed() {
		assertThat(run(BrokenStores::keepingTheLastKeyOfARange).failed)
			.contains("writeShouldDeleteARangeFromItsFirstKeyToBeforeItsEnd()");
	}

	@Test
	void suiteWhenARangeDeleteTakesAKeyTooManyShouldBeRed() {
		String method = "writeShouldDeleteTheChunksOfAFileFromOneOn";
		assertThat(run(BrokenStores::deletingTheKeyBeforeARange, method).failed).containsExactly(method + "()");
	}

	@Test
	void suiteWhenACacheAnswersAfterAFatalErrorShouldBeRed() {
		assertThat(run(BrokenStores::servingACacheAfterAFatalError).failed)
			.contains("openWhenThisOwnerHasASessionShouldFenceThatSession()");
	}

	@Test
	void suiteWhenDeletesAreForgottenShouldBeRed() {
		assertThat(run(BrokenStores::forgettingDeletes).failed).contains("writeShouldMakeDeletedKeysAbsent()");
	}

	@Test
	void suiteWhenOwnersDeleteWithoutTheEpochCheckShouldBeRed() {
		assertThat(run(BrokenStores::deletingWithoutTheEpochCheck).failed).contains(
				"deleteByAnEarlierSessionShouldDeleteNothing()",
				"deleteByTheOwnerOfAnActorThatIsGoneShouldDeleteNothing()");
	}

	/**
	 * Over a server that goes back in time. What each mistake is called red by, at least.
	 */
	@ParameterizedTest
	@CsvSource({ "BARE_COMMIT_NUMBERS, lastCommitOfAnotherOwnerUnderTheSameNumbersShouldNotBeOurs",
			"FENCE_FROM_THE_EPOCH, lastCommitOfAnotherOwnerUnderTheSameNumbersShouldNotBeOurs",
			"NO_FENCE_AND_NO_NAME, numbersThatComeAgainShouldNotMixActorsUp",
			"READ_WITHOUT_FENCE, sessionWhoseOpenWasForgottenShouldServeNothing",
			"LAST_COMMIT_NOT_COMPARED, sessionWhoseCommitsWereForgottenShouldSaySo",
			"DELETE_WITHOUT_FENCE, sessionWhoseOpenWasForgottenShouldServeNothing",
			"RELEASE_WITHOUT_FENCE, closeOfAStoreWhoseOpensWereForgottenShouldReleaseNothing",
			"DEFINITE_AFTER_AN_APPLIED_ATTEMPT, writeThatWasAppliedAndForgottenAndRefusedWhenRepeatedShouldBeIndeterminate" })
	void suiteWhenIdentityIsMistakenShouldBeRed(Mistake mistake, String test) {
		ForgetfulSuite.mistakes = new Mistake[] { mistake };
		Result result = run(ForgetfulSuite.class);
		assertThat(result.failedTests).contains(test);
	}

	private static Result run(UnaryOperator<KvStore> bug, String... methods) {
		Suite.bug = bug;
		return run(Suite.class, methods);
	}

	private static Result run(Class<?> suite, String... methods) {
		Result result = new Result();
		List<DiscoverySelector> selectors = new ArrayList<>();
		for (String method : methods) {
			selectors.add(DiscoverySelectors.selectMethod(suite, method));
		}
		if (selectors.isEmpty()) {
			selectors.add(DiscoverySelectors.selectClass(suite));
		}
		LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
			.selectors(selectors)
			.configurationParameter("junit.jupiter.execution.timeout.test.method.default", "60 s")
			.build();
		LauncherFactory.create().execute(request, result);
		return result;
	}

	/**
	 * The suite, for a store in memory with a bug. Not a test of its own.
	 */
	static final class Suite extends KvStoreContractTests {

		private static UnaryOperator<KvStore> bug = UnaryOperator.identity();

		private final MemoryKvStore data = new MemoryKvStore();

		@Override
		protected KvStore openStore() {
			return bug.apply(this.data.sibling("broken"));
		}

	}

	/**
	 * The suite, for a server with a mistake that goes back in time. Not a test of its
	 * own.
	 */
	static final class ForgetfulSuite extends ForgetfulKvServerTests {

		private static Mistake[] mistakes = {};

		@Override
		protected Mistake[] mistakes() {
			return mistakes;
		}

	}

	/**
	 * Which tests passed and which did not.
	 */
	private static final class Result implements TestExecutionListener {

		private final List<String> failed = new ArrayList<>();

		private final Set<String> failedTests = new TreeSet<>();

		private int passed;

		@Override
		public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
			if (!identifier.isTest()) {
				return;
			}
			if (result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
				this.passed++;
			}
			else {
				this.failed.add(identifier.getDisplayName());
				identifier.getSource()
					.filter(MethodSource.class::isInstance)
					.map((source) -> ((MethodSource) source).getMethodName())
					.ifPresent(this.failedTests::add);
			}
		}

	}

}
