package io.kvsqlite.vfs;

import java.nio.ByteBuffer;
import java.util.Arrays;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.EmptyDatabase;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link UnwrittenPages} and for what else {@link StoredChunks} takes for
 * complete.
 */
class UnwrittenPagesTests {

	private static final int SIZE = 20 * ChunkKeys.CHUNK_SIZE;

	private final MemoryKvStore store = new MemoryKvStore();

	private final KvSession session = this.store.open("actor", new byte[0][]).session();

	private final StoredChunks main = new StoredChunks(new ActorSession(this.store, this.session, new VfsListener() {
	}), FileTag.MAIN, 1);

	private final StoredChunks journal = new StoredChunks(new ActorSession(this.store, this.session, new VfsListener() {
	}), FileTag.JOURNAL, 1);

	@AfterEach
	void tearDown() {
		this.store.close();
	}

	@Test
	void readWhenFreePageIsAbsentShouldBeZeros() {
		putHeader(4096, 3);
		putTrunk(3, 0, 7, 9);
		assertThat(read(6)).isEqualTo(new byte[4096]);
		assertThat(read(8)).isEqualTo(new byte[4096]);
	}

	@ParameterizedTest
	@CsvSource({ "1", "2", "4", "7", "9", "19" })
	void readWhenAnyOtherPageIsAbsentShouldNameItsChunk(long chunk) {
		putHeader(4096, 4);
		putTrunk(4, 0, 7, 9);
		assertMissing(chunk);
	}

	@Test
	void readShouldFollowTheFreeListFromTrunkToTrunk() {
		putHeader(4096, 3);
		putTrunk(3, 5, 7);
		putTrunk(5, 0, 12, 13);
		assertThat(read(6)).isEqualTo(new byte[4096]);
		assertThat(read(11)).isEqualTo(new byte[4096]);
		assertMissing(13);
	}

	@Test
	void readWhenTrunkIsAbsentShouldNameTheChunk() {
		putHeader(4096, 3);
		assertMissing(2);
		assertMissing(6);
	}

	@Test
	void readWhenFreeListRunsInCirclesShouldEnd() {
		putHeader(4096, 3);
		putTrunk(3, 5, 7);
		putTrunk(5, 3, 8);
		assertThat(read(7)).isEqualTo(new byte[4096]);
		assertMissing(9);
	}

	@ParameterizedTest
	@CsvSource({ "4096, -1", "4096, 1023", "4096, 2147483647" })
	void readWhenTrunkIsNonsenseShouldNameTheChunk(int pageSize, int leaves) {
		putHeader(pageSize, 3);
		put(2, ByteBuffer.allocate(4096).putInt(0).putInt(leaves).putInt(7).array());
		assertMissing(6);
	}

	@ParameterizedTest
	@CsvSource({ "0", "3", "256", "5000" })
	void readWhenPageSizeIsNonsenseShouldNameTheChunk(int pageSize) {
		putHeader(pageSize, 3);
		putTrunk(3, 0, 7);
		assertMissing(6);
	}

	@Test
	void readWhenFirstChunkIsAbsentShouldNameIt() {
		assertMissing(0);
	}

	@Test
	void readWhenFreePageWasWrittenSinceShouldNameTheChunk() {
		putHeader(4096, 3);
		putTrunk(3, 0, 7);
		assertThat(read(6)).isEqualTo(new byte[4096]);
		this.main.written(6);
		assertMissing(6);
	}

	@Test
	void readWhenFreeListChangedShouldReadItAgain() {
		putHeader(4096, 3);
		putTrunk(3, 0, 7);
		assertMissing(7);
		putTrunk(3, 0, 7, 8);
		assertThat(read(7)).isEqualTo(new byte[4096]);
	}

	@Test
	void readWhenPageHasManyChunksShouldKnowThemAll() {
		putHeader(1, 2);
		byte[] trunk = ByteBuffer.allocate(65536).putInt(0).putInt(1).putInt(4).array();
		for (int i = 0; i < 16; i++) {
			put(16 + i, Arrays.copyOfRange(trunk, i * 4096, (i + 1) * 4096));
		}
		long size = 5 * 65536;
		assertThat(this.main.get(48, 63, size)).isEqualTo(new byte[4096]);
		assertThat(this.main.get(63, 63, size)).isEqualTo(new byte[4096]);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> this.main.get(64, 64, size));
	}

	@Test
	void readOfLockBytesPageShouldBeZeros() {
		putHeader(4096, 0);
		long size = (1L << 30) + 2 * 4096;
		assertThat(this.main.get(262144, 262144, size)).isEqualTo(new byte[4096]);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> this.main.get(262143, 262143, size))
			.satisfies((ex) -> assertThat(ex.chunk()).isEqualTo(262143));
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> this.main.get(262145, 262145, size));
	}

	@Test
	void readWhenMainChunkIsShortShouldSayHowShort() {
		putHeader(4096, 0);
		put(1, new byte[100]);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> read(1))
			.withMessage("Actor 'actor' is damaged: chunk 1 of its main database has 100 bytes instead of 4096");
	}

	@Test
	void readWhenChunkOfAJournalWithGapsIsShortShouldFillItWithZeros() {
		this.journal.acceptGaps();
		this.session.write(new KvWrite().put(ChunkKeys.chunk(FileTag.JOURNAL, 3), new byte[] { 1, 2 }));
		assertThat(this.journal.get(3, 3, SIZE)).isEqualTo(Arrays.copyOf(new byte[] { 1, 2 }, 4096));
	}

	@Test
	void readWhenChunkOfAJournalWithoutGapsIsShortShouldNameIt() {
		this.session.write(new KvWrite().put(ChunkKeys.chunk(FileTag.JOURNAL, 3), new byte[] { 1, 2 }));
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> this.journal.get(3, 3, SIZE))
			.withMessage("Actor 'actor' is damaged: chunk 3 of its rollback journal has 2 bytes instead of 4096");
	}

	@Test
	void readWhenJournalChunkIsAbsentOrTooLongShouldNameIt() {
		this.journal.acceptGaps();
		this.session.write(new KvWrite().put(ChunkKeys.chunk(FileTag.JOURNAL, 1), new byte[4097]));
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> this.journal.get(0, 0, SIZE))
			.withMessage("Actor 'actor' is damaged: chunk 0 of its rollback journal is missing");
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> this.journal.get(1, 1, SIZE))
			.withMessage("Actor 'actor' is damaged: chunk 1 of its rollback journal has 4097 bytes instead of 4096");
	}

	private byte[] read(long chunk) {
		return this.main.get(chunk, chunk, SIZE);
	}

	private void assertMissing(long chunk) {
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> read(chunk))
			.withMessage("Actor 'actor' is damaged: chunk %d of its main database is missing", chunk);
	}

	private void putHeader(int pageSize, int firstTrunk) {
		byte[] page = EmptyDatabase.page(3053004);
		ByteBuffer.wrap(page).putShort(16, (short) pageSize).putInt(32, firstTrunk);
		put(0, page);
	}

	private void putTrunk(int page, int next, int... leaves) {
		ByteBuffer trunk = ByteBuffer.allocate(4096).putInt(next).putInt(leaves.length);
		for (int leaf : leaves) {
			trunk.putInt(leaf);
		}
		put(page - 1, trunk.array());
	}

	private void put(long chunk, byte[] value) {
		this.session.write(new KvWrite().put(ChunkKeys.chunk(FileTag.MAIN, chunk), value));
	}

}
