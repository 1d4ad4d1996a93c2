package io.kvsqlite.sqlite;

import java.sql.SQLException;
import java.util.Arrays;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.fixture.ActorBuilder;
import io.kvsqlite.fixture.Failures;
import io.kvsqlite.fixture.RecordingListener;
import io.kvsqlite.fixture.Sql;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.vfs.CorruptedActorException;
import io.kvsqlite.vfs.UnsupportedDatabaseException;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What SQL sees of an actor whose stored bytes are damaged.
 */
class DamagedActorTests {

	private static final String COUNT = "SELECT count(length(body)) FROM t";

	private final MemoryKvStore store = new MemoryKvStore();

	private final StoredActor stored = new StoredActor(this.store, ActorBuilder.ACTOR);

	private final RecordingListener listener = new RecordingListener();

	private int chunks;

	@BeforeEach
	void store() throws Exception {
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			Sql sql = new Sql(actor.connection()).fill("t", 600, 1000);
			this.chunks = (int) sql.number("PRAGMA page_count");
		}
	}

	@ParameterizedTest
	@ValueSource(doubles = { 0, 0.01, 0.5, 0.99, 1 })
	void missingChunkShouldBeNamed(double where) throws Exception {
		int chunk = (int) ((this.chunks - 1) * where);
		this.stored.remove(ChunkKeys.chunk(FileTag.MAIN, chunk));
		assertNamed(chunk, "is missing");
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 100, 4095, 4097, 8192 })
	void chunkOfTheWrongLengthShouldBeNamed(int length) throws Exception {
		for (int chunk : new int[] { 0, 1, this.chunks / 2, this.chunks - 1 }) {
			byte[] key = ChunkKeys.chunk(FileTag.MAIN, chunk);
			byte[] sound = this.stored.get(key);
			this.stored.put(key, Arrays.copyOf(sound, length));
			assertNamed(chunk, "has %d bytes instead of 4096".formatted(length));
			this.stored.put(key, sound);
		}
		assertSound();
	}

	@Test
	void missingChunksAtTheEndShouldBeNamedEvenIfTheSizeAgreesWithTheHeader() throws Exception {
		for (int chunk = this.chunks - 20; chunk < this.chunks; chunk++) {
			this.stored.remove(ChunkKeys.chunk(FileTag.MAIN, chunk));
		}
		assertDamaged().hasMessageContaining("of its main database is missing");
	}

	@Test
	void metadataOfAnyOtherLengthShouldBeRefused() throws Exception {
		byte[] metadata = FileMetadata.encode(this.chunks * 4096L);
		for (int length = 0; length < 24; length++) {
			if (length != FileMetadata.LENGTH) {
				this.stored.put(ChunkKeys.metadata(FileTag.MAIN), Arrays.copyOf(metadata, length));
				assertThat(openFailure()).hasMessageContaining("it has %d bytes instead of 10".formatted(length));
			}
		}
		this.stored.put(ChunkKeys.metadata(FileTag.MAIN), metadata);
		assertSound();
	}

	@Test
	void metadataOfANewerVersionShouldBeRefused() throws Exception {
		byte[] metadata = FileMetadata.encode(this.chunks * 4096L);
		metadata[0] = 2;
		this.stored.put(ChunkKeys.metadata(FileTag.MAIN), metadata);
		assertThat(openFailure()).hasMessageContaining("a newer release wrote it");
		assertThat(this.stored.get(ChunkKeys.metadata(FileTag.MAIN))).isEqualTo(metadata);
	}

	@Test
	void missingMetadataShouldNotMakeANewDatabase() throws Exception {
		this.stored.remove(ChunkKeys.metadata(FileTag.MAIN));
		assertThat(openFailure())
			.hasMessageContaining("the metadata of its main database cannot be used, it is missing");
		assertThat(this.stored.get(ChunkKeys.metadata(FileTag.MAIN))).isNull();
	}

	@Test
	void sizeThatIsTooSmallShouldNotBeTakenForASoundDatabase() throws Exception {
		this.stored.put(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode((this.chunks - 30) * 4096L));
		assertDamaged().hasMessageContaining("malformed").hasMessageContaining(ActorBuilder.ACTOR);
	}

	@Test
	void foreignBytesShouldNotBeTakenForADatabase() throws Exception {
		byte[] page = new byte[4096];
		Arrays.fill(page, (byte) 'x');
		this.stored.put(ChunkKeys.chunk(FileTag.MAIN, 0), page);
		assertDamaged().hasMessageContaining("file is not a database")
			.hasMessageEndingWith("(actor '%s')", ActorBuilder.ACTOR);
		assertThat(this.stored.get(ChunkKeys.chunk(FileTag.MAIN, 0))).isEqualTo(page);
	}

	@Test
	void databaseThatAsksForAWriteAheadLogShouldBeRefusedWithAReason() throws Exception {
		byte[] page = this.stored.get(ChunkKeys.chunk(FileTag.MAIN, 0)).clone();
		page[18] = 2;
		page[19] = 2;
		this.stored.put(ChunkKeys.chunk(FileTag.MAIN, 0), page);
		assertThatExceptionOfType(SQLException.class).isThrownBy(this::open)
			.withMessageContaining("write-ahead log")
			.withCauseInstanceOf(UnsupportedDatabaseException.class);
	}

	@Test
	void writesShouldNotHideDamage() throws Exception {
		int chunk = this.chunks / 2;
		this.stored.remove(ChunkKeys.chunk(FileTag.MAIN, chunk));
		try (ActorDatabase actor = open()) {
			Sql sql = new Sql(actor.connection());
			assertThat(Failures.of(actor, () -> sql.run("UPDATE t SET body = zeroblob(1000)")))
				.hasCauseInstanceOf(CorruptedActorException.class);
			assertThat(actor.isUsable()).isFalse();
		}
		try (ActorDatabase actor = open()) {
			// what is not damaged can still be read and written
			Sql sql = new Sql(actor.connection());
			sql.run("UPDATE t SET body = 'first' WHERE id = 1");
			assertThat(sql.text("SELECT body FROM t WHERE id = 1")).isEqualTo("first");
		}
		assertThat(this.stored.get(ChunkKeys.chunk(FileTag.MAIN, chunk))).isNull();
		assertNamed(chunk, "is missing");
	}

	private void assertNamed(int chunk, String problem) {
		assertDamaged()
			.hasMessageContaining("Actor '%s' is damaged: chunk %d of its main database %s"
				.formatted(ActorBuilder.ACTOR, chunk, problem))
			.cause()
			.isInstanceOfSatisfying(CorruptedActorException.class, (ex) -> {
				assertThat(ex.actorId()).isEqualTo(ActorBuilder.ACTOR);
				assertThat(ex.file()).isEqualTo(FileTag.MAIN);
				assertThat(ex.chunk()).isEqualTo(chunk);
			});
		assertThat(this.listener.events()).contains("damaged %s main database %d".formatted(ActorBuilder.ACTOR, chunk));
	}

	private AbstractThrowableAssert<?, ? extends Throwable> assertDamaged() {
		return assertThat(Failures.of(() -> {
			try (ActorDatabase actor = open()) {
				try {
					new Sql(actor.connection()).number(COUNT);
				}
				catch (SQLException ex) {
					throw actor.translate(ex);
				}
			}
		}));
	}

	private Throwable openFailure() {
		Throwable failure = Failures.of(this::open);
		assertThat(failure).hasCauseInstanceOf(CorruptedActorException.class)
			.hasMessageContaining("Actor '" + ActorBuilder.ACTOR + "' cannot be opened");
		return failure;
	}

	private void assertSound() throws Exception {
		try (ActorDatabase actor = open()) {
			Sql sql = new Sql(actor.connection());
			assertThat(sql.number(COUNT)).isEqualTo(600);
			sql.assertIntegrity();
		}
	}

	private ActorDatabase open() throws SQLException {
		return ActorBuilder.on(this.store).preload(2).listener(this.listener).open();
	}

}
