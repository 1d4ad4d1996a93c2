package io.kvsqlite.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.codec.FileTag;
import io.kvsqlite.data.DatabaseRefusedException.Reason;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for {@link ActorImport}.
 */
class ActorImportTests {

	private final MemoryKvStore store = new MemoryKvStore(KvLimits.REFERENCE);

	private final ActorImport in = new ActorImport(this.store);

	@TempDir
	private Path directory;

	private Path source() {
		return this.directory.resolve("in.sqlite");
	}

	private Path sample() throws Exception {
		Sql.onFile(source(), Sql.SAMPLE);
		return source();
	}

	private void assertIsSample(String actorId) throws Exception {
		assertThat(Sql.rowsOfActor(this.store, actorId, "PRAGMA integrity_check")).containsExactly("ok");
		assertThat(Sql.rowsOfActor(this.store, actorId, "SELECT count(*) FROM t")).containsExactly("2001");
		new StoredActor(this.store, actorId).assertNothingButAMainDatabase();
	}

	@ParameterizedTest
	@CsvSource({ "512,DELETE", "512,WAL", "1024,PERSIST", "4096,TRUNCATE", "4096,WAL", "8192,DELETE", "65536,DELETE",
			"65536,WAL" })
	void importShouldTakeAnyPageSizeAndJournalMode(int pageSize, String mode) throws Exception {
		Sql.onFile(source(), "PRAGMA page_size=" + pageSize + "; PRAGMA journal_mode=" + mode + ";" + Sql.SAMPLE);
		byte[] before = Files.readAllBytes(source());
		this.in.fromFile(source(), "a");
		assertIsSample("a");
		assertThat(Sql.rowsOfActor(this.store, "a", "PRAGMA page_size")).containsExactly(String.valueOf(pageSize));
		assertThat(Sql.rowsOfActor(this.store, "a", "PRAGMA journal_mode")).containsExactly("delete");
		assertThat(Files.readAllBytes(source())).isEqualTo(before);
	}

	@Test
	void importedActorShouldBeUsable() throws Exception {
		this.in.fromFile(sample(), "a");
		Sql.onActor(this.store, "a", "INSERT INTO t (name) VALUES ('more'); DELETE FROM t WHERE id < 100; VACUUM;");
		assertThat(Sql.rowsOfActor(this.store, "a", "SELECT count(*) FROM t")).containsExactly("1903");
	}

	@Test
	void importShouldTakeWhatIsInTheLogBesideTheFile() throws Exception {
		try (Connection connection = Sql.connect(source())) {
			Sql.execute(connection, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;" + Sql.SAMPLE);
			assertThat(Files.size(this.directory.resolve("in.sqlite-wal"))).isPositive();
			this.in.fromFile(source(), "a");
		}
		assertIsSample("a");
	}

	@Test
	void importShouldRollBackAHotJournalBesideTheFile() throws Exception {
		sample();
		Path crashed = this.directory.resolve("crashed.sqlite");
		try (Connection connection = Sql.connect(source())) {
			Sql.execute(connection, "PRAGMA cache_size=5; BEGIN; UPDATE t SET name = 'lost', body = zeroblob(500)");
			Files.copy(source(), crashed);
			Files.copy(this.directory.resolve("in.sqlite-journal"), this.directory.resolve("crashed.sqlite-journal"));
		}
		byte[] torn = Files.readAllBytes(crashed);
		this.in.fromFile(crashed, "a");
		assertIsSample("a");
		assertThat(Sql.rowsOfActor(this.store, "a", "SELECT count(*) FROM t WHERE name = 'lost'")).containsExactly("0");
		assertThat(Files.readAllBytes(crashed)).as("the source").isEqualTo(torn);
		assertThat(this.directory.resolve("crashed.sqlite-journal")).exists();
	}

	@Test
	void importShouldTakeAStream() throws Exception {
		try (InputStream stream = Files.newInputStream(sample())) {
			this.in.fromStream(stream, "a");
		}
		assertIsSample("a");
	}

	@Test
	void importOfAnExportShouldBeTheSame() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		new ActorExport(this.store).toFile("a", source());
		this.in.fromFile(source(), "b");
		assertIsSample("b");
	}

	@Test
	void importOfAnEmptyDatabaseShouldMakeOne() throws Exception {
		Sql.onFile(source(), "CREATE TABLE gone (x); DROP TABLE gone; PRAGMA user_version=3");
		this.in.fromFile(source(), "a");
		assertThat(Sql.rowsOfActor(this.store, "a", "PRAGMA user_version")).containsExactly("3");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "x", "SQLite format 2 and more", "PK\u0003\u0004 an archive of some kind" })
	void importOfWhatIsNoDatabaseShouldBeRefused(String content) throws Exception {
		Files.writeString(source(), content);
		assertRefused(Reason.NOT_A_DATABASE);
		assertThatThrownBy(
				() -> this.in.fromStream(new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)), "a"))
			.isInstanceOf(DatabaseRefusedException.class)
			.hasMessageContaining("the stream");
	}

	@Test
	void importOfADirectoryShouldBeRefused() throws Exception {
		Files.createDirectory(source());
		assertRefused(Reason.NOT_A_DATABASE);
	}

	@Test
	void importOfWhatIsMissingShouldBeRefused() {
		assertThatThrownBy(() -> this.in.fromFile(source(), "a")).isInstanceOf(NoSuchFileException.class)
			.hasMessageContaining(source().toString());
		assertThat(this.store.owner("a")).isNull();
	}

	@Test
	void importOfADatabaseThatWasCutOffShouldBeRefused() throws Exception {
		sample();
		try (FileChannel channel = FileChannel.open(source(), StandardOpenOption.WRITE)) {
			channel.truncate(channel.size() / 2);
		}
		assertRefused(Reason.DAMAGED);
	}

	@Test
	void importOfADatabaseWithForeignBytesShouldBeRefused() throws Exception {
		sample();
		overwrite(20_000, "these are not bytes of a page, whatever page it may have been before"
			.getBytes(StandardCharsets.UTF_8));
		assertRefused(Reason.DAMAGED);
	}

	@Test
	void importOfADatabaseWithAnIndexThatMissesARowShouldBeRefused() throws Exception {
		Sql.onFile(source(), "CREATE TABLE t (x); CREATE INDEX t_x ON t (x); INSERT INTO t VALUES (1), (2), (3)");
		Sql.onFile(source(), """
				PRAGMA writable_schema=ON;
				UPDATE sqlite_schema SET sql = 'CREATE INDEX t_x ON t (x) WHERE x > 2' WHERE name = 't_x';
				""");
		Sql.onFile(source(), "INSERT INTO t VALUES (0)");
		Sql.onFile(source(), """
				PRAGMA writable_schema=ON;
				UPDATE sqlite_schema SET sql = 'CREATE INDEX t_x ON t (x)' WHERE name = 't_x';
				""");
		assertRefused(Reason.DAMAGED);
	}

	@Test
	void importOfAnEncryptedDatabaseShouldBeRefused() throws Exception {
		// the header is plain and the rest is not, as some ciphers have it
		sample();
		byte[] bytes = Files.readAllBytes(source());
		for (int i = 32; i < bytes.length; i++) {
			bytes[i] ^= (byte) (i * 31 + 7);
		}
		Files.write(source(), bytes);
		assertRefused(Reason.DAMAGED);
		// and where nothing is plain
		for (int i = 0; i < 32; i++) {
			bytes[i] ^= (byte) (i * 31 + 7);
		}
		Files.write(source(), bytes);
		assertRefused(Reason.NOT_A_DATABASE);
	}

	private void assertRefused(Reason reason) {
		assertThatThrownBy(() -> this.in.fromFile(source(), "a"))
			.isInstanceOfSatisfying(DatabaseRefusedException.class, (ex) -> assertThat(ex.reason()).isEqualTo(reason))
			.hasMessageContaining(source().toString());
		assertThat(this.store.owner("a")).as("what was written of the actor").isNull();
	}

	private void overwrite(long position, byte[] bytes) throws IOException {
		try (FileChannel channel = FileChannel.open(source(), StandardOpenOption.WRITE)) {
			channel.write(ByteBuffer.wrap(bytes), position);
		}
	}

	@Test
	void importOfAFileThatChangesMeanwhileShouldBeRefused() throws Exception {
		sample();
		ActorImport changing = this.in.listener((actorId, done, total) -> {
			if (done == total) {
				try {
					FileTime time = Files.getLastModifiedTime(source());
					overwrite(50_000, new byte[] { 1, 2, 3 });
					Files.setLastModifiedTime(source(), time);
				}
				catch (IOException ex) {
					throw new IllegalStateException(ex);
				}
			}
		});
		assertThatThrownBy(() -> changing.fromFile(source(), "a"))
			.isInstanceOfSatisfying(DatabaseRefusedException.class,
					(ex) -> assertThat(ex.reason()).isEqualTo(Reason.CHANGED))
			.hasMessageContaining("changed while it was read");
		assertThat(this.store.owner("a")).isNull();
	}

	@Test
	void importOfAFileThatGetsAJournalMeanwhileShouldBeRefused() throws Exception {
		sample();
		ActorImport changing = this.in.listener((actorId, done, total) -> {
			try {
				Files.writeString(this.directory.resolve("in.sqlite-journal"), "new");
			}
			catch (IOException ex) {
				throw new IllegalStateException(ex);
			}
		});
		assertThatThrownBy(() -> changing.fromFile(source(), "a")).isInstanceOfSatisfying(
				DatabaseRefusedException.class, (ex) -> assertThat(ex.reason()).isEqualTo(Reason.CHANGED));
		assertThat(this.store.owner("a")).isNull();
	}

	@Test
	void importToAnActorThatExistsShouldLeaveItUnlessAskedFor() throws Exception {
		Sql.onActor(this.store, "a", "CREATE TABLE precious AS SELECT 42 AS x");
		sample();
		assertThatThrownBy(() -> this.in.fromFile(source(), "a")).isInstanceOf(ActorExistsException.class)
			.hasMessageContaining("'a' exists");
		assertThat(Sql.rowsOfActor(this.store, "a", "SELECT x FROM precious")).containsExactly("42");
		this.in.replacing(true).fromFile(source(), "a");
		assertIsSample("a");
	}

	@Test
	void refusedImportShouldNotTakeTheActorFromWhoeverHasIt() throws Exception {
		sample();
		try (ActorDatabase actor = Sql.open(this.store, "a")) {
			Sql.execute(actor.connection(), "CREATE TABLE t (x)");
			assertThatThrownBy(() -> this.in.fromFile(source(), "a")).isInstanceOf(ActorExistsException.class);
			Sql.execute(actor.connection(), "INSERT INTO t VALUES (1)");
		}
	}

	@Test
	void importToAnActorThatAnotherOwnerHasShouldBeRefused() throws Exception {
		sample();
		try (MemoryKvStore other = this.store.sibling("another"); ActorDatabase actor = Sql.open(other, "a")) {
			assertThatThrownBy(() -> this.in.replacing(true).fromFile(source(), "a"))
				.isInstanceOf(KvActorOwnedException.class);
			assertThat(actor.isUsable()).isTrue();
		}
	}

	@ParameterizedTest
	@CsvSource({ "512,4096", "4096,512", "4096,4096", "1024,65536", "65536,1024" })
	void replacementBrokenOffAtAnyWriteShouldLeaveTheOldOrTheNew(int oldPageSize, int newPageSize) throws Exception {
		Sql.onActor(this.store, "a",
				"PRAGMA page_size=" + oldPageSize + "; VACUUM; CREATE TABLE old AS SELECT zeroblob(600000) AS x");
		Sql.onFile(source(), "PRAGMA page_size=" + newPageSize + ";" + Sql.SAMPLE);
		ScriptedKvStore scripted = new ScriptedKvStore(this.store);
		List<String> states = new ArrayList<>();
		scripted.follow(new ScriptedKvStore.Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				next.run();
				states.add(state("a"));
			}

		});
		new ActorImport(scripted).replacing(true).fromFile(source(), "a");
		assertThat(states).hasSizeGreaterThan(3).startsWith("old").endsWith("the new one");
		assertThat(states).as("old until the commit, new from there").isSorted().containsOnly("old", "the new one");
		assertIsSample("a");
	}

	/**
	 * Return what somebody would find who opened the actor after a crash at this moment,
	 * and check that a snapshot shows the same.
	 */
	private String state(String actorId) {
		try {
			MemoryKvStore crashed = new StoredActor(this.store, actorId).copyTo(new MemoryKvStore(KvLimits.REFERENCE));
			String found = Sql.rowsOfActor(crashed, actorId, "PRAGMA integrity_check") + ""
					+ Sql.rowsOfActor(crashed, actorId, "SELECT name FROM sqlite_schema");
			Path file = Files.createTempFile(this.directory, "state", ".sqlite");
			new ActorExport(this.store).replacing(true).toFile(actorId, file);
			assertThat(Sql.rowsOfFile(file, "PRAGMA integrity_check") + ""
					+ Sql.rowsOfFile(file, "SELECT name FROM sqlite_schema"))
				.isEqualTo(found);
			Files.delete(file);
			return switch (found) {
				case "[ok][]" -> "empty";
				case "[ok][old]" -> "old";
				case "[ok][t, t_name]" -> "the new one";
				default -> "torn: " + found;
			};
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void importThatFailsAtAnyWriteShouldLeaveNothing() throws Exception {
		sample();
		int writes = 0;
		for (boolean finished = false; !finished; writes++) {
			MemoryKvStore fresh = new MemoryKvStore(new KvLimits(10, 64 * 1024));
			ScriptedKvStore failing = new ScriptedKvStore(fresh);
			int last = writes;
			int[] count = { 0 };
			failing.follow(new ScriptedKvStore.Script() {

				@Override
				public void write(KvWrite write, Runnable next) {
					if (count[0]++ >= last) {
						throw new KvStoreFullException("No room");
					}
					next.run();
				}

			});
			try {
				new ActorImport(failing).fromFile(source(), "a");
				finished = true;
			}
			catch (KvStoreFullException ex) {
				assertThat(fresh.owner("a")).as("after %d writes", writes).isNull();
			}
		}
		assertThat(writes).isGreaterThan(5);
	}

	/**
	 * The lease of the one who imports has ended, and the store has no room for all. At
	 * each operation in turn somebody else begins to use the actor.
	 */
	@Test
	void importThatFailsShouldNotDeleteWhatAnotherOwnerMadeOfTheActor() throws Exception {
		Sql.onFile(source(), "CREATE TABLE t AS SELECT zeroblob(50000) AS x");
		int step = 0;
		for (boolean interrupted = true; interrupted; step++) {
			MemoryKvStore importer = new MemoryKvStore(new KvLimits(10, 64 * 1024));
			MemoryKvStore another = importer.sibling("other");
			importer.expireLease();
			ScriptedKvStore full = new ScriptedKvStore(importer);
			int[] writes = { 0 };
			full.follow(new ScriptedKvStore.Script() {

				@Override
				public void write(KvWrite write, Runnable next) {
					if (writes[0]++ > 2) {
						throw new KvStoreFullException("No room");
					}
					next.run();
				}

			});
			Interruption interruption = new Interruption(step,
					() -> Sql.onActor(another, "a", "CREATE TABLE late AS SELECT 1 AS x"));
			ActorImport in = new ActorImport(new InterruptedKvStore(full, interruption));
			assertThatThrownBy(() -> in.fromFile(source(), "a")).isInstanceOfAny(KvException.class,
					ActorExistsException.class, IOException.class);
			interrupted = interruption.isOver();
			if (interrupted) {
				assertThat(Sql.rowsOfActor(another, "a", "SELECT x FROM late")).as("step %d", step)
					.containsExactly("1");
			}
			else {
				assertThat(another.owner("a")).isNull();
			}
		}
		assertThat(step).isGreaterThan(20);
	}

	@Test
	void importAfterACrashInTheMiddleOfAnotherShouldSucceed() throws Exception {
		sample();
		List<MemoryKvStore> crashes = new ArrayList<>();
		ScriptedKvStore scripted = new ScriptedKvStore(this.store);
		scripted.follow(new ScriptedKvStore.Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				next.run();
				crashes.add(new StoredActor(ActorImportTests.this.store, "a")
					.copyTo(new MemoryKvStore(KvLimits.REFERENCE)));
			}

		});
		new ActorImport(scripted).fromFile(source(), "a");
		assertThat(crashes).hasSizeGreaterThan(3);
		for (MemoryKvStore crash : crashes.subList(0, crashes.size() - 1)) {
			new ActorImport(crash).fromFile(source(), "a");
			assertThat(Sql.rowsOfActor(crash, "a", "SELECT count(*) FROM t")).containsExactly("2001");
		}
	}

	@Test
	void bytesBehindTheLastPageShouldBeLeftOut() throws Exception {
		long size = Files.size(sample());
		overwrite(size, new byte[10_000]);
		this.in.fromFile(source(), "a");
		assertIsSample("a");
		assertThat(new StoredActor(this.store, "a").size(FileTag.MAIN)).isEqualTo(size);
	}

	@Test
	void listenerThatFailsShouldLeaveNothing() throws Exception {
		sample();
		assertThatThrownBy(() -> this.in.listener((actorId, done, total) -> {
			throw new IllegalStateException("enough");
		}).fromFile(source(), "a")).hasMessage("enough");
		assertThat(this.store.owner("a")).isNull();
	}

}
