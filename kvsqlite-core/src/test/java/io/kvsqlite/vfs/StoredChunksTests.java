package io.kvsqlite.vfs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.fixture.RecordingListener;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.ScriptedKvStore.Script;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link StoredChunks}.
 */
class StoredChunksTests {

	private static final int COUNT = 1000;

	private static final long SIZE = COUNT * 4096L - 100;

	private final ScriptedKvStore store = new ScriptedKvStore(new MemoryKvStore());

	private final RecordingListener listener = new RecordingListener();

	private final RecordedReads reads = new RecordedReads();

	private StoredChunks chunks;

	private ActorSession session;

	@BeforeEach
	void storeChunks() {
		KvWrite write = new KvWrite();
		for (int i = 0; i < COUNT; i++) {
			write.put(ChunkKeys.chunk(FileTag.MAIN, i), chunkOf(i));
		}
		new StoredActor(this.store, Opened.ACTOR).write(write);
		this.store.follow(this.reads);
		this.session = Opened.session(this.store, this.listener);
		this.chunks = new StoredChunks(this.session, FileTag.MAIN, 64);
	}

	@Test
	void getShouldReadTheChunk() {
		assertThat(get(7)).isEqualTo(chunkOf(7));
		assertThat(get(COUNT - 1)).isEqualTo(chunkOf(COUNT - 1));
		assertThat(this.reads.sizes()).containsExactly(1, 1);
	}

	@Test
	void getWhenItWasPreloadedShouldReadNothing() {
		byte[] preloaded = chunkOf(3);
		this.chunks.preload(3, preloaded);
		assertThat(get(3)).isSameAs(preloaded);
		assertThat(this.reads.sizes()).isEmpty();
		assertThat(this.listener.readAheadUsed()).as("came with the open").isZero();
	}

	@Test
	void getWhenSeveralChunksAreNeededShouldReadThemTogether() {
		this.chunks.get(20, 35, SIZE);
		for (int i = 21; i <= 35; i++) {
			assertThat(get(i)).isEqualTo(chunkOf(i));
		}
		assertThat(this.reads.sizes()).containsExactly(16);
		assertThat(this.listener.readAheadChunks()).isZero();
	}

	@Test
	void getWhenReadsRunForwardShouldReadAhead() {
		for (int i = 100; i < 166; i++) {
			assertThat(get(i)).isEqualTo(chunkOf(i));
		}
		assertThat(this.reads.sizes()).containsExactly(1, 1, 64);
		assertThat(this.listener.readAheadChunks()).isEqualTo(63);
	}

	@Test
	void eachChunkReadAheadShouldBeCountedAsUsedOnceAtMost() {
		this.chunks.preload(0, chunkOf(0));
		Random random = new Random(7);
		long position = 0;
		for (int i = 0; i < 20_000; i++) {
			position = (random.nextInt(50) == 0) ? random.nextInt(COUNT) : (position + random.nextInt(3)) % COUNT;
			long last = Math.min(COUNT - 1, position + random.nextInt(4));
			this.chunks.get(position, last, SIZE);
			// pages smaller than a chunk ask for it again
			for (int part = random.nextInt(8); part > 0; part--) {
				this.chunks.get(position, position, SIZE);
			}
			if (random.nextBoolean()) {
				this.chunks.forget(position);
			}
			assertThat(this.listener.readAheadUsed()).isLessThanOrEqualTo(this.listener.readAheadChunks());
		}
		assertThat(this.listener.readAheadUsed()).isPositive();
	}

	@Test
	void usedShouldBeAllThatWasReadAheadWhenAScanTakesItAll() {
		for (int i = 0; i < COUNT; i++) {
			get(i);
			get(i);
			this.chunks.forget(i);
		}
		assertThat(this.listener.readAheadUsed()).isPositive().isEqualTo(this.listener.readAheadChunks());
	}

	@Test
	void getWhenReadsRunBackwardShouldReadAheadThatWay() {
		for (int i = 165; i >= 100; i--) {
			assertThat(get(i)).isEqualTo(chunkOf(i));
		}
		assertThat(this.reads.sizes()).containsExactly(1, 1, 64);
	}

	@Test
	void getShouldNotReadAheadBeyondTheFile() {
		for (int i = COUNT - 5; i < COUNT; i++) {
			get(i);
		}
		assertThat(this.reads.sizes()).containsExactly(1, 1, 3);
		for (int i = 4; i >= 0; i--) {
			get(i);
		}
		assertThat(this.reads.sizes()).containsExactly(1, 1, 3, 1, 1, 3);
	}

	@Test
	void getShouldNotReadAgainWhatIsBuffered() {
		this.chunks.preload(103, chunkOf(103));
		for (int i = 100; i < 103; i++) {
			get(i);
		}
		assertThat(this.reads.sizes()).containsExactly(1, 1, 63);
	}

	@Test
	void bufferShouldStayWithinItsBound() {
		for (int i = 0; i < COUNT; i++) {
			assertThat(Arrays.equals(get(i), chunkOf(i))).isTrue();
		}
		// 64 chunks at a time, never one twice, although the buffer of 128 overflows
		assertThat(this.reads.sizes().stream().mapToInt(Integer::intValue).sum()).isEqualTo(COUNT);
		assertThat(this.reads.sizes()).hasSizeLessThanOrEqualTo(COUNT / 64 + 3);
	}

	@Test
	void forgetShouldReadTheChunkAgain() {
		get(7);
		new StoredActorWithin(this.session).put(7, chunkOf(8));
		this.chunks.forget(7);
		assertThat(get(7)).isEqualTo(chunkOf(8));
	}

	@Test
	void forgetFromShouldKeepWhatLiesBefore() {
		for (int i = 0; i < 3; i++) {
			get(i);
		}
		this.chunks.forgetFrom(10);
		get(9);
		assertThat(this.reads.sizes()).containsExactly(1, 1, 64);
		get(10);
		assertThat(this.reads.sizes()).hasSize(4);
	}

	@Test
	void clearShouldForgetEverything() {
		get(7);
		this.chunks.clear();
		get(7);
		assertThat(this.reads.sizes()).containsExactly(1, 1);
	}

	@Test
	void getWhenTheActorWasOpenedAgainShouldUseNothingFromBefore() {
		get(7);
		this.store.follow(new Script() {

			private boolean lost;

			@Override
			public void write(KvWrite write, Runnable next) {
				next.run();
				if (!this.lost) {
					this.lost = true;
					throw new KvIndeterminateException("the reply was lost");
				}
			}

		});
		this.session.write(new KvWrite());
		assertThat(this.session.reopened()).isEqualTo(1);
		this.store.follow(this.reads);
		get(7);
		assertThat(this.reads.sizes()).containsExactly(1, 1);
	}

	@Test
	void getWhenTheChunkIsMissingShouldNameIt() {
		new StoredActorWithin(this.session).remove(12);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> get(12)).satisfies((ex) -> {
			assertThat(ex.actorId()).isEqualTo(Opened.ACTOR);
			assertThat(ex.file()).isEqualTo(FileTag.MAIN);
			assertThat(ex.chunk()).isEqualTo(12);
			assertThat(ex).hasMessage("Actor '%s' is damaged: chunk 12 of its main database is missing", Opened.ACTOR);
		});
		assertThat(this.listener.events()).containsExactly("damaged " + Opened.ACTOR + " main database 12");
		assertThat(get(13)).isEqualTo(chunkOf(13));
	}

	@Test
	void getWhenAChunkAheadIsMissingShouldComplainOnlyWhenItIsAskedFor() {
		new StoredActorWithin(this.session).remove(12);
		for (int i = 5; i < 12; i++) {
			assertThat(get(i)).isEqualTo(chunkOf(i));
		}
		assertThat(this.listener.events()).isEmpty();
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> get(12));
		// once it is back it can be read
		new StoredActorWithin(this.session).put(12, chunkOf(12));
		assertThat(get(12)).isEqualTo(chunkOf(12));
	}

	@Test
	void getWhenTheChunkIsShortShouldSaySo() {
		new StoredActorWithin(this.session).put(12, new byte[4095]);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> get(12))
			.withMessageEndingWith("chunk 12 of its main database has 4095 bytes instead of 4096");
		new StoredActorWithin(this.session).put(12, new byte[0]);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> get(12))
			.withMessageEndingWith("has 0 bytes instead of 4096");
	}

	@Test
	void getWhenTheChunkIsOversizedShouldSaySo() {
		new StoredActorWithin(this.session).put(12, new byte[4097]);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> get(12))
			.withMessageEndingWith("chunk 12 of its main database has 4097 bytes instead of 4096");
		new StoredActorWithin(this.session).put(COUNT - 1, new byte[4096]);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> get(COUNT - 1))
			.withMessageEndingWith("has 4096 bytes instead of 3996");
	}

	private byte[] get(int index) {
		return this.chunks.get(index, index, SIZE);
	}

	private static byte[] chunkOf(int index) {
		return Bytes.random(index, ChunkKeys.chunkLength(index, SIZE));
	}

	/**
	 * Changes what is stored without taking the ownership from a session.
	 *
	 * @param session the session
	 */
	private record StoredActorWithin(ActorSession session) {

		void put(int index, byte[] value) {
			this.session.write(new KvWrite().put(ChunkKeys.chunk(FileTag.MAIN, index), value));
		}

		void remove(int index) {
			this.session.write(new KvWrite().delete(ChunkKeys.chunk(FileTag.MAIN, index)));
		}

	}

	private static final class RecordedReads implements Script {

		private final List<Integer> sizes = new ArrayList<>();

		List<Integer> sizes() {
			return this.sizes;
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys, Supplier<byte[] @Nullable []> next) {
			this.sizes.add(keys.length);
			return next.get();
		}

	}

}
