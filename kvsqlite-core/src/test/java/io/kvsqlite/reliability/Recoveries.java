package io.kvsqlite.reliability;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.RecordingKvStore;
import io.kvsqlite.testing.StoreOperation;
import io.kvsqlite.testing.StoreOperation.Kind;

/**
 * Lets everything go wrong in the openings after the crashes of one workload that left a
 * journal, and in the step that follows each opening.
 *
 * <p>
 * A crash is tried once for each state that it leaves: a {@link Fingerprint}, and the
 * number of steps that must be found. The operations of the recovery itself, up to the
 * write that deletes the journal, are tried for each of these. Many recoveries come to
 * the same state, though, from which the same step follows: its operations are tried once
 * for each state after the recovery, number of steps and sequence of operations, keys and
 * values included, as it is when nothing goes wrong. What differs between these, and is
 * not tried for each, is what the connection keeps in memory of its recovery, as far as
 * that does not show in the operations; and the value with which a stale reply comes,
 * which is older.
 */
final class Recoveries {

	private static final byte[] JOURNAL = ChunkKeys.metadata(FileTag.JOURNAL);

	private final Workload workload;

	private final Setting setting;

	private final UnaryOperator<KvStore> beneath;

	private final CrashRun crashes;

	private final KnownStates known = new KnownStates();

	private final Set<Recovery> recoveries = new HashSet<>();

	private final Set<Sequel> sequels = new HashSet<>();

	private final Figures figures;

	private final WrongReplyFigures wrongReplies;

	/**
	 * Record a workload.
	 * @param beneath puts something between the faults and the store in memory
	 * @param figures counts the faults tried
	 * @param wrongReplies counts what becomes of wrong replies
	 */
	Recoveries(Workload workload, Setting setting, UnaryOperator<KvStore> beneath, Figures figures,
			WrongReplyFigures wrongReplies) throws SQLException {
		this.workload = workload;
		this.setting = setting;
		this.beneath = beneath;
		this.crashes = CrashRun.record(workload, setting, UnaryOperator.identity());
		this.figures = figures;
		this.wrongReplies = wrongReplies;
	}

	/**
	 * Return how many writes can be followed by a crash.
	 */
	int writes() {
		return this.crashes.writes().size();
	}

	/**
	 * Return how many recoveries were tried.
	 */
	int count() {
		return this.recoveries.size();
	}

	/**
	 * Try all faults in the opening after a crash, and in the step after it, unless the
	 * crash leaves no journal, or what an earlier one has left.
	 * @param length after how many writes the crash comes
	 * @return whether they were tried
	 */
	boolean tryAfter(int length) throws SQLException, MalformedMetadataException {
		if (!this.crashes.leavesJournal(length)) {
			return false;
		}
		int steps = this.crashes.crashAfter(length);
		KvWrite stored;
		Fingerprint state;
		try (MemoryKvStore crashed = this.crashes.crashed(length)) {
			stored = Namespace.copyOf(crashed);
			state = Fingerprint.of(crashed);
		}
		if (!this.recoveries.add(new Recovery(state, steps))) {
			return false;
		}
		List<KvWrite> history = this.crashes.history(length);
		AtomicReference<RecordingKvStore> recorder = new AtomicReference<>();
		FaultRun clean = new FaultRun(this.workload, this.setting, null, (store) -> {
			recorder.set(new RecordingKvStore(store));
			return recorder.get();
		}).startingFrom(stored, history, steps).until(steps + 1);
		clean.run();
		List<RecordingKvStore.Applied> writes = recorder.get().applied();
		int writesToRecover = writesToRecover(writes);
		int recovered = indexAfter(clean.log(), writesToRecover);
		boolean sequelIsNew = this.sequels.add(new Sequel(stateAfter(stored, writes.subList(0, writesToRecover)), steps,
				clean.log().subList(recovered, clean.log().size()).stream().map(Sequel::unnumbered).toList()));
		List<StoreOperation> recovery = clean.log().subList(0, recovered);
		EveryFault faults = new EveryFault(
				(fault) -> new FaultRun(this.workload, this.setting, fault, this.beneath, this.known)
					.startingFrom(stored, history, steps)
					.until(steps + 1),
				this.wrongReplies);
		try {
			faults.tryAll((kind) -> sequelIsNew ? Integer.MAX_VALUE : FaultRun.countOperations(recovery, kind));
		}
		catch (AssertionError ex) {
			throw new AssertionError("crash after write %d, then %s".formatted(length, ex.getMessage()), ex);
		}
		this.figures.add(faults.points(), faults.runs());
		return true;
	}

	/**
	 * Return how many of the writes the recovery takes: the last of them deletes the
	 * journal.
	 */
	private static int writesToRecover(List<RecordingKvStore.Applied> writes) {
		for (int i = 0; i < writes.size(); i++) {
			KvWrite write = writes.get(i).write();
			if (write != null && deletesJournal(write)) {
				return i + 1;
			}
		}
		throw new AssertionError("No write of a recovery deletes the journal");
	}

	private static boolean deletesJournal(KvWrite write) {
		boolean[] deletes = new boolean[1];
		write.forEach(new KvWrite.Visitor<RuntimeException>() {

			@Override
			public void put(byte[] key, byte[] value) {
			}

			@Override
			public void delete(byte[] key) {
				deletes[0] |= Arrays.equals(key, JOURNAL);
			}

			@Override
			public void deleteRange(byte[] from, byte[] to) {
			}

		});
		return deletes[0];
	}

	private static int indexAfter(List<StoreOperation> log, int writes) {
		int index = 0;
		for (int found = 0; found < writes; index++) {
			found += (log.get(index).kind() == Kind.WRITE) ? 1 : 0;
		}
		return index;
	}

	private static Fingerprint stateAfter(KvWrite stored, List<RecordingKvStore.Applied> writes) {
		try (MemoryKvStore memory = new MemoryKvStore()) {
			Namespace.restore(stored, memory);
			RecordingKvStore.replay(writes.stream().filter((write) -> write.actorId().equals(Namespace.ACTOR)).toList(),
					memory);
			return Fingerprint.of(memory);
		}
	}

	/**
	 * What a recovery begins with, and what it has to come to.
	 *
	 * @param state what the crash left
	 * @param steps how many steps that amounts to
	 */
	private record Recovery(Fingerprint state, int steps) {
	}

	/**
	 * What follows a recovery.
	 *
	 * @param state what the recovery left
	 * @param steps how many steps that amounts to
	 * @param operations the operations of the next step, if nothing goes wrong
	 */
	private record Sequel(Fingerprint state, int steps, List<StoreOperation> operations) {

		private static StoreOperation unnumbered(StoreOperation operation) {
			return new StoreOperation(0, operation.kind(), operation.actorId(), operation.keys(), operation.checksum(),
					operation.fault());
		}

	}

}
