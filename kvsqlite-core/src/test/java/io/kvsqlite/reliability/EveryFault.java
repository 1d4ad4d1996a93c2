package io.kvsqlite.reliability;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;

import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;
import io.kvsqlite.testing.StoreOperation.Kind;

/**
 * Makes each operation of a run go wrong in each way, once and from then on, until a run
 * ends with no operation left to hit. Where two of these faults cannot make a difference
 * to anybody, one run stands for both:
 *
 * <ul>
 * <li>A fault that hits from then on is the fault that hits once, if no operation follows
 * that could have it.
 * <li>A read that fails with an exception before it was done is the read that fails with
 * the same after it was done: it has changed nothing.
 * <li>A slow operation is a fast one to a run that has one thread and looks at no clock.
 * One run, with every operation slow, stands for all.
 * </ul>
 */
final class EveryFault {

	/**
	 * Faults after an operation, and the same faults before it.
	 */
	private static final Map<FaultKind, FaultKind> TWINS = Map.of(FaultKind.ERROR_AFTER, FaultKind.ERROR_BEFORE,
			FaultKind.RUNTIME_EXCEPTION_AFTER, FaultKind.RUNTIME_EXCEPTION, FaultKind.ERROR_THROWN_AFTER,
			FaultKind.ERROR_THROWN);

	private final Function<Fault, FaultRun> runs;

	private final WrongReplyFigures wrongReplies;

	/**
	 * Which kind of operation each fault before an operation has hit, by the fault's
	 * number.
	 */
	private final Map<FaultKind, List<Kind>> hit = new EnumMap<>(FaultKind.class);

	private long points;

	private long count;

	/**
	 * Create the faults of a run.
	 * @param runs creates a run with a fault
	 * @param wrongReplies counts what becomes of wrong replies
	 */
	EveryFault(Function<Fault, FaultRun> runs, WrongReplyFigures wrongReplies) {
		this.runs = runs;
		this.wrongReplies = wrongReplies;
	}

	/**
	 * Try them all.
	 * @param last for each kind, the last operation to try, of those that can have it
	 */
	void tryAll(ToIntFunction<FaultKind> last) {
		for (FaultKind kind : FaultRun.kinds()) {
			if (kind == FaultKind.SLOW) {
				trySlow(last.applyAsInt(kind));
			}
			else {
				tryAll(kind, last.applyAsInt(kind));
			}
		}
	}

	private void trySlow(int last) {
		FaultRun run = run(Fault.at(FaultKind.SLOW, 1).fromThenOn());
		this.points += 2L * Math.min(last, run.fired());
	}

	private void tryAll(FaultKind kind, int last) {
		List<Kind> operations = new ArrayList<>();
		this.hit.put(kind, operations);
		for (int nth = 1; nth <= last; nth++) {
			FaultRun once = null;
			if (!isTwinOfRead(kind, nth)) {
				once = run(Fault.at(kind, nth));
				Kind operation = once.hit();
				if (operation == null) {
					return;
				}
				operations.add(operation);
			}
			if (once == null || !once.hitTheLast()) {
				run(Fault.at(kind, nth).fromThenOn());
			}
			this.points += 2;
		}
	}

	private boolean isTwinOfRead(FaultKind kind, int nth) {
		FaultKind twin = TWINS.get(kind);
		List<Kind> operations = (twin != null) ? this.hit.get(twin) : null;
		return operations != null && nth <= operations.size() && operations.get(nth - 1) == Kind.READ;
	}

	private FaultRun run(Fault fault) {
		FaultRun run = this.runs.apply(fault);
		try {
			run.run();
		}
		catch (Throwable ex) {
			throw new AssertionError("%s, %s: %s".formatted(run, fault, ex), ex);
		}
		this.count++;
		this.wrongReplies.add(run.wrongReply());
		return run;
	}

	/**
	 * Return how many faults were tried.
	 */
	long points() {
		return this.points;
	}

	/**
	 * Return how many runs that took.
	 */
	long runs() {
		return this.count;
	}

}
