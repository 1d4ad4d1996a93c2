package io.kvsqlite.vfs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.fixture.RecordedWrites;
import io.kvsqlite.fixture.RecordingListener;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.ScriptedKvStore.Script;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Transaction}: the commit protocol without SQLite.
 */
class TransactionTests {

	private static final int CHUNK = ChunkKeys.CHUNK_SIZE;

	private static final VfsSettings LEAST_MEMORY = new VfsSettings(VfsSettings.LEAST_MEMORY, 4, 64);

	private static final VfsSettings MUCH_MEMORY = new VfsSettings(64 * 1024 * 1024, 4, 64);

	private final RecordingListener listener = new RecordingListener();

	@Test
	void commitShouldBeOneWriteWithoutTheJournal() {
		ScriptedKvStore store = storeWith(10 * CHUNK, KvLimits.REFERENCE);
		ActorFiles files = Opened.files(store, MUCH_MEMORY, this.listener);
		Pager pager = new Pager(files, CHUNK);
		RecordedWrites writes = record(store);
		pager.write(2 * CHUNK, Bytes.random(1, 2 * CHUNK));
		pager.write(10 * CHUNK, Bytes.random(2, CHUNK));
		assertThat(writes.writes()).isEmpty();
		pager.commit();
		assertThat(writes.writes()).containsExactly(List.of("put main database metadata", "put main database chunk 2",
				"put main database chunk 3", "put main database chunk 10"));
		assertThat(this.listener.events()).isEmpty();
		assertThat(files.commit()).isEqualTo(3);
	}

	@Test
	void commitThatChangedNothingShouldWriteNothing() {
		ScriptedKvStore store = storeWith(10 * CHUNK, KvLimits.REFERENCE);
		Pager pager = new Pager(Opened.files(store, MUCH_MEMORY, this.listener), CHUNK);
		RecordedWrites writes = record(store);
		pager.begin();
		pager.journal(0, CHUNK);
		pager.commit();
		assertThat(writes.writes()).isEmpty();
	}

	@Test
	void commitAtTheLimitShouldBeOneWrite() {
		ScriptedKvStore store = storeWith(200 * CHUNK, KvLimits.REFERENCE);
		Pager pager = new Pager(Opened.files(store, MUCH_MEMORY, this.listener), CHUNK);
		RecordedWrites writes = record(store);
		pager.write(0, Bytes.random(1, 128 * CHUNK));
		pager.commit();
		assertThat(writes.writes()).hasSize(1);
		assertThat(writes.writes().get(0)).hasSize(128);
		assertThat(this.listener.events()).isEmpty();
	}

	@Test
	void commitOverTheLimitShouldStoreTheJournalBeforeThePages() {
		ScriptedKvStore store = storeWith(10 * CHUNK, new KvLimits(4, 20_000));
		Pager pager = new Pager(Opened.files(store, MUCH_MEMORY, this.listener), CHUNK);
		RecordedWrites writes = record(store);
		pager.write(0, Bytes.random(1, 5 * CHUNK));
		assertThat(writes.writes()).isEmpty();
		pager.commit();
		assertThat(writes.writes()).containsExactly(
				List.of("put rollback journal chunk 0", "put rollback journal chunk 1", "put rollback journal chunk 2",
						"put rollback journal chunk 3"),
				List.of("put rollback journal chunk 4", "put rollback journal chunk 5", "put rollback journal chunk 6",
						"put rollback journal metadata"),
				List.of("put main database chunk 0", "put main database chunk 1", "put main database chunk 2",
						"put main database chunk 3"),
				List.of("put main database chunk 4"),
				List.of("delete from rollback journal chunk 0", "delete rollback journal metadata"));
		assertThat(this.listener.events()).containsExactly("journaled " + Opened.ACTOR);
		new StoredActor(store, Opened.ACTOR).assertNothingButAMainDatabase();
	}

	@Test
	void journalMetadataThatWasNotYetStoredShouldGoBeforeThePages() {
		ScriptedKvStore store = storeWith(14 * CHUNK, new KvLimits(4, 20_000));
		Pager pager = new Pager(Opened.files(store, LEAST_MEMORY, this.listener), CHUNK);
		RecordedWrites writes = record(store);
		// 16 chunks of journal, as many as the memory holds, fill four writes; the page
		// that
		// is too much leaves a fifth that is not full and begins with the metadata
		pager.begin();
		pager.journal(0, 14 * CHUNK);
		for (int chunk = 0; chunk < 40; chunk++) {
			pager.write((14L + chunk) * CHUNK, Bytes.random(chunk, CHUNK));
		}
		List<String> parts = writes.writes().stream().flatMap(List::stream).toList();
		assertThat(parts).contains("put main database chunk 20", "put rollback journal metadata");
		assertThat(parts.indexOf("put rollback journal metadata"))
			.isLessThan(parts.indexOf("put main database metadata"));
		pager.rollBack();
		new StoredActor(store, Opened.ACTOR).assertNothingButAMainDatabase();
	}

	@Test
	void rollbackShouldWriteNothing() {
		ScriptedKvStore store = storeWith(10 * CHUNK, KvLimits.REFERENCE);
		Pager pager = new Pager(Opened.files(store, MUCH_MEMORY, this.listener), CHUNK);
		RecordedWrites writes = record(store);
		pager.write(CHUNK, Bytes.random(1, 20 * CHUNK));
		pager.rollBack();
		assertThat(writes.writes()).isEmpty();
	}

	@Test
	void rollbackOfAJournaledTransactionShouldRestoreAndDeleteTheJournal() {
		ScriptedKvStore store = storeWith(60 * CHUNK, KvLimits.REFERENCE);
		ActorFiles files = Opened.files(store, LEAST_MEMORY, this.listener);
		Pager pager = new Pager(files, CHUNK);
		for (int chunk = 0; chunk < 80; chunk++) {
			pager.write((long) chunk * CHUNK, Bytes.random(chunk, CHUNK));
		}
		assertThat(this.listener.events()).containsExactly("journaled " + Opened.ACTOR);
		assertThat(files.journal().size()).isGreaterThan(60 * CHUNK);
		pager.rollBack();
		StoredActor stored = new StoredActor(store, Opened.ACTOR);
		assertThat(stored.bytes(FileTag.MAIN)).isEqualTo(pager.committed());
		stored.assertNothingButAMainDatabase();
		assertThat(files.journalExists()).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "21, 3, 4096", "22, 3, 1024", "23, 4, 4096", "24, 5, 16384", "25, 8, 512", "26, 13, 4096",
			"27, 64, 4096", "28, 128, 2048" })
	void crashBehindAnyWriteShouldLeaveTheOldStateOrTheNew(long seed, int maxKeys, int pageSize) {
		KvLimits limits = new KvLimits(maxKeys, 1_000_000);
		ScriptedKvStore store = storeWith(12_345, limits);
		StoredActor stored = new StoredActor(store, Opened.ACTOR);
		Pager pager = new Pager(Opened.files(store, LEAST_MEMORY, this.listener), pageSize);
		List<byte[]> crashed = new ArrayList<>();
		store.follow(new Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				next.run();
				MemoryKvStore copy = stored.copyTo(new MemoryKvStore(limits));
				crashed.add(new Pager(Opened.files(copy, LEAST_MEMORY), pageSize).expected());
				new StoredActor(copy, Opened.ACTOR).bytes(FileTag.MAIN);
			}

		});
		Random random = new Random(seed);
		int left = 0;
		for (int transaction = 0; transaction < 25; transaction++) {
			byte[] before = pager.committed();
			for (int change = 0; change < 1 + random.nextInt(6); change++) {
				int offset = random.nextInt(Math.min(pager.expected().length + 20_000, 300_000));
				pager.write(offset, Bytes.random(random.nextLong(), 1 + random.nextInt(60_000)));
			}
			boolean commits = random.nextInt(3) > 0;
			if (commits) {
				pager.commit();
			}
			else {
				pager.rollBack();
			}
			for (byte[] state : crashed) {
				assertThat(Arrays.equals(state, before) || (commits && Arrays.equals(state, pager.committed())))
					.as("a crash in transaction %d left the old state or the new", transaction)
					.isTrue();
			}
			left += crashed.size();
			crashed.clear();
			// a cut behind a commit may be lost, and nothing else
			byte[] committed = pager.committed();
			if (random.nextInt(3) == 0) {
				pager.cutAfterCommit(random.nextInt(committed.length + 1));
			}
			assertThat(crashed).allSatisfy((state) -> assertThat(state).startsWith(pager.committed()));
			crashed.clear();
		}
		assertThat(left).isGreaterThan(10);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void memoryShouldStayWithinTheSetting(boolean commits) {
		ScriptedKvStore store = storeWith(500 * CHUNK, KvLimits.REFERENCE);
		RecordingListener listener = new RecordingListener();
		ActorSession session = Opened.session(store, listener);
		Transaction transaction = new Transaction(session, LEAST_MEMORY,
				new StoredFiles(session, session.read(StoredFiles.keys(4))));
		byte[] record = new byte[CHUNK + 8];
		Bytes.write(transaction.journal(), 0, new byte[512]);
		for (int chunk = 0; chunk < 1000; chunk++) {
			Bytes.write(transaction.journal(), 4096 + (long) chunk * record.length, record);
			Bytes.write(transaction.main(), (long) chunk * CHUNK, Bytes.random(chunk, CHUNK));
			assertThat(transaction.main().memory() + transaction.journal().memory())
				.isLessThanOrEqualTo(VfsSettings.LEAST_MEMORY);
		}
		if (commits) {
			transaction.commitPoint();
			transaction.journalEnded();
			assertThat(transaction.isClean()).isTrue();
		}
		else {
			byte[] bytes = new byte[CHUNK];
			for (int chunk = 0; chunk < 1000; chunk++) {
				Bytes.read(transaction.main(), (long) chunk * CHUNK, bytes);
				assertThat(bytes).isEqualTo(Bytes.random(chunk, CHUNK));
			}
		}
	}

	@Test
	void journalThatEndsBeforeThePagesAreStoredShouldPoison() {
		ScriptedKvStore store = storeWith(10 * CHUNK, KvLimits.REFERENCE);
		ActorFiles files = Opened.files(store, MUCH_MEMORY, this.listener);
		Pager pager = new Pager(files, CHUNK);
		pager.write(0, Bytes.random(1, CHUNK));
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(files::deleteJournal)
			.withMessageContaining("its journal ended before its pages were stored");
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(() -> Bytes.readAll(files.main()));
	}

	@Test
	void changeWithoutAJournalThatDoesNotFitShouldPoison() {
		ScriptedKvStore store = storeWith(10 * CHUNK, new KvLimits(4, 20_000));
		ActorFiles files = Opened.files(store, MUCH_MEMORY, this.listener);
		RecordedWrites writes = record(store);
		Bytes.write(files.main(), 0, Bytes.random(1, 5 * CHUNK));
		assertThatExceptionOfType(ActorFailedException.class).isThrownBy(files::commitPoint)
			.withMessageContaining("a change without a journal is too large for one write");
		assertThat(writes.writes()).isEmpty();
	}

	// Batch-atomic writes

	@Test
	void commitAtomicallyShouldBeOneWrite() {
		ScriptedKvStore store = storeWith(10 * CHUNK, KvLimits.REFERENCE);
		ActorFiles files = Opened.files(store, MUCH_MEMORY, this.listener);
		RecordedWrites writes = record(store);
		files.beginAtomic();
		Bytes.write(files.main(), CHUNK, Bytes.random(1, 2 * CHUNK));
		Bytes.write(files.main(), 10 * CHUNK, Bytes.random(2, CHUNK));
		assertThat(files.commitAtomically()).isTrue();
		assertThat(writes.writes()).containsExactly(List.of("put main database metadata", "put main database chunk 1",
				"put main database chunk 2", "put main database chunk 10"));
		// the cut behind it is a write of its own, as ever
		files.main().truncate(4 * CHUNK);
		assertThat(writes.writes()).hasSize(2);
		new StoredActor(store, Opened.ACTOR).assertNothingButAMainDatabase();
	}

	@Test
	void commitAtomicallyOfNothingShouldWriteNothing() {
		ScriptedKvStore store = storeWith(10 * CHUNK, KvLimits.REFERENCE);
		ActorFiles files = Opened.files(store, MUCH_MEMORY, this.listener);
		RecordedWrites writes = record(store);
		files.beginAtomic();
		assertThat(files.commitAtomically()).isTrue();
		assertThat(writes.writes()).isEmpty();
	}

	@Test
	void commitAtomicallyOverTheLimitShouldWriteNothingAndLeaveItToTheJournal() {
		ScriptedKvStore store = storeWith(10 * CHUNK, new KvLimits(4, 20_000));
		ActorFiles files = Opened.files(store, MUCH_MEMORY, this.listener);
		Pager pager = new Pager(files, CHUNK);
		RecordedWrites writes = record(store);
		byte[] bytes = Bytes.random(1, 5 * CHUNK);
		files.beginAtomic();
		Bytes.write(files.main(), 0, bytes);
		Bytes.write(files.main(), 10 * CHUNK, Bytes.random(2, CHUNK));
		assertThat(files.commitAtomically()).isFalse();
		files.rollBackAtomic();
		assertThat(writes.writes()).isEmpty();
		assertThat(Bytes.readAll(files.main())).isEqualTo(pager.committed());
		pager.write(0, bytes);
		pager.commit();
		assertThat(Bytes.readAll(files.main())).isEqualTo(pager.expected());
		new StoredActor(store, Opened.ACTOR).assertNothingButAMainDatabase();
	}

	@Test
	void rollBackAtomicShouldForgetWhatWasWritten() {
		ScriptedKvStore store = storeWith(10 * CHUNK, KvLimits.REFERENCE);
		ActorFiles files = Opened.files(store, MUCH_MEMORY, this.listener);
		byte[] before = Bytes.readAll(files.main());
		RecordedWrites writes = record(store);
		files.beginAtomic();
		Bytes.write(files.main(), 100, Bytes.random(1, 50_000));
		files.rollBackAtomic();
		assertThat(Bytes.readAll(files.main())).isEqualTo(before);
		assertThat(writes.writes()).isEmpty();
		files.beginAtomic();
		Bytes.write(files.main(), 0, Bytes.random(3, 10));
		assertThat(files.commitAtomically()).isTrue();
		assertThat(writes.writes()).containsExactly(List.of("put main database chunk 0"));
	}

	@Test
	void atomicWriteThatIsOverTheMemoryShouldBeLeftToTheJournal() {
		ScriptedKvStore store = storeWith(10 * CHUNK, KvLimits.REFERENCE);
		ActorFiles files = Opened.files(store, LEAST_MEMORY, this.listener);
		Pager pager = new Pager(files, CHUNK);
		RecordedWrites writes = record(store);
		byte[] bytes = Bytes.random(1, 200 * CHUNK);
		files.beginAtomic();
		for (int chunk = 0; chunk < 200; chunk++) {
			Bytes.write(files.main(), (long) chunk * CHUNK,
					Arrays.copyOfRange(bytes, chunk * CHUNK, (chunk + 1) * CHUNK));
		}
		assertThat(files.commitAtomically()).isFalse();
		files.rollBackAtomic();
		assertThat(writes.writes()).isEmpty();
		assertThat(Bytes.readAll(files.main())).isEqualTo(pager.committed());
		pager.write(0, bytes);
		pager.commit();
		assertThat(Bytes.readAll(files.main())).isEqualTo(bytes);
		new StoredActor(store, Opened.ACTOR).assertNothingButAMainDatabase();
	}

	private static ScriptedKvStore storeWith(int size, KvLimits limits) {
		ScriptedKvStore store = new ScriptedKvStore(new MemoryKvStore(limits));
		try (ActorFiles files = Opened.files(store, MUCH_MEMORY)) {
			Pager pager = new Pager(files, CHUNK);
			pager.write(0, Bytes.random(size, size));
			pager.commit();
		}
		return store;
	}

	private static RecordedWrites record(ScriptedKvStore store) {
		RecordedWrites writes = new RecordedWrites();
		store.follow(writes);
		return writes;
	}

}
