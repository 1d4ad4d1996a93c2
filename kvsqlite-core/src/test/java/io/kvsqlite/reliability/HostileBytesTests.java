package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.RecordingKvStore;
import io.kvsqlite.vfs.CorruptedActorException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that open namespaces whose bytes somebody else made up: a typed error or SQLite's
 * own, never a crash, a hang or silent zeros. Metadata and chunks of the wrong length are
 * always noticed; wrong bytes of the right length are SQLite's to notice, if it can.
 */
@ExtendWith(QuietLog.class)
@Timeout(4 * 3600)
class HostileBytesTests {

	private static final Duration HANG = Duration.ofSeconds(30);

	private static final byte[] MAIN = ChunkKeys.metadata(FileTag.MAIN);

	private static final byte[] JOURNAL = ChunkKeys.metadata(FileTag.JOURNAL);

	private static final int FUZZED = 3_000;

	private static final int FUZZED_LONG = 2_000_000;

	private final TreeMap<byte[], byte[]> rest = atRest();

	private final TreeMap<byte[], byte[]> hot = hot();

	private long opened;

	@Test
	void openWhenMetadataIsDamagedShouldSaySo() {
		for (TreeMap<byte[], byte[]> namespace : List.of(this.rest, this.hot)) {
			for (byte[] key : List.of(MAIN, JOURNAL)) {
				byte[] value = namespace.get(key);
				if (value == null) {
					continue;
				}
				for (int length = 0; length < value.length; length++) {
					requireCorruption(with(namespace, key, Arrays.copyOf(value, length)));
				}
				requireCorruption(with(namespace, key, Arrays.copyOf(value, value.length + 1)));
				for (int bit = 0; bit < 8 * value.length; bit++) {
					TreeMap<byte[], byte[]> flipped = with(namespace, key, flipped(value, bit));
					if (bit < 16) {
						// the version
						requireCorruption(flipped);
					}
					else {
						requireCivility(flipped);
					}
				}
			}
		}
		print();
	}

	@Test
	void readWhenChunkIsShortShouldNameIt() {
		truncate(97);
	}

	@Tag("long")
	@Test
	void readWhenChunkHasAnyOtherLengthShouldNameIt() {
		truncate(1);
	}

	@Test
	void readWhenBitIsFlippedShouldEndInAnAnswerOrAnError() {
		flip(211);
	}

	@Tag("long")
	@Test
	void readWhenAnyBitIsFlippedShouldEndInAnAnswerOrAnError() {
		flip(1);
	}

	@Test
	void openOfArbitraryChunksShouldEndInAnAnswerOrAnError() {
		fuzz(FUZZED);
	}

	@Tag("long")
	@Test
	void openOfManyArbitraryChunksShouldEndInAnAnswerOrAnError() {
		fuzz(FUZZED_LONG);
	}

	private void truncate(int stride) {
		for (int index = 0; index < 3; index++) {
			byte[] key = ChunkKeys.chunk(FileTag.MAIN, index);
			byte[] value = this.rest.get(key);
			for (int length = 0; length < value.length; length += stride) {
				requireCorruption(with(this.rest, key, Arrays.copyOf(value, length)));
			}
			requireCorruption(with(this.rest, key, null));
			requireCorruption(with(this.rest, key, Arrays.copyOf(value, value.length + 1)));
		}
		print();
	}

	private void flip(int stride) {
		for (TreeMap<byte[], byte[]> namespace : List.of(this.rest, this.hot)) {
			for (FileTag file : List.of(FileTag.MAIN, FileTag.JOURNAL)) {
				for (int index = 0; index < 2; index++) {
					byte[] key = ChunkKeys.chunk(file, index);
					byte[] value = namespace.get(key);
					for (int bit = 0; value != null && bit < 8 * value.length; bit += stride) {
						requireCivility(with(namespace, key, flipped(value, bit)));
					}
				}
			}
		}
		print();
	}

	/**
	 * Mutate namespaces at random, by a seed that a failure names.
	 */
	private void fuzz(int count) {
		for (int seed = 0; seed < count; seed++) {
			Random random = new Random(seed);
			TreeMap<byte[], byte[]> namespace = copy(random.nextBoolean() ? this.rest : this.hot);
			for (int i = 1 + random.nextInt(4); i > 0 && !namespace.isEmpty(); i--) {
				mutate(namespace, random);
			}
			try {
				requireCivility(namespace);
			}
			catch (AssertionError ex) {
				throw new AssertionError("seed " + seed, ex);
			}
		}
		print();
	}

	private static void mutate(TreeMap<byte[], byte[]> namespace, Random random) {
		byte[][] keys = namespace.keySet().toArray(byte[][]::new);
		byte[] key = keys[random.nextInt(keys.length)];
		byte[] value = namespace.get(key).clone();
		switch (random.nextInt(7)) {
			case 0 -> namespace.remove(key);
			case 1 -> namespace.put(key, Arrays.copyOf(value, random.nextInt(value.length + 1)));
			case 2 -> namespace.put(key, namespace.get(keys[random.nextInt(keys.length)]));
			case 3 -> {
				random.nextBytes(value);
				namespace.put(key, value);
			}
			case 4 -> {
				byte[] other = key.clone();
				other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
				namespace.put(other, value);
			}
			default -> {
				for (int i = 1 + random.nextInt(8); i > 0 && value.length > 0; i--) {
					// more often near the start, where the headers are
					int at = random.nextInt(1 + random.nextInt(value.length));
					value[at] = (byte) random.nextInt();
				}
				namespace.put(key, value);
			}
		}
	}

	/**
	 * Check that an actor is reported as damaged.
	 */
	private void requireCorruption(TreeMap<byte[], byte[]> namespace) {
		try (MemoryKvStore store = store(namespace)) {
			OpenActor actor = new OpenActor(store, Setting.REFERENCE);
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> readAll(actor))
				.satisfies((ex) -> assertThat(ex.getCause()).as("the cause of " + ex)
					.isInstanceOf(CorruptedActorException.class));
			close(actor);
		}
		this.opened++;
	}

	/**
	 * Check that opening and reading an actor ends, and ends in an answer or an
	 * {@link SQLException}.
	 */
	private void requireCivility(TreeMap<byte[], byte[]> namespace) {
		try (MemoryKvStore store = store(namespace)) {
			OpenActor actor = new OpenActor(store, Setting.REFERENCE);
			long start = System.nanoTime();
			try {
				readAll(actor);
				actor.run(Step.sql("CREATE TABLE IF NOT EXISTS more(x)"));
			}
			catch (SQLException ex) {
				assertThat(ex.getMessage()).isNotBlank();
			}
			catch (RuntimeException | Error ex) {
				throw new AssertionError("an exception that no caller expects", ex);
			}
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(HANG);
			close(actor);
		}
		this.opened++;
	}

	private static void close(OpenActor actor) {
		try {
			actor.close();
		}
		catch (SQLException ex) {
			assertThat(ex.getMessage()).isNotBlank();
		}
	}

	private static void readAll(OpenActor actor) throws SQLException {
		try {
			Connection connection = actor.connection();
			Content.of(connection);
			try (var statement = connection.createStatement();
					var rows = statement.executeQuery("PRAGMA integrity_check")) {
				while (rows.next()) {
					assertThat(rows.getString(1)).isNotNull();
				}
			}
		}
		catch (SQLException ex) {
			throw actor.translated(ex);
		}
	}

	private void print() {
		System.out.printf("reliability: hostile namespaces opened: %,d%n", this.opened);
	}

	private static byte[] flipped(byte[] value, int bit) {
		byte[] flipped = value.clone();
		flipped[bit / 8] ^= (byte) (1 << bit % 8);
		return flipped;
	}

	private static TreeMap<byte[], byte[]> with(TreeMap<byte[], byte[]> namespace, byte[] key,
			byte @Nullable [] value) {
		TreeMap<byte[], byte[]> changed = copy(namespace);
		if (value != null) {
			changed.put(key, value);
		}
		else {
			changed.remove(key);
		}
		return changed;
	}

	private static TreeMap<byte[], byte[]> copy(TreeMap<byte[], byte[]> namespace) {
		TreeMap<byte[], byte[]> copy = new TreeMap<>(Arrays::compareUnsigned);
		copy.putAll(namespace);
		return copy;
	}

	private static MemoryKvStore store(Map<byte[], byte[]> namespace) {
		MemoryKvStore store = new MemoryKvStore();
		KvWrite write = new KvWrite();
		namespace.forEach(write::put);
		try (KvSession session = store.open(Namespace.ACTOR, new byte[0][]).session()) {
			session.write(write);
		}
		return store;
	}

	/**
	 * Return a database without free pages, each of which is read by who reads
	 * everything.
	 */
	private static TreeMap<byte[], byte[]> atRest() {
		return namespace(new Workload("small",
				List.of(Step.sql("CREATE TABLE t(x, y)"), Step.sql("CREATE INDEX i ON t(x)"),
						Step.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
								+ "FROM n WHERE i < 20) INSERT INTO t SELECT i, hex(zeroblob(300)) FROM n"))));
	}

	private static TreeMap<byte[], byte[]> hot() {
		Workload workload = Workloads.savepoints();
		try {
			CrashRun run = CrashRun.record(workload, Setting.THREE_KEYS, UnaryOperator.identity());
			int length = run.writes().size();
			while (!run.leavesJournal(length)) {
				length--;
			}
			return namespace(run, length);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static TreeMap<byte[], byte[]> namespace(Workload workload) {
		try {
			CrashRun run = CrashRun.record(workload, Setting.THREE_KEYS, UnaryOperator.identity());
			return namespace(run, run.writes().size());
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static TreeMap<byte[], byte[]> namespace(CrashRun run, int length) {
		TreeMap<byte[], byte[]> namespace = new TreeMap<>(Arrays::compareUnsigned);
		try (MemoryKvStore store = new MemoryKvStore()) {
			RecordingKvStore.replay(run.prefix(length), store);
			try (KvSnapshot snapshot = store.snapshot(Namespace.ACTOR)) {
				byte[][] keys = snapshot.keys(new byte[0], 10_000);
				byte[][] values = snapshot.read(keys);
				for (int i = 0; i < keys.length; i++) {
					namespace.put(keys[i], values[i]);
				}
			}
		}
		assertThat(namespace).containsKey(MAIN);
		return namespace;
	}

}
