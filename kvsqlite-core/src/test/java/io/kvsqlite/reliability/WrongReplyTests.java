package io.kvsqlite.reliability;

import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.Fault;
import io.kvsqlite.vfs.CorruptedActorException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that let each bit come wrong, once, in what an opening reads first: the metadata
 * of the database and of a journal, and the chunks with which the two begin. The normal
 * build tries some of the bits, the long run all.
 */
@ExtendWith(QuietLog.class)
class WrongReplyTests {

	private static final int VERSION_BITS = 16;

	private static final int METADATA_BITS = 8 * FileMetadata.LENGTH;

	private static final int CHUNK_BITS = 8 * ChunkKeys.CHUNK_SIZE;

	private static final byte[] MAIN = ChunkKeys.metadata(FileTag.MAIN);

	private static final byte[] JOURNAL = ChunkKeys.metadata(FileTag.JOURNAL);

	private static final Figures figures = new Figures("bits that came wrong once");

	private static final WrongReplyFigures replies = new WrongReplyFigures();

	@Test
	void bitOfTheMetadataThatComesWrongShouldBeRefusedOrLeaveWhatNobodyWrote() throws Exception {
		openings(Setting.SPILLING, MAIN, METADATA_BITS, 7);
	}

	@Test
	void bitOfTheFirstChunkThatComesWrongShouldEndInAnAnswerOrAnError() throws Exception {
		openings(Setting.SPILLING, ChunkKeys.chunk(FileTag.MAIN, 0), CHUNK_BITS, 4999);
	}

	@Test
	void bitOfAJournalThatComesWrongShouldEndInAnAnswerOrAnError() throws Exception {
		recoveries(Setting.EIGHT_KEYS, JOURNAL, METADATA_BITS, 37);
		recoveries(Setting.EIGHT_KEYS, ChunkKeys.chunk(FileTag.JOURNAL, 0), CHUNK_BITS, 9973);
	}

	@Tag("long")
	@Test
	void anyBitThatComesWrongShouldEndInAnAnswerOrAnError() throws Exception {
		for (Setting setting : Setting.all()) {
			openings(setting, MAIN, METADATA_BITS, 1);
			openings(setting, ChunkKeys.chunk(FileTag.MAIN, 0), CHUNK_BITS, 7);
		}
		for (Setting setting : List.of(Setting.THREE_KEYS, Setting.EIGHT_KEYS, Setting.SPILLING)) {
			recoveries(setting, JOURNAL, METADATA_BITS, 1);
			recoveries(setting, ChunkKeys.chunk(FileTag.JOURNAL, 0), CHUNK_BITS, 61);
		}
	}

	/**
	 * Let bits come wrong in the openings of a workload that opens its actor again and
	 * again.
	 */
	private static void openings(Setting setting, byte[] key, int bits, int stride) throws Exception {
		Workload workload = Workloads.reopening();
		KnownStates known = new KnownStates();
		for (int bit = 0; bit < bits; bit += stride) {
			int nth = 1;
			while (tryBit(
					new FaultRun(workload, setting, Fault.flipped(key, bit, nth), UnaryOperator.identity(), known), key,
					bit)) {
				nth++;
			}
		}
	}

	/**
	 * Let bits come wrong in the openings after crashes that left a journal.
	 */
	private static void recoveries(Setting setting, byte[] key, int bits, int stride) throws Exception {
		Workload workload = Workloads.savepoints();
		CrashRun crashes = CrashRun.record(workload, setting, UnaryOperator.identity());
		KnownStates known = new KnownStates();
		Random random = new Random(setting.name().hashCode());
		for (int length = 0; length <= crashes.writes().size(); length++) {
			if (!crashes.leavesJournal(length)) {
				continue;
			}
			int steps = crashes.crashAfter(length);
			KvWrite stored;
			try (MemoryKvStore crashed = crashes.crashed(length)) {
				stored = Namespace.copyOf(crashed);
			}
			for (int bit = random.nextInt(stride); bit < bits; bit += stride) {
				tryBit(new FaultRun(workload, setting, Fault.flipped(key, bit, 1), UnaryOperator.identity(), known)
					.startingFrom(stored, crashes.history(length), steps)
					.until(steps + 1), key, bit);
			}
		}
	}

	private static boolean tryBit(FaultRun run, byte[] key, int bit) {
		try {
			boolean hit = run.run() > 0;
			if (hit) {
				figures.add();
				replies.add(run.wrongReply());
			}
			if (hit && bit < VERSION_BITS && (key == MAIN || key == JOURNAL)) {
				assertThat(run.refusal()).as("the refusal of metadata of another version").isNotNull();
				assertThat(FaultRun.hasCause(run.refusal(), CorruptedActorException.class))
					.as("CorruptedActorException behind " + run.refusal())
					.isTrue();
				assertThat(run.wrongReply()).isEqualTo(WrongReply.REFUSED);
			}
			return hit;
		}
		catch (Throwable ex) {
			throw new AssertionError("Bit %d of the %s comes wrong: %s".formatted(bit, ChunkKeys.describe(key), ex),
					ex);
		}
	}

	@AfterAll
	static void print() {
		figures.print();
		replies.print();
	}

}
