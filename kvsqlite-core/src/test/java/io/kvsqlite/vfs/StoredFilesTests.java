package io.kvsqlite.vfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.EmptyDatabase;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.fixture.RecordingListener;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link StoredFiles}: what an open makes of every namespace it may find.
 */
class StoredFilesTests {

	private static final byte[] PAGE = EmptyDatabase.page(Opened.SQLITE_VERSION);

	private final MemoryKvStore store = new MemoryKvStore();

	private final StoredActor stored = new StoredActor(this.store, Opened.ACTOR);

	private final RecordingListener listener = new RecordingListener();

	@Test
	void openOfNothingShouldCreateTheDatabase() {
		try (ActorFiles files = open()) {
			assertThat(files.isCreated()).isTrue();
			assertThat(files.actorId()).isEqualTo(Opened.ACTOR);
			assertThat(files.commit()).isEqualTo(1);
			assertThat(files.epoch()).isPositive();
			assertThat(Bytes.readAll(files.main())).isEqualTo(PAGE);
		}
		this.stored.assertNothingButAMainDatabase();
		try (ActorFiles files = open()) {
			assertThat(files.isCreated()).isFalse();
			assertThat(files.commit()).isEqualTo(1);
			assertThat(Bytes.readAll(files.main())).isEqualTo(PAGE);
		}
	}

	@Test
	void openOfAFileWithoutBytesShouldFindItEmpty() {
		this.stored.put(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode(0));
		try (ActorFiles files = open()) {
			assertThat(files.isCreated()).isFalse();
			assertThat(files.main().size()).isZero();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "MAIN", "JOURNAL" })
	void openWhenMetadataHasAnyOtherLengthShouldSaySo(FileTag file) {
		byte[] metadata = FileMetadata.encode(4096);
		for (int length = 0; length < 30; length++) {
			if (length != FileMetadata.LENGTH) {
				storeDatabase();
				this.stored.put(ChunkKeys.metadata(file), Arrays.copyOf(metadata, length));
				assertDamaged(file, "it has %d bytes instead of 10".formatted(length));
			}
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "MAIN", "JOURNAL" })
	void openWhenMetadataIsOfANewerVersionShouldSaySo(FileTag file) {
		storeDatabase();
		this.stored.put(ChunkKeys.metadata(file), metadata(2, 4096));
		assertDamaged(file, "it has version 2, and only version 1 is known: a newer release wrote it");
		this.stored.put(ChunkKeys.metadata(file), metadata(0, 4096));
		assertDamaged(file, "it has version 0, and only version 1 is known");
	}

	@ParameterizedTest
	@ValueSource(longs = { ChunkKeys.MAX_FILE_SIZE + 1, Long.MAX_VALUE, -1, Long.MIN_VALUE })
	void openWhenMetadataHasAnImpossibleSizeShouldSaySo(long size) {
		storeDatabase();
		this.stored.put(ChunkKeys.metadata(FileTag.MAIN), metadata(1, size));
		assertDamaged(FileTag.MAIN, "is over the 17592186044416 bytes that a file can have");
	}

	@Test
	void openWhenMetadataIsMissingShouldNotTakeTheActorForNew() {
		storeDatabase();
		this.stored.remove(ChunkKeys.metadata(FileTag.MAIN));
		assertDamaged(FileTag.MAIN, "it is missing");
		assertThat(this.stored.keys()).containsExactly("main database chunk 0");
	}

	@Test
	void openWhenThereIsAJournalWithoutADatabaseShouldSaySo() {
		this.stored.write(new KvWrite().put(ChunkKeys.metadata(FileTag.JOURNAL), FileMetadata.encode(10))
			.put(ChunkKeys.chunk(FileTag.JOURNAL, 0), new byte[10]));
		assertDamaged(FileTag.MAIN, "it is missing");
	}

	@Test
	void openWhenTheFirstChunkIsMissingShouldOpenAndNameItWhenItIsRead() {
		storeDatabase();
		this.stored.remove(ChunkKeys.chunk(FileTag.MAIN, 0));
		try (ActorFiles files = open()) {
			assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> Bytes.readAll(files.main()))
				.withMessage("Actor '%s' is damaged: chunk 0 of its main database is missing", Opened.ACTOR);
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 18, 19, 4095, 4097 })
	void openWhenTheFirstChunkHasTheWrongLengthShouldNameItWhenItIsRead(int length) {
		storeDatabase();
		this.stored.put(ChunkKeys.chunk(FileTag.MAIN, 0), Arrays.copyOf(PAGE, length));
		try (ActorFiles files = open()) {
			assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(() -> Bytes.readAll(files.main()))
				.withMessageEndingWith("chunk 0 of its main database has %d bytes instead of 4096", length);
		}
	}

	@Test
	void openWhenTheFirstJournalChunkIsMissingShouldNameIt() {
		storeDatabase();
		this.stored.put(ChunkKeys.metadata(FileTag.JOURNAL), FileMetadata.encode(5000));
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(this::open)
			.withMessage("Actor '%s' is damaged: chunk 0 of its rollback journal is missing", Opened.ACTOR);
		this.stored.put(ChunkKeys.chunk(FileTag.JOURNAL, 0), new byte[4095]);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(this::open)
			.withMessage("Actor '%s' is damaged: chunk 0 of its rollback journal has 4095 bytes instead of 4096",
					Opened.ACTOR);
	}

	@ParameterizedTest
	@ValueSource(ints = { 18, 19 })
	void openWhenTheDatabaseAsksForAWriteAheadLogShouldSayWhatToDo(int offset) {
		storeDatabase();
		byte[] page = PAGE.clone();
		page[offset] = 2;
		this.stored.put(ChunkKeys.chunk(FileTag.MAIN, 0), page);
		assertThatExceptionOfType(UnsupportedDatabaseException.class).isThrownBy(this::open)
			.withMessageContaining("Actor '%s'", Opened.ACTOR)
			.withMessageContaining("write-ahead log");
	}

	@Test
	void openThatFailsShouldGiveTheActorUp() {
		storeDatabase();
		this.stored.put(ChunkKeys.metadata(FileTag.MAIN), new byte[3]);
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(this::open);
		MemoryKvStore other = this.store.sibling("other");
		new StoredActor(other, Opened.ACTOR).put(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode(4096));
		try (ActorFiles files = Opened.files(other)) {
			assertThat(Bytes.readAll(files.main())).isEqualTo(PAGE);
		}
	}

	private void assertDamaged(FileTag file, String problem) {
		int events = this.listener.events().size();
		assertThatExceptionOfType(CorruptedActorException.class).isThrownBy(this::open)
			.withMessageStartingWith("Actor '%s' is damaged: the metadata of its %s cannot be used", Opened.ACTOR, file)
			.withMessageEndingWith(problem)
			.satisfies((ex) -> {
				assertThat(ex.actorId()).isEqualTo(Opened.ACTOR);
				assertThat(ex.file()).isEqualTo(file);
				assertThat(ex.chunk()).isEqualTo(-1);
				if (!problem.equals("it is missing")) {
					assertThat(ex).hasCauseInstanceOf(MalformedMetadataException.class);
				}
			});
		assertThat(this.listener.events().subList(events, this.listener.events().size()))
			.containsExactly("damaged " + Opened.ACTOR + " " + file + " -1");
	}

	private ActorFiles open() {
		return Opened.files(this.store, this.listener);
	}

	private void storeDatabase() {
		this.stored.write(new KvWrite().put(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode(PAGE.length))
			.put(ChunkKeys.chunk(FileTag.MAIN, 0), PAGE)
			.delete(ChunkKeys.metadata(FileTag.JOURNAL)));
	}

	private static byte[] metadata(int version, long size) {
		return ByteBuffer.allocate(FileMetadata.LENGTH)
			.order(ByteOrder.LITTLE_ENDIAN)
			.putShort((short) version)
			.putLong(size)
			.array();
	}

}
