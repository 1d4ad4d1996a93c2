package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvWrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Damages the files of a database at random places: it is refused, warned of or whole,
 * and never whole in looks alone.
 */
class DamagedDirectoryTests {

	private static final int ACTORS = 4;

	private static final int COMMITS = 150;

	private static final byte[] COUNT = { 1 };

	private static Path early;

	private static Path killedOnce;

	private static Path closedOnce;

	@TempDir
	private Path temporary;

	private Path killed;

	private Path closed;

	/**
	 * Make three copies of one database: in the middle of its work, at the end of it as
	 * if the process had been killed, and after it was closed.
	 */
	@BeforeAll
	static void makeDatabases(@TempDir Path temporary) throws IOException {
		Path live = temporary.resolve("live");
		early = temporary.resolve("early");
		killedOnce = temporary.resolve("killed");
		closedOnce = temporary.resolve("closed");
		try (RocksDbKvStore store = open(live)) {
			commit(store, 0, COMMITS / 2);
			copy(live, early);
			commit(store, COMMITS / 2, COMMITS);
			copy(live, killedOnce);
		}
		copy(live, closedOnce);
	}

	@BeforeEach
	void copyDatabases() throws IOException {
		this.killed = this.temporary.resolve("killed");
		this.closed = this.temporary.resolve("closed");
		copy(killedOnce, this.killed);
		copy(closedOnce, this.closed);
	}

	/**
	 * Several logs and several tables.
	 */
	private static RocksDbOptions options(Path directory) {
		return RocksDbOptions.of(directory).withWriteBufferBytes(64 * 1024).withCustomizers((db) -> {
		}, (family) -> family.setMaxWriteBufferNumber(6).setMinWriteBufferNumberToMerge(3));
	}

	private static RocksDbKvStore open(Path directory) {
		return new RocksDbKvStore(options(directory));
	}

	private static void commit(RocksDbKvStore store, int from, int to) {
		for (int i = 0; i < ACTORS; i++) {
			KvSession session = store.open("actor-" + i, new byte[0][]).session();
			for (int commit = from; commit < to; commit++) {
				session.write(new KvWrite().put(COUNT, number(commit + 1)).put(key(i, commit), value(i, commit)));
			}
			session.close();
		}
	}

	private static byte[] number(int number) {
		return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
	}

	private static byte[] key(int actor, int commit) {
		return ("row " + actor + "/" + commit).getBytes(StandardCharsets.UTF_8);
	}

	private static byte[] value(int actor, int commit) {
		byte[] value = new byte[100 + (commit * 37 + actor) % 900];
		new Random(actor * 1_000_003L + commit).nextBytes(value);
		return value;
	}

	private static void copy(Path from, Path to) throws IOException {
		Files.createDirectory(to);
		try (Stream<Path> files = Files.list(from)) {
			for (Path file : files.toList()) {
				Files.copy(file, to.resolve(file.getFileName()));
			}
		}
	}

	private static void delete(Path directory) throws IOException {
		try (Stream<Path> files = Files.list(directory)) {
			for (Path file : files.toList()) {
				Files.delete(file);
			}
		}
		Files.delete(directory);
	}

	/**
	 * Return whether every commit is there.
	 */
	private static boolean isWhole(RocksDbKvStore store) {
		List<String> ids = store.actors("", null, 100).actorIds();
		for (int i = 0; i < ACTORS; i++) {
			byte[][] keys = new byte[COMMITS + 1][];
			keys[0] = COUNT;
			for (int commit = 0; commit < COMMITS; commit++) {
				keys[commit + 1] = key(i, commit);
			}
			var opening = store.open("actor-" + i, keys);
			byte[][] values = opening.values();
			if (opening.session().commit() != COMMITS || !ids.contains("actor-" + i)
					|| !Arrays.equals(values[0], number(COMMITS))) {
				return false;
			}
			for (int commit = 0; commit < COMMITS; commit++) {
				if (!Arrays.equals(values[commit + 1], value(i, commit))) {
					return false;
				}
			}
		}
		return true;
	}

	@Test
	void databaseWithoutDamageShouldOpenWithoutAWord() throws IOException {
		for (Path directory : List.of(this.killed, this.closed)) {
			for (int i = 0; i < 2; i++) {
				try (RocksDbKvStore store = open(directory)) {
					assertThat(store.warnings()).isEmpty();
					assertThat(isWhole(store)).isTrue();
				}
			}
		}
	}

	@Test
	void bitFlippedInTheMiddleOfALogShouldBeRefusedAndNothingChanged() throws IOException {
		Path log = newestLog(this.killed);
		byte[] bytes = Files.readAllBytes(log);
		int end = (int) LogScan.of(log, number(log)).end();
		bytes[end / 2] ^= 4;
		for (boolean marked : List.of(true, false)) {
			if (!marked) {
				Files.delete(this.killed.resolve(CommitMark.FILE));
			}
			Files.write(log, bytes);
			Map<String, Integer> before = contents(this.killed);
			assertThatExceptionOfType(RocksDbDirectoryDamagedException.class).isThrownBy(() -> open(this.killed))
				.withMessageContaining(this.killed.toString())
				.withMessageContaining(log.getFileName().toString())
				.withMessageContaining("openDamaged=true");
			assertThat(contents(this.killed)).isEqualTo(before);
		}
		try (RocksDbKvStore store = new RocksDbKvStore(options(this.killed).withOpenDamaged(true))) {
			assertThat(store.warnings()).isNotEmpty().allMatch((warning) -> warning.contains("commits are missing"));
			assertThat(isWhole(store)).isFalse();
			assertThat(store.actors("", null, 10).actorIds()).isNotEmpty();
		}
		// what was given up once is not asked for again
		try (RocksDbKvStore store = open(this.killed)) {
			assertThat(store.warnings()).isEmpty();
		}
	}

	private static Map<String, Integer> contents(Path directory) throws IOException {
		Map<String, Integer> contents = new TreeMap<>();
		try (Stream<Path> files = Files.list(directory)) {
			for (Path file : files.filter((file) -> !file.endsWith("LOG")).toList()) {
				contents.put(file.getFileName().toString(), Arrays.hashCode(Files.readAllBytes(file)));
			}
		}
		return contents;
	}

	private static Path largest(Path directory, String end) throws IOException {
		Path largest = directory;
		try (Stream<Path> files = Files.list(directory)) {
			for (Path file : files.filter((file) -> file.toString().endsWith(end)).toList()) {
				if (largest.equals(directory) || Files.size(file) > Files.size(largest)) {
					largest = file;
				}
			}
		}
		return largest;
	}

	/**
	 * As a stopped machine may leave it: what had not been acknowledged is there in part.
	 */
	@Test
	void tornTailShouldOpenWithoutAWord() throws IOException {
		try (RocksDbKvStore store = open(this.killed)) {
			assertThat(isWhole(store)).isTrue();
			Path before = this.temporary.resolve("before");
			copy(this.killed, before);
			Path log = newestLog(this.killed);
			long size = LogScan.of(log, number(log)).end();
			KvSession session = store.open("actor-0", new byte[0][]).session();
			session.write(new KvWrite().put(new byte[] { 9 }, new byte[40_000]));
			byte[] after = Files.readAllBytes(log);
			int end = (int) LogScan.of(log, number(log)).end();
			for (int cut = (int) size; cut < end; cut += 3911) {
				Path torn = this.temporary.resolve("torn");
				copy(before, torn);
				Files.write(torn.resolve(log.getFileName()), Arrays.copyOf(after, cut));
				try (RocksDbKvStore opened = open(torn)) {
					assertThat(opened.warnings()).as("cut at %d", cut).isEmpty();
					assertThat(isWhole(opened)).isTrue();
				}
				delete(torn);
			}
		}
	}

	private static Path newestLog(Path directory) throws IOException {
		try (Stream<Path> files = Files.list(directory)) {
			return files.filter((file) -> file.toString().endsWith(".log")).max(Path::compareTo).orElseThrow();
		}
	}

	private static long number(Path log) {
		return Long.parseLong(log.getFileName().toString().replace(".log", ""));
	}

	/**
	 * With {@code sync=false} the last commits may be lost when the machine stops, and
	 * holes are not to be told from damage: it opens, but says so.
	 */
	@Test
	void damageWhereCommitsDoNotWaitForTheDiskShouldBeWarnedOf() throws IOException {
		RocksDbOptions options = RocksDbOptions.of(this.temporary.resolve("fast")).withSync(false);
		try (RocksDbKvStore store = new RocksDbKvStore(options)) {
			commit(store, 0, COMMITS);
		}
		Path log = largest(options.directory(), ".log");
		byte[] bytes = Files.readAllBytes(log);
		bytes[bytes.length / 2] ^= 4;
		Files.write(log, bytes);
		try (RocksDbKvStore store = new RocksDbKvStore(options.withSync(true))) {
			assertThat(store.warnings()).isNotEmpty();
			assertThat(isWhole(store)).isFalse();
		}
	}

	@Test
	void damageAtRandomPlacesShouldNeverCostACommitSilently() throws IOException {
		damage(1, 120);
	}

	@Test
	@Tag("long")
	void muchDamageAtRandomPlacesShouldNeverCostACommitSilently() throws IOException {
		for (int seed = 2; seed < 12; seed++) {
			damage(seed, 1000);
		}
	}

	private void damage(long seed, int times) throws IOException {
		Random random = new Random(seed);
		int refused = 0;
		int warned = 0;
		int whole = 0;
		for (int i = 0; i < times; i++) {
			Path directory = this.temporary.resolve("damaged");
			Path origin = random.nextBoolean() ? this.killed : this.closed;
			copy(origin, directory);
			String what = "seed %d, damage %d: %s of the %s".formatted(seed, i, damageOnce(random, directory),
					origin.getFileName());
			try (RocksDbKvStore store = open(directory)) {
				if (!store.warnings().isEmpty()) {
					warned++;
				}
				else {
					assertThat(isWhole(store)).as(what).isTrue();
					whole++;
				}
			}
			catch (KvException ex) {
				assertThat(ex).as(what).isInstanceOf(KvDefiniteException.class).hasMessageNotContaining("null");
				refused++;
			}
			delete(directory);
		}
		System.out.printf("reliability: damaged directories: %d refused, %d warned of, %d whole%n", refused, warned,
				whole);
		assertThat(refused).isGreaterThan(times / 4);
		assertThat(whole).isPositive();
	}

	private String damageOnce(Random random, Path directory) throws IOException {
		List<Path> files = new ArrayList<>();
		try (Stream<Path> list = Files.list(directory)) {
			list.filter((file) -> Files.isRegularFile(file) && !file.endsWith("LOG")).sorted().forEach(files::add);
		}
		// a kind first, for there are many tables
		List<String> kinds = List.of(".log", ".log", "MANIFEST", ".sst", "CURRENT", "OPTIONS", "kvsqlite", "IDENTITY");
		String kind = kinds.get(random.nextInt(kinds.size()));
		files.removeIf((file) -> !file.getFileName().toString().contains(kind));
		Path file = files.get(random.nextInt(files.size()));
		byte[] bytes = Files.readAllBytes(file);
		int at = (bytes.length > 0) ? random.nextInt(bytes.length) : 0;
		String name = file.getFileName().toString();
		switch (random.nextInt(6)) {
			case 0, 1 -> {
				if (bytes.length > 0) {
					bytes[at] ^= (byte) (1 << random.nextInt(8));
				}
				Files.write(file, bytes);
				return "bit flipped at %d of %d in %s".formatted(at, bytes.length, name);
			}
			case 2 -> {
				int length = Math.min(bytes.length - at, 1 << random.nextInt(16));
				Arrays.fill(bytes, at, at + length, (byte) 0);
				Files.write(file, bytes);
				return "%d zeros at %d of %d in %s".formatted(length, at, bytes.length, name);
			}
			case 3 -> {
				Files.write(file, Arrays.copyOf(bytes, at));
				return "cut at %d of %d of %s".formatted(at, bytes.length, name);
			}
			case 4 -> {
				Files.delete(file);
				return "loss of %s".formatted(name);
			}
			default -> {
				Path old = early.resolve(name);
				if (Files.exists(old)) {
					Files.write(file, Files.readAllBytes(old));
				}
				return "old copy (%s) of %s".formatted(Files.exists(old), name);
			}
		}
	}

}
