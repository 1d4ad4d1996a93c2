package io.kvsqlite.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.testing.ForwardingKvStore;
import io.kvsqlite.vfs.CorruptedActorException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for {@link ActorExport}.
 */
class ActorExportTests {

	private final MemoryKvStore store = new MemoryKvStore(KvLimits.REFERENCE);

	private final ActorExport export = new ActorExport(this.store);

	@TempDir
	private Path directory;

	private Path target() {
		return this.directory.resolve("out.sqlite");
	}

	private List<Path> files() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.toList();
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 512, 1024, 4096, 8192, 65536 })
	@RequiresSqlite3
	void fileShouldBeOneThatTheSqlite3ProgramOpens(int pageSize) throws Exception {
		Sql.onActor(this.store, "a", "PRAGMA page_size=" + pageSize + "; VACUUM;" + Sql.SAMPLE);
		this.export.toFile("a", target());
		assertThat(Sqlite3Program.run(target(), "PRAGMA integrity_check; PRAGMA page_size; SELECT count(*) FROM t;"))
			.isEqualTo("ok\n" + pageSize + "\n2001");
		assertThat(files()).containsExactly(target());
	}

	@Test
	void fileShouldHoldTheStoredBytes() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		this.export.toFile("a", target());
		assertThat(Files.readAllBytes(target())).isEqualTo(new StoredActor(this.store, "a").bytes(FileTag.MAIN));
	}

	@Test
	void streamShouldGetTheSameAsAFile() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		ByteArrayOutputStream stream = new ByteArrayOutputStream();
		this.export.toStream("a", stream);
		this.export.toFile("a", target());
		assertThat(stream.toByteArray()).isEqualTo(Files.readAllBytes(target()));
	}

	@Test
	void exportShouldNotTakeTheActorFromWhoeverHasIt() throws Exception {
		try (ActorDatabase actor = Sql.open(this.store, "a")) {
			Sql.execute(actor.connection(), Sql.SAMPLE);
			this.export.toFile("a", target());
			Sql.execute(actor.connection(), "INSERT INTO t (name) VALUES ('after')");
		}
		assertThat(Sql.rowsOfActor(this.store, "a", "SELECT count(*) FROM t")).containsExactly("2002");
	}

	@Test
	void exportWhileOthersCommitShouldHoldOneCommit() throws Exception {
		AtomicBoolean stop = new AtomicBoolean();
		AtomicInteger commits = new AtomicInteger();
		List<Throwable> failures = new ArrayList<>();
		try (ActorDatabase actor = Sql.open(this.store, "a")) {
			Sql.execute(actor.connection(), """
					CREATE TABLE one (n, filler); CREATE TABLE two (n, filler);
					INSERT INTO one VALUES (0, ''); INSERT INTO two VALUES (0, '');
					""");
			Thread writer = new Thread(() -> {
				try {
					while (!stop.get()) {
						Sql.execute(actor.connection(), """
								BEGIN;
								UPDATE one SET n = n + 1, filler = zeroblob(abs(random()) % 300000);
								UPDATE two SET n = n + 1, filler = zeroblob(abs(random()) % 300000);
								COMMIT;
								""");
						commits.incrementAndGet();
					}
				}
				catch (Throwable ex) {
					failures.add(ex);
				}
			});
			writer.start();
			Set<String> seen = new TreeSet<>();
			try {
				// until the writer was seen at work, be it late to start
				for (int i = 0; i < 30 || (seen.size() < 3 && writer.isAlive()); i++) {
					this.export.replacing(true).toFile("a", target());
					assertThat(Sql.rowsOfFile(target(), "SELECT one.n = two.n FROM one, two")).containsExactly("1");
					assertThat(Sql.rowsOfFile(target(), "PRAGMA integrity_check")).containsExactly("ok");
					seen.addAll(Sql.rowsOfFile(target(), "SELECT n FROM one"));
				}
			}
			finally {
				stop.set(true);
				writer.join();
			}
			assertThat(failures).isEmpty();
			assertThat(seen).hasSizeGreaterThan(1);
		}
		assertThat(commits.get()).isGreaterThan(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "UPDATE t SET name = name || 'x', body = zeroblob(700)",
			"INSERT INTO t (name, body) SELECT name, zeroblob(2000) FROM t", "DELETE FROM t WHERE id > 10; VACUUM",
			"PRAGMA page_size=1024; VACUUM" })
	void exportAfterEachWriteOfALargeTransactionShouldHoldTheOldOrTheNew(String script) throws Exception {
		ScriptedKvStore scripted = new ScriptedKvStore(this.store);
		Sql.onActor(scripted, "a", Sql.SAMPLE);
		this.export.toFile("a", target());
		String before = digest(target());
		List<String> found = new ArrayList<>();
		scripted.follow(new ScriptedKvStore.Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				next.run();
				Path file = ActorExportTests.this.directory.resolve(found.size() + ".sqlite");
				try {
					ActorExportTests.this.export.toFile("a", file);
					found.add(digest(file));
				}
				catch (Exception ex) {
					throw new IllegalStateException(ex);
				}
			}

		});
		Sql.onActor(scripted, "a", script);
		String after = found.get(found.size() - 1);
		assertThat(found).as("the transaction must not fit one write").hasSizeGreaterThan(5);
		assertThat(after).isNotEqualTo(before);
		List<String> states = new ArrayList<>();
		for (String digest : found) {
			assertThat(digest).startsWith("ok ");
			if (states.isEmpty() || !states.get(states.size() - 1).equals(digest)) {
				states.add(digest);
			}
		}
		assertThat(states).as("one state for each commit, and none twice")
			.startsWith(before)
			.endsWith(after)
			.doesNotHaveDuplicates()
			.hasSizeLessThanOrEqualTo(3);
	}

	private static String digest(Path file) throws Exception {
		return Sql.rowsOfFile(file, "PRAGMA integrity_check").get(0) + " "
				+ Sql.rowsOfFile(file,
						"SELECT count(*) || ' ' || total(length(name)) || ' ' || total(length(body)) FROM t")
				+ Sql.rowsOfFile(file, "PRAGMA page_size");
	}

	@Test
	void exportWhenAChunkIsMissingShouldNameItAndLeaveNothing() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		new StoredActor(this.store, "a").remove(ChunkKeys.chunk(FileTag.MAIN, 7));
		assertThatThrownBy(() -> this.export.toFile("a", target())).isInstanceOf(CorruptedActorException.class)
			.hasMessage("Actor 'a' is damaged: chunk 7 of its main database is missing");
		assertThat(files()).isEmpty();
	}

	@Test
	void exportWhenAChunkIsTooShortShouldNameItAndLeaveNothing() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		new StoredActor(this.store, "a").put(ChunkKeys.chunk(FileTag.MAIN, 7), new byte[100]);
		assertThatThrownBy(() -> this.export.toFile("a", target())).isInstanceOf(CorruptedActorException.class)
			.hasMessage("Actor 'a' is damaged: chunk 7 of its main database has 100 bytes instead of 4096");
		assertThat(files()).isEmpty();
	}

	@Test
	void exportWhenTheMetadataAreMissingShouldSaySo() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		new StoredActor(this.store, "a").remove(ChunkKeys.metadata(FileTag.MAIN));
		assertThatThrownBy(() -> this.export.toFile("a", target())).isInstanceOf(CorruptedActorException.class)
			.hasMessageContaining("metadata of its main database");
		assertThat(files()).isEmpty();
	}

	@Test
	void exportWhenAJournalChunkIsMissingShouldNameIt() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		StoredActor stored = new StoredActor(this.store, "a");
		stored.put(ChunkKeys.chunk(FileTag.JOURNAL, 0), new byte[] { 1 });
		stored.put(ChunkKeys.metadata(FileTag.JOURNAL), FileMetadata.encode(5000));
		assertThatThrownBy(() -> this.export.toFile("a", target())).isInstanceOf(CorruptedActorException.class)
			.hasMessage("Actor 'a' is damaged: chunk 1 of its rollback journal is missing");
		assertThat(files()).isEmpty();
	}

	@Test
	void exportOfPagesThatWereNeverWrittenShouldHoldZeros() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE + "DELETE FROM t WHERE id < 1900;");
		StoredActor stored = new StoredActor(this.store, "a");
		byte[] bytes = stored.bytes(FileTag.MAIN);
		int trunk = ByteBuffer.wrap(bytes).getInt(32);
		int leaf = ByteBuffer.wrap(bytes).getInt((trunk - 1) * 4096 + 8);
		stored.remove(ChunkKeys.chunk(FileTag.MAIN, leaf - 1));
		this.export.toFile("a", target());
		assertThat(Sql.rowsOfFile(target(), "PRAGMA integrity_check")).containsExactly("ok");
		assertThat(Files.readAllBytes(target())).hasSize(bytes.length);
	}

	@Test
	void exportOfAnUnknownActorShouldSaySoAndLeaveNothing() throws Exception {
		assertThatThrownBy(() -> this.export.toFile("a", target())).isInstanceOf(UnknownActorException.class)
			.hasMessage("There is no actor 'a' in this memory store");
		assertThat(files()).isEmpty();
		assertThat(this.store.owner("a")).isNull();
	}

	@Test
	void exportToAFileThatExistsShouldLeaveItUnlessAskedFor() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		Files.writeString(target(), "precious");
		assertThatThrownBy(() -> this.export.toFile("a", target())).isInstanceOf(FileAlreadyExistsException.class)
			.hasMessageContaining(target().toString())
			.hasMessageContaining("'a'");
		assertThat(target()).hasContent("precious");
		this.export.replacing(true).toFile("a", target());
		assertThat(Sql.rowsOfFile(target(), "SELECT count(*) FROM t")).containsExactly("2001");
	}

	@ParameterizedTest
	@ValueSource(strings = { "-journal", "-wal", "-shm" })
	void exportBesideALeftoverShouldBeRefused(String suffix) throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		Files.writeString(this.directory.resolve("out.sqlite" + suffix), "of another database");
		assertThatThrownBy(() -> this.export.replacing(true).toFile("a", target()))
			.isInstanceOf(FileAlreadyExistsException.class)
			.hasMessageContaining("out.sqlite" + suffix);
		assertThat(files()).hasSize(1);
	}

	@Test
	void exportToADirectoryThatIsMissingShouldSaySo() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		Path nowhere = this.directory.resolve("nowhere/out.sqlite");
		assertThatThrownBy(() -> this.export.toFile("a", nowhere)).isInstanceOf(IOException.class)
			.hasMessageContaining(nowhere.toString())
			.hasMessageContaining("'a'")
			.hasRootCauseInstanceOf(NoSuchFileException.class);
	}

	@Test
	void exportToAnOddNameShouldWork() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		Path directory = Files.createDirectory(this.directory.resolve("a?b=c#d%20 \u00e9"));
		Path target = directory.resolve("file:x?mode=memory");
		try (ActorDatabase actor = Sql.open(this.store, "a")) {
			Sql.execute(actor.connection(), "BEGIN; UPDATE t SET name = zeroblob(1000);");
			this.export.toFile("a", target);
		}
		Path plain = Files.move(target, target());
		assertThat(Sql.rowsOfFile(plain, "PRAGMA integrity_check")).containsExactly("ok");
		assertThat(Sql.rowsOfFile(plain, "SELECT max(length(name)) FROM t")).containsExactly("40");
	}

	@Test
	void exportIntoABrokenPipeShouldFail() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		OutputStream broken = new OutputStream() {

			@Override
			public void write(int b) throws IOException {
				throw new IOException("Broken pipe");
			}

		};
		assertThatThrownBy(() -> this.export.toStream("a", broken)).isInstanceOf(IOException.class)
			.hasMessage("Actor 'a' could not be exported to a stream: Broken pipe");
	}

	@Test
	void exportWhenTheSnapshotIsLostShouldStartOver() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		LosingKvStore losing = new LosingKvStore(this.store, 9);
		new ActorExport(losing).toFile("a", target());
		assertThat(Sql.rowsOfFile(target(), "PRAGMA integrity_check")).containsExactly("ok");
		assertThat(losing.lost).hasValue(9);
	}

	@Test
	void exportWhenTheSnapshotIsAlwaysLostShouldGiveUp() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		LosingKvStore losing = new LosingKvStore(this.store, Integer.MAX_VALUE);
		assertThatThrownBy(() -> new ActorExport(losing).toFile("a", target()))
			.isInstanceOf(KvSnapshotLostException.class)
			.hasMessageContaining("'a' was written to during each of 100 attempts");
		assertThat(files()).isEmpty();
	}

	@Test
	void listenerShouldHearOfTheWholeWay() throws Exception {
		Sql.onActor(this.store, "a", "CREATE TABLE t AS SELECT zeroblob(3000000) AS x");
		List<Long> heard = new ArrayList<>();
		this.export.listener((actorId, done, total) -> heard.add(done * 100 / total)).toFile("a", target());
		assertThat(heard).isSorted().hasSize(4).startsWith(0L).endsWith(100L);
	}

	@Test
	void listenerThatFailsShouldEndTheExport() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		assertThatThrownBy(() -> this.export.listener((actorId, done, total) -> {
			throw new IllegalStateException("enough");
		}).toFile("a", target())).hasMessage("enough");
		assertThat(files()).isEmpty();
	}

	/**
	 * Loses the first snapshots when they are read for the second time.
	 */
	private static final class LosingKvStore extends ForwardingKvStore {

		private final AtomicInteger lost = new AtomicInteger();

		private final int losses;

		LosingKvStore(MemoryKvStore delegate, int losses) {
			super(delegate);
			this.losses = losses;
		}

		@Override
		protected KvSnapshot wrap(KvSnapshot snapshot) {
			return new KvSnapshot() {

				private int reads;

				@Override
				public long commit() {
					return snapshot.commit();
				}

				@Override
				public byte[] @Nullable [] read(byte[][] keys) {
					if (this.reads++ == 1 && LosingKvStore.this.lost.get() < LosingKvStore.this.losses) {
						LosingKvStore.this.lost.incrementAndGet();
						throw new KvSnapshotLostException("The actor moved on");
					}
					return snapshot.read(keys);
				}

				@Override
				public byte[][] keys(byte[] from, int limit) {
					return snapshot.keys(from, limit);
				}

				@Override
				public void close() {
					snapshot.close();
				}

			};
		}

	}

}
