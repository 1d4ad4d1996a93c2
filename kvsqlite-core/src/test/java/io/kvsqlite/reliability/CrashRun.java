package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.LimitedKvStore;
import io.kvsqlite.testing.RecordingKvStore;
import io.kvsqlite.testing.RecordingKvStore.Applied;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A workload recorded once, write by write, to crash it between any two of them.
 */
final class CrashRun {

	private final Workload workload;

	private final Setting setting;

	private final List<Applied> writes;

	/**
	 * How many writes were applied when a step was acknowledged.
	 */
	private final List<Integer> acknowledgements;

	private final KnownStates known = new KnownStates();

	private CrashRun(Workload workload, Setting setting, List<Applied> writes, List<Integer> acknowledgements) {
		this.workload = workload;
		this.setting = setting;
		this.writes = writes;
		this.acknowledgements = acknowledgements;
	}

	/**
	 * Run a workload to its end.
	 * @param above puts something between the engine and the store that records
	 */
	static CrashRun record(Workload workload, Setting setting, UnaryOperator<KvStore> above) throws SQLException {
		try (RecordingKvStore store = new RecordingKvStore(new LimitedKvStore(new MemoryKvStore(), setting.limits()))) {
			OpenActor actor = new OpenActor(above.apply(store), setting);
			List<Integer> acknowledgements = new ArrayList<>();
			for (Step step : workload.steps()) {
				actor.run(step);
				acknowledgements.add(store.count());
			}
			actor.close();
			return new CrashRun(workload, setting, store.applied(), acknowledgements);
		}
	}

	/**
	 * Return whether the writes of a prefix leave a journal that has to be played back.
	 */
	boolean leavesJournal(int length) {
		try (MemoryKvStore memory = crashed(length); KvSnapshot snapshot = memory.snapshot(Namespace.ACTOR)) {
			return snapshot.read(new byte[][] { ChunkKeys.metadata(FileTag.JOURNAL) })[0] != null;
		}
	}

	/**
	 * Return what the writes of a prefix have put, each in its order.
	 */
	List<KvWrite> history(int length) {
		return this.writes.subList(0, length)
			.stream()
			.filter((applied) -> applied.actorId().equals(Namespace.ACTOR))
			.map(Applied::write)
			.filter(Objects::nonNull)
			.toList();
	}

	/**
	 * Return a store with what a prefix of the writes leaves.
	 */
	MemoryKvStore crashed(int length) {
		MemoryKvStore memory = new MemoryKvStore();
		RecordingKvStore.replay(this.writes.subList(0, length), memory);
		return memory;
	}

	List<Applied> writes() {
		return this.writes;
	}

	/**
	 * Return how many steps were acknowledged when a number of writes had been applied.
	 */
	int acknowledged(int length) {
		int steps = 0;
		while (steps < this.acknowledgements.size() && this.acknowledgements.get(steps) <= length) {
			steps++;
		}
		return steps;
	}

	/**
	 * Crash after a number of writes, open the actor, and check everything. The rest of
	 * the workload follows, unless it has followed on the same state after another crash.
	 * @return how many steps are there
	 */
	int crashAfter(int length) throws SQLException, MalformedMetadataException {
		try (MemoryKvStore memory = crashed(length)) {
			Namespace.addNeighbours(memory);
			KvStore store = new LimitedKvStore(memory, this.setting.limits());
			OpenActor actor = new OpenActor(store, this.setting);
			long content = check(actor.connection());
			int acknowledged = acknowledged(length);
			int found = -1;
			for (int steps = acknowledged; steps <= Math.min(acknowledged + 1, this.workload.steps().size()); steps++) {
				if (found < 0 && this.workload.state(steps) == content) {
					found = steps;
				}
			}
			assertThat(found)
				.as("the content after %d of %d writes is that of %d steps or the next", length, this.writes.size(),
						acknowledged)
				.isNotNegative();
			actor.close();
			assertThat(check(actor.connection())).as("the content after opening a second time").isEqualTo(content);
			actor.close();
			Namespace.requireAtRest(memory, false);
			Namespace.requireNeighboursUntouched(memory);
			KnownStates.Rest rest = new KnownStates.Rest(Fingerprint.of(memory), found, this.workload.steps().size());
			if (this.known.isFinished(rest)) {
				return found;
			}
			for (int i = found; i < this.workload.steps().size(); i++) {
				actor.run(this.workload.steps().get(i));
			}
			assertThat(check(actor.connection())).as("the content at the end")
				.isEqualTo(this.workload.state(this.workload.steps().size()));
			actor.run(Step.sql("PRAGMA application_id=7"));
			actor.close();
			Namespace.requireAtRest(memory, true);
			this.known.addFinished(rest);
			return found;
		}
	}

	private static long check(Connection connection) throws SQLException {
		Content.check(connection);
		return Content.of(connection);
	}

}
