package io.kvsqlite.vfs;

import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.fixture.RecordedWrites;
import io.kvsqlite.fixture.RecordingListener;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link JournalFile}, in the hands of a {@link Transaction}.
 */
class JournalFileTests {

	private static final int CHUNK = ChunkKeys.CHUNK_SIZE;

	private static final VfsSettings LEAST_MEMORY = new VfsSettings(VfsSettings.LEAST_MEMORY, 4, 64);

	private static final byte[] END_MARK = new byte[28];

	private final ScriptedKvStore store = new ScriptedKvStore(new MemoryKvStore(KvLimits.REFERENCE));

	private final StoredActor stored = new StoredActor(this.store, Opened.ACTOR);

	private ActorFiles files = Opened.files(this.store, LEAST_MEMORY);

	@Test
	void journalShouldNotExistUntilItIsWritten() {
		assertThat(this.files.journalExists()).isFalse();
		assertThat(this.files.journal().size()).isZero();
		Bytes.write(this.files.journal(), 0, new byte[100]);
		assertThat(this.files.journalExists()).isTrue();
		assertThat(this.files.journal().size()).isEqualTo(100);
	}

	@Test
	void readShouldReturnWhatWasWritten() {
		byte[] bytes = Bytes.random(1, 30_000);
		Bytes.write(this.files.journal(), 0, bytes);
		assertThat(Bytes.readAll(this.files.journal())).isEqualTo(bytes);
		byte[] beyond = new byte[100];
		assertThat(Bytes.read(this.files.journal(), 29_990, beyond)).isEqualTo(10);
		assertThat(beyond).endsWith(new byte[90]);
	}

	@Test
	void endMarkShouldEndTheJournal() {
		Bytes.write(this.files.journal(), 0, Bytes.random(1, 10_000));
		Bytes.write(this.files.journal(), 0, END_MARK);
		assertThat(this.files.journalExists()).isFalse();
		assertThat(this.files.journal().size()).isZero();
		byte[] bytes = new byte[100];
		assertThat(Bytes.read(this.files.journal(), 0, bytes)).isZero();
		assertThat(bytes).containsOnly(0);
		Bytes.write(this.files.journal(), 0, Bytes.random(2, 5000));
		assertThat(Bytes.readAll(this.files.journal())).isEqualTo(Bytes.random(2, 5000));
	}

	@Test
	void zerosThatAreNoEndMarkShouldBeWritten() {
		byte[] bytes = Bytes.random(1, 10_000);
		Bytes.write(this.files.journal(), 0, bytes);
		Bytes.write(this.files.journal(), 28, END_MARK);
		Bytes.write(this.files.journal(), 0, new byte[27]);
		assertThat(this.files.journal().size()).isEqualTo(10_000);
		assertThat(Bytes.read(this.files.journal(), 0, 27)).containsOnly(0);
		Bytes.write(this.files.journal(), 0, Bytes.random(2, 28));
		assertThat(Bytes.read(this.files.journal(), 0, 28)).isEqualTo(Bytes.random(2, 28));
	}

	@Test
	void truncateToZeroAndDeletionShouldEndTheJournalToo() {
		Bytes.write(this.files.journal(), 0, Bytes.random(1, 10_000));
		this.files.journal().truncate(0);
		assertThat(this.files.journalExists()).isFalse();
		Bytes.write(this.files.journal(), 0, Bytes.random(1, 10_000));
		this.files.deleteJournal();
		assertThat(this.files.journalExists()).isFalse();
	}

	@Test
	void truncateToAnythingElseShouldBeRefused() {
		Bytes.write(this.files.journal(), 0, Bytes.random(1, 10_000));
		this.files.journal().truncate(10_000);
		assertThatIllegalStateException().isThrownBy(() -> this.files.journal().truncate(9_999));
		assertThat(this.files.journal().size()).isEqualTo(10_000);
	}

	@ParameterizedTest
	@ValueSource(ints = { 3, 4, 5, 16, 128 })
	void journalThatWasSpilledShouldReadAsItWasWritten(int maxKeys) {
		ScriptedKvStore limited = new ScriptedKvStore(new MemoryKvStore(new KvLimits(maxKeys, 1_000_000)));
		ActorFiles files = Opened.files(limited, LEAST_MEMORY);
		byte[] bytes = Bytes.random(1, 1_000_000);
		// pieces that end in the middle of chunks, and go back over what is stored
		for (int offset = 0; offset < bytes.length; offset += 5000) {
			int length = Math.min(5000, bytes.length - offset);
			byte[] piece = new byte[length];
			System.arraycopy(bytes, offset, piece, 0, length);
			Bytes.write(files.journal(), offset, piece);
			if (offset % 100_000 == 0) {
				byte[] again = { 99 };
				Bytes.write(files.journal(), offset / 2, again);
				bytes[offset / 2] = 99;
			}
		}
		assertThat(Bytes.readAll(files.journal())).isEqualTo(bytes);
		Bytes.write(files.journal(), 0, END_MARK);
		new StoredActor(limited, Opened.ACTOR).assertNothingButAMainDatabase();
	}

	@Test
	void storedJournalShouldBeWholeBehindEveryWrite() {
		RecordedWrites writes = new RecordedWrites();
		this.store.follow(new ScriptedKvStore.Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				writes.write(write, next);
				if (JournalFileTests.this.stored.get(ChunkKeys.metadata(FileTag.JOURNAL)) != null) {
					JournalFileTests.this.stored.bytes(FileTag.JOURNAL);
				}
			}

		});
		for (int i = 0; i < 300; i++) {
			Bytes.write(this.files.journal(), i * 1111L, Bytes.random(i, 1111));
		}
		assertThat(writes.writes()).hasSizeGreaterThan(4);
		assertThat(this.stored.size(FileTag.JOURNAL)).isGreaterThan(200_000);
		// the chunk in whose middle the stored journal ended goes with the metadata
		List<String> second = writes.writes().get(1);
		assertThat(second).contains("put rollback journal metadata", "put rollback journal chunk 16");
	}

	@Test
	void openShouldFindAHotJournal() {
		byte[] journal = Bytes.random(1, 10_000);
		store(journal);
		RecordingListener listener = new RecordingListener();
		this.files = Opened.files(this.store, LEAST_MEMORY, listener);
		assertThat(this.files.journalExists()).isTrue();
		assertThat(Bytes.readAll(this.files.journal())).isEqualTo(journal);
		// its end deletes it
		RecordedWrites writes = new RecordedWrites();
		this.store.follow(writes);
		Bytes.write(this.files.journal(), 0, END_MARK);
		assertThat(writes.writes())
			.containsExactly(List.of("delete from rollback journal chunk 0", "delete rollback journal metadata"));
		this.stored.assertNothingButAMainDatabase();
	}

	@Test
	void openShouldNotShowAJournalWhoseHeaderWasOverwritten() {
		byte[] journal = Bytes.random(1, 10_000);
		System.arraycopy(END_MARK, 0, journal, 0, END_MARK.length);
		store(journal);
		this.files = Opened.files(this.store, LEAST_MEMORY);
		assertThat(this.files.journalExists()).isFalse();
		// it goes with the next commit
		RecordedWrites writes = new RecordedWrites();
		this.store.follow(writes);
		Pager pager = new Pager(this.files, CHUNK);
		pager.write(0, Bytes.random(3, CHUNK));
		pager.commit();
		assertThat(writes.writes()).containsExactly(List.of("delete from rollback journal chunk 0",
				"delete rollback journal metadata", "put main database chunk 0"));
		this.stored.assertNothingButAMainDatabase();
	}

	@Test
	void staleJournalShouldBeGoneBeforeANewOneIsStored() {
		byte[] journal = Bytes.random(1, 400_000);
		System.arraycopy(END_MARK, 0, journal, 0, END_MARK.length);
		store(journal);
		this.files = Opened.files(this.store, LEAST_MEMORY);
		RecordedWrites writes = new RecordedWrites();
		this.store.follow(writes);
		Pager pager = new Pager(this.files, CHUNK);
		for (int chunk = 0; chunk < 60; chunk++) {
			pager.write((long) chunk * CHUNK, Bytes.random(chunk, CHUNK));
		}
		assertThat(writes.writes().get(0)).containsExactly("delete from rollback journal chunk 0",
				"delete rollback journal metadata");
		pager.commit();
		this.stored.assertNothingButAMainDatabase();
	}

	@Test
	void openShouldTakeAnEmptyJournalForNone() {
		this.files.close();
		this.stored.put(ChunkKeys.metadata(FileTag.JOURNAL), FileMetadata.encode(0));
		this.files = Opened.files(this.store, LEAST_MEMORY);
		assertThat(this.files.journalExists()).isFalse();
		Pager pager = new Pager(this.files, CHUNK);
		pager.write(0, Bytes.random(3, CHUNK));
		pager.commit();
		this.stored.assertNothingButAMainDatabase();
	}

	@Test
	void readOfAHotJournalThatIsDamagedShouldNameTheChunk() {
		store(Bytes.random(1, 10_000));
		this.stored.remove(ChunkKeys.chunk(FileTag.JOURNAL, 1));
		this.files = Opened.files(this.store, LEAST_MEMORY);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> Bytes.readAll(this.files.journal()))
			.withMessage("Actor '%s' is damaged: chunk 1 of its rollback journal is missing", Opened.ACTOR);
	}

	private void store(byte[] journal) {
		this.files.close();
		KvWrite write = new KvWrite().put(ChunkKeys.metadata(FileTag.JOURNAL), FileMetadata.encode(journal.length));
		for (int i = 0; i < ChunkKeys.chunkCount(journal.length); i++) {
			byte[] chunk = new byte[ChunkKeys.chunkLength(i, journal.length)];
			System.arraycopy(journal, i * CHUNK, chunk, 0, chunk.length);
			write.put(ChunkKeys.chunk(FileTag.JOURNAL, i), chunk);
		}
		this.stored.write(write);
	}

}
