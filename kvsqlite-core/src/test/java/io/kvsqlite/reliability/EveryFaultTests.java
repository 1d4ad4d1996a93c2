package io.kvsqlite.reliability;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;
import io.kvsqlite.testing.StoreOperation;
import io.kvsqlite.testing.StoreOperation.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the faults for which {@link EveryFault} lets one run stand do the same.
 */
@ExtendWith(QuietLog.class)
class EveryFaultTests {

	private static final Map<FaultKind, FaultKind> TWINS = Map.of(FaultKind.ERROR_BEFORE, FaultKind.ERROR_AFTER,
			FaultKind.RUNTIME_EXCEPTION, FaultKind.RUNTIME_EXCEPTION_AFTER, FaultKind.ERROR_THROWN,
			FaultKind.ERROR_THROWN_AFTER);

	private final Workload workload = Workloads.rollbackAfterSpill();

	private final KnownStates known = new KnownStates();

	@Test
	void faultFromTheLastOperationOnShouldDoWhatTheFaultThereDoes() throws Exception {
		int compared = 0;
		for (FaultKind kind : List.of(FaultKind.ERROR_BEFORE, FaultKind.STORE_FULL, FaultKind.OWNERSHIP_LOST)) {
			FaultRun once = run(Fault.at(kind, 1));
			for (int nth = 1; once.fired() > 0; once = run(Fault.at(kind, ++nth))) {
				if (once.hitTheLast()) {
					assertThat(run(Fault.at(kind, nth).fromThenOn()).log()).isEqualTo(once.log());
					compared++;
				}
			}
		}
		assertThat(compared).isPositive();
	}

	@Test
	void readThatFailsAfterwardsShouldDoWhatAReadThatFailsBeforeDoes() throws Exception {
		int compared = 0;
		for (FaultKind kind : TWINS.keySet()) {
			FaultRun before = run(Fault.at(kind, 1));
			for (int nth = 1; before.fired() > 0; before = run(Fault.at(kind, ++nth))) {
				if (before.hit() == Kind.READ) {
					assertThat(withoutFaults(run(Fault.at(TWINS.get(kind), nth)))).isEqualTo(withoutFaults(before));
					compared++;
				}
			}
		}
		assertThat(compared).isPositive();
	}

	@Test
	void slowOperationsShouldDoWhatFastOnesDo() throws Exception {
		FaultRun slow = run(Fault.at(FaultKind.SLOW, 1).fromThenOn());
		assertThat(slow.fired()).isPositive();
		assertThat(withoutFaults(slow)).isEqualTo(withoutFaults(run(null)));
	}

	private FaultRun run(Fault fault) throws Exception {
		FaultRun run = new FaultRun(this.workload, Setting.LARGE, fault, UnaryOperator.identity(), this.known);
		run.run();
		return run;
	}

	private static List<List<Object>> withoutFaults(FaultRun run) {
		return run.log().stream().map(EveryFaultTests::withoutFault).toList();
	}

	private static List<Object> withoutFault(StoreOperation operation) {
		return List.of(operation.number(), operation.kind(), operation.keys(), operation.checksum());
	}

}
