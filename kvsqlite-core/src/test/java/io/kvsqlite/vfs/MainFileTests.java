package io.kvsqlite.vfs;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.fixture.RecordedWrites;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link MainFile}, in the hands of a {@link Transaction}.
 */
class MainFileTests {

	private static final int CHUNK = ChunkKeys.CHUNK_SIZE;

	private final ScriptedKvStore store = new ScriptedKvStore(new MemoryKvStore());

	private final StoredActor stored = new StoredActor(this.store, Opened.ACTOR);

	private ActorFiles files = Opened.files(this.store);

	private Pager pager = new Pager(this.files, CHUNK);

	@Test
	void newActorShouldHaveAnEmptyDatabaseOfOneChunk() {
		assertThat(this.files.isCreated()).isTrue();
		assertThat(this.files.main().size()).isEqualTo(CHUNK);
		this.stored.assertNothingButAMainDatabase();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 4095, 4096, 4097, 8191, 8192, 8193, 12_287, 12_288, 12_289, 40_959, 40_960, 40_961 })
	void commitShouldStoreAFileOfAnySize(int size) {
		this.pager.truncate(0);
		this.pager.write(0, Bytes.random(size, size));
		commit();
		assertStored();
		assertThat(this.stored.size(FileTag.MAIN)).isEqualTo(size);
		reopen();
		assertContent();
	}

	@ParameterizedTest
	@CsvSource({ "0, 1", "1, 1", "4095, 1", "4095, 2", "4095, 4098", "4096, 4096", "100, 12000", "12289, 1",
			"8000, 20000", "0, 20480", "20479, 1", "20479, 2", "20480, 4096" })
	void writeOverPartsOfChunksShouldKeepTheRest(int offset, int length) {
		fill(20_480);
		this.pager.write(offset, Bytes.random(99, length));
		assertContent();
		commit();
		assertStored();
		reopen();
		assertContent();
	}

	@Test
	void writeFarBehindTheEndShouldBeRefusedAsDamage() {
		fill(8192);
		long gigabyte = 1L << 30;
		assertThatExceptionOfType(CorruptedActorException.class)
			.isThrownBy(() -> this.files.main().write(gigabyte + 8192, CHUNK, (position, target, offset, length) -> {
			}))
			.withMessageContaining("chunk 262146 of its main database would lie 1073745920 bytes behind its end");
		assertThat(this.files.main().size()).isEqualTo(8192);
	}

	@Test
	void writesIntoOneChunkShouldMerge() {
		fill(8192);
		for (int offset = 0; offset < 8192; offset += 512) {
			this.pager.write(offset + 7, Bytes.random(offset, 101));
		}
		assertContent();
		RecordedWrites writes = record();
		commit();
		assertThat(writes.writes()).containsExactly(List.of("put main database chunk 0", "put main database chunk 1"));
		assertStored();
	}

	@Test
	void readShouldSeeTheBufferFirst() {
		fill(20_480);
		reopen();
		this.pager.write(4000, Bytes.random(5, 9000));
		// one read over a stored chunk, three written ones and a stored one
		assertContent();
	}

	@Test
	void readBeyondTheEndShouldGiveZerosAndSaySo() {
		fill(5000);
		byte[] bytes = new byte[3000];
		assertThat(Bytes.read(this.files.main(), 4000, bytes)).isEqualTo(1000);
		assertThat(Arrays.copyOfRange(bytes, 1000, 3000)).containsOnly(0);
		assertThat(Bytes.read(this.files.main(), 5000, bytes)).isZero();
		assertThat(bytes).containsOnly(0);
		assertThat(Bytes.read(this.files.main(), 1L << 40, bytes)).isZero();
		assertThat(bytes).containsOnly(0);
	}

	@Test
	void commitShouldWriteNothingButWhatChanged() {
		fill(40_960);
		RecordedWrites writes = record();
		this.pager.write(5 * CHUNK, Bytes.random(5, CHUNK));
		commit();
		this.pager.write(40_960, Bytes.random(6, CHUNK));
		commit();
		assertThat(writes.writes()).containsExactly(List.of("put main database chunk 5"),
				List.of("put main database metadata", "put main database chunk 10"));
	}

	@Test
	void gapBelowANewEndShouldBeStoredAsZeros() {
		fill(5000);
		this.pager.write(60_000, Bytes.random(1, 10));
		assertContent();
		RecordedWrites writes = record();
		commit();
		assertThat(writes.writes()).hasSize(1);
		assertStored();
		reopen();
		assertContent();
	}

	@Test
	void extendedFileShouldBeStoredWithZeros() {
		fill(5000);
		this.pager.truncate(30_001);
		assertContent();
		commit();
		assertStored();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 4095, 4096, 4097, 10_000, 12_288, 40_959 })
	void fileCutInATransactionShouldLoseItsEnd(int size) {
		fill(40_960);
		this.pager.truncate(size);
		assertContent();
		RecordedWrites writes = record();
		commit();
		assertThat(writes.writes()).hasSize(1);
		assertStored();
		reopen();
		assertContent();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 4095, 4096, 4097, 10_000, 12_288, 40_959 })
	void fileCutBehindACommitShouldLoseItsEndInOneWrite(int size) {
		fill(40_960);
		RecordedWrites writes = record();
		this.pager.cutAfterCommit(size);
		assertThat(writes.writes()).hasSize(1);
		assertContent();
		assertStored();
		reopen();
		assertContent();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 4095, 4096, 4097, 10_000, 12_288, 40_959 })
	void fileThatGrowsAgainShouldShowZerosWhereItWasCut(int size) {
		fill(40_960);
		// within a transaction
		this.pager.truncate(size);
		this.pager.truncate(40_960);
		assertContent();
		commit();
		assertStored();
		// and over two
		fill(40_960);
		this.pager.truncate(size);
		commit();
		this.pager.write(40_000, Bytes.random(3, 960));
		commit();
		assertStored();
		// behind a commit
		fill(40_960);
		this.pager.cutAfterCommit(size);
		this.pager.write(40_959, Bytes.random(3, 1));
		assertContent();
		commit();
		assertStored();
		reopen();
		assertContent();
	}

	@Test
	void fileThatGrowsInsideItsLastChunkShouldStoreThatChunkLonger() {
		fill(4097);
		reopen();
		RecordedWrites writes = record();
		this.pager.truncate(4100);
		commit();
		assertThat(writes.writes()).containsExactly(List.of("put main database metadata", "put main database chunk 1"));
		assertStored();
	}

	@Test
	void fileThatGrowsByWholeChunksShouldMakeItsShortLastChunkWhole() {
		fill(4097);
		reopen();
		this.pager.write(8192, Bytes.random(1, CHUNK));
		commit();
		assertStored();
	}

	@Test
	void transactionThatIsRolledBackShouldWriteNothing() {
		fill(40_960);
		RecordedWrites writes = record();
		this.pager.write(100, Bytes.random(1, 30_000));
		this.pager.write(50_000, Bytes.random(1, 3000));
		this.pager.truncate(9000);
		this.pager.write(20_000, Bytes.random(2, 10));
		this.pager.rollBack();
		assertContent();
		assertThat(writes.writes()).isEmpty();
		this.pager.write(39_000, Bytes.random(3, 9000));
		commit();
		assertStored();
	}

	@Test
	void writeBeyondTheLargestFileShouldBeRefused() {
		Bytes.write(this.files.journal(), 0, new byte[100]);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> Bytes.write(this.files.main(), ChunkKeys.MAX_FILE_SIZE, new byte[1]));
	}

	@Test
	void trimShouldForgetNothingThatCounts() {
		fill(40_960);
		this.files.trim();
		assertContent();
		this.pager.write(100, Bytes.random(1, 10_000));
		this.files.trim();
		assertContent();
		commit();
		this.files.trim();
		assertStored();
	}

	@ParameterizedTest
	@CsvSource({ "1, 3, 4096", "2, 3, 512", "3, 3, 65536", "4, 5, 1024", "5, 8, 4096", "6, 8, 512", "7, 16, 16384",
			"8, 128, 4096", "9, 128, 65536", "10, 65536, 4096", "11, 65536, 512", "12, 4, 4096" })
	void anySequenceOfTransactionsShouldLeaveWhatAnArrayHolds(long seed, int maxKeys, int pageSize) {
		ScriptedKvStore limited = new ScriptedKvStore(
				new MemoryKvStore(new KvLimits(maxKeys, (maxKeys < 128) ? 20_000 : 1_000_000)));
		StoredActor actor = new StoredActor(limited, Opened.ACTOR);
		VfsSettings settings = new VfsSettings(VfsSettings.LEAST_MEMORY, 3, 8);
		ActorFiles files = Opened.files(limited, settings);
		Pager pager = new Pager(files, pageSize);
		Random random = new Random(seed);
		for (int transaction = 0; transaction < 80; transaction++) {
			int changes = random.nextInt(10);
			for (int change = 0; change < changes; change++) {
				changeSomething(pager, random);
				if (random.nextInt(4) == 0) {
					assertThat(Bytes.readAll(files.main())).isEqualTo(pager.expected());
				}
			}
			if (changes > 0 && random.nextInt(3) == 0) {
				pager.rollBack();
			}
			else if (changes > 0) {
				pager.commit();
			}
			if (random.nextInt(4) == 0) {
				pager.cutAfterCommit(random.nextInt(pager.expected().length + 1));
			}
			assertThat(Bytes.readAll(files.main())).isEqualTo(pager.expected());
			assertThat(actor.bytes(FileTag.MAIN)).isEqualTo(pager.expected());
			actor.assertNothingButAMainDatabase();
			if (random.nextInt(10) == 0) {
				files.close();
				files = Opened.files(limited, settings);
				assertThat(Bytes.readAll(files.main())).isEqualTo(pager.expected());
				pager = new Pager(files, pageSize);
			}
		}
	}

	private static void changeSomething(Pager pager, Random random) {
		int size = pager.expected().length;
		int reach = Math.min(400_000, size + 40_000);
		switch (random.nextInt(8)) {
			case 0 -> pager.truncate(random.nextInt(size + 1));
			case 1 -> pager.truncate(Math.min(400_000, size + random.nextInt(20_000)));
			case 2 -> {
				int length = 1 + random.nextInt(100_000);
				pager.write(random.nextInt(Math.max(1, reach - length)), Bytes.random(random.nextLong(), length));
			}
			case 3, 4 -> pager.write(random.nextInt(reach) / CHUNK * CHUNK, Bytes.random(random.nextLong(), CHUNK));
			default -> pager.write(random.nextInt(reach), Bytes.random(random.nextLong(), 1 + random.nextInt(6000)));
		}
	}

	private void fill(int size) {
		this.pager.truncate(0);
		this.pager.write(0, Bytes.random(size, size));
		this.pager.commit();
	}

	private RecordedWrites record() {
		RecordedWrites writes = new RecordedWrites();
		this.store.follow(writes);
		return writes;
	}

	private void commit() {
		this.pager.commit();
		assertContent();
	}

	private void reopen() {
		byte[] expected = this.pager.expected();
		this.files.close();
		this.files = Opened.files(this.store);
		this.pager = new Pager(this.files, CHUNK);
		assertThat(this.pager.expected()).isEqualTo(expected);
	}

	private void assertContent() {
		assertThat(this.files.main().size()).isEqualTo(this.pager.expected().length);
		assertThat(Bytes.readAll(this.files.main())).isEqualTo(this.pager.expected());
	}

	private void assertStored() {
		assertThat(this.stored.bytes(FileTag.MAIN)).isEqualTo(this.pager.expected());
		this.stored.assertNothingButAMainDatabase();
	}

}
