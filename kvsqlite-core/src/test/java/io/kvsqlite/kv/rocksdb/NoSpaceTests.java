package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * RocksDB meets the operating system's answer that there is no space, at a log, at a
 * table and at a merge: the files that it makes next are links to a device that is always
 * full. That takes no right to mount a disk.
 */
@EnabledOnOs(OS.LINUX)
class NoSpaceTests {

	private static final Path FULL = Path.of("/dev/full");

	private static final byte[][] NO_KEYS = {};

	private static final int FILES = 200;

	@TempDir
	private Path directory;

	@Test
	void logWithoutRoomShouldLeaveWhatIsAcknowledgedAndReads() throws Exception {
		long acknowledged;
		long other;
		try (RocksDbKvStore store = new RocksDbKvStore(options())) {
			KvSession reader = store.open("reader", NO_KEYS).session();
			write(reader);
			KvSession writer = store.open("writer", NO_KEYS).session();
			fillNextFiles(".log");
			KvException failure = writeUntilItFails(writer, 1000);
			acknowledged = writer.commit();
			other = reader.commit();
			assertThat(failure).isInstanceOf(KvIndeterminateException.class);
			requireNoSpaceMet();
			// reads go on, and no write is taken that may be behind a gap in the log
			requireWhole(reader);
			assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> write(reader));
			assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> write(writer));
			removeLinks();
			KvSession again = store.open("writer", NO_KEYS).session();
			// what was refused in an unknown state may be there, and nothing else
			assertThat(again.commit()).isBetween(acknowledged, acknowledged + 1);
			requireWhole(again);
			write(again);
			acknowledged = again.commit();
		}
		try (RocksDbKvStore store = new RocksDbKvStore(options())) {
			assertThat(store.warnings()).isEmpty();
			requireWhole(store.open("writer", NO_KEYS).session(), acknowledged);
			requireWhole(store.open("reader", NO_KEYS).session(), other);
		}
	}

	@Test
	void tablesWithoutRoomShouldLeaveReadsAndDeletions() throws Exception {
		long acknowledged;
		try (RocksDbKvStore store = new RocksDbKvStore(options())) {
			KvSession gone = store.open("gone", NO_KEYS).session();
			for (int i = 0; i < 20; i++) {
				write(gone);
			}
			gone.close();
			KvSession writer = store.open("writer", NO_KEYS).session();
			fillNextFiles(".sst");
			assertThat(writeUntilItFails(writer, 1000)).isInstanceOf(KvIndeterminateException.class);
			acknowledged = writer.commit();
			requireNoSpaceMet();
			KvSession reader = store.open("gone", NO_KEYS).session();
			requireWhole(reader);
			fillNextFiles(".sst");
			reader.delete();
			assertThat(store.open("writer", NO_KEYS).session().commit()).isBetween(acknowledged, acknowledged + 1);
		}
		removeLinks();
		try (RocksDbKvStore store = new RocksDbKvStore(options())) {
			assertThat(store.warnings()).isEmpty();
			assertThat(store.actors("", null, 10).actorIds()).containsExactly("writer");
			KvSession session = store.open("writer", NO_KEYS).session();
			requireWhole(session);
			for (int i = 0; i < 100; i++) {
				write(session);
			}
			requireWhole(session);
		}
	}

	@Test
	void mergeWithoutRoomShouldBePossibleLater() throws Exception {
		try (RocksDbKvStore store = new RocksDbKvStore(options())) {
			KvSession kept = store.open("actor-b", NO_KEYS).session();
			for (String id : List.of("actor-a", "actor-c")) {
				KvSession session = store.open(id, NO_KEYS).session();
				for (int i = 0; i < 50; i++) {
					write(session);
					write(kept);
				}
			}
			store.purge();
			long full = tableBytes();
			assertThat(store.delete("actor-a", true)).isTrue();
			// there is room for the log and the table of what is in memory, and none for
			// what the merge writes
			fillNextFiles(".sst", 2);
			assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(store::purge)
				.withMessageContaining("No space left on device");
			assertThat(log()).containsPattern("Compaction error: IO error: No space left on device");
			assertThat(tableBytes()).isGreaterThanOrEqualTo(full);
			// reads go on where the session is
			requireWhole(kept);
			removeLinks();
			store.purge();
			assertThat(tableBytes()).isLessThan(full * 4 / 5);
			requireWhole(store.open("actor-b", NO_KEYS).session(), 100);
			requireWhole(store.open("actor-c", NO_KEYS).session(), 50);
		}
	}

	/**
	 * Small memory tables, so that logs and tables follow one another quickly.
	 */
	private RocksDbOptions options() {
		return RocksDbOptions.of(this.directory.resolve("store"))
			.withWriteBufferBytes(128 * 1024)
			.withCompression(RocksDbOptions.Compression.NONE);
	}

	/**
	 * Have the device that is full stand where RocksDB makes its next files of a kind.
	 */
	private void fillNextFiles(String suffix) throws IOException {
		fillNextFiles(suffix, 0);
	}

	private void fillNextFiles(String suffix, int after) throws IOException {
		long last;
		try (Stream<Path> files = files()) {
			last = files.filter((file) -> !Files.isSymbolicLink(file))
				.map((file) -> file.getFileName().toString().replaceFirst("^MANIFEST-|^OPTIONS-", ""))
				.map((name) -> name.replaceFirst("\\..*", ""))
				.filter((name) -> name.matches("[0-9]+"))
				.mapToLong(Long::parseLong)
				.max()
				.orElseThrow();
		}
		for (long number = last + 1 + after; number <= last + FILES; number++) {
			Path file = this.directory.resolve("store").resolve("%06d%s".formatted(number, suffix));
			if (!Files.isSymbolicLink(file)) {
				Files.createSymbolicLink(file, FULL);
			}
		}
	}

	private void removeLinks() throws IOException {
		try (Stream<Path> files = files()) {
			for (Path file : files.filter(Files::isSymbolicLink).toList()) {
				Files.delete(file);
			}
		}
	}

	private Stream<Path> files() throws IOException {
		return Files.list(this.directory.resolve("store"));
	}

	private long tableBytes() throws IOException {
		long bytes = 0;
		try (Stream<Path> files = files()) {
			for (Path file : files.filter((path) -> path.toString().endsWith(".sst")).toList()) {
				bytes += Files.isSymbolicLink(file) ? 0 : Files.size(file);
			}
		}
		return bytes;
	}

	private void requireNoSpaceMet() throws IOException {
		assertThat(log()).contains("No space left on device");
	}

	/**
	 * RocksDB's own record has the errors of the operating system in it.
	 */
	private String log() throws IOException {
		StringBuilder text = new StringBuilder();
		try (Stream<Path> files = files()) {
			for (Path file : files.filter((path) -> path.getFileName().toString().startsWith("LOG")).toList()) {
				text.append(Files.readString(file));
			}
		}
		return text.toString();
	}

	private static KvException writeUntilItFails(KvSession session, int most) {
		for (int i = 0; i < most; i++) {
			try {
				write(session);
			}
			catch (KvException ex) {
				return ex;
			}
		}
		throw new AssertionError("%d writes went well".formatted(most));
	}

	private static void write(KvSession session) {
		KvWrite write = new KvWrite();
		for (int chunk = 0; chunk < 4; chunk++) {
			write.put(key(session.commit() + 1, chunk), value(session, session.commit() + 1, chunk));
		}
		session.write(write);
	}

	private static void requireWhole(KvSession session) {
		requireWhole(session, session.commit());
	}

	private static void requireWhole(KvSession session, long commits) {
		assertThat(session.commit()).isEqualTo(commits);
		for (long commit = 1; commit <= commits; commit++) {
			for (int chunk = 0; chunk < 4; chunk++) {
				assertThat(session.read(new byte[][] { key(commit, chunk) })[0])
					.isEqualTo(value(session, commit, chunk));
			}
		}
	}

	private static byte[] key(long commit, int chunk) {
		return ByteBuffer.allocate(12).putLong(commit).putInt(chunk).array();
	}

	private static byte[] value(KvSession session, long commit, int chunk) {
		byte[] value = new byte[4096];
		new Random(session.actorId().hashCode() + commit * 1009 + chunk).nextBytes(value);
		return value;
	}

}
