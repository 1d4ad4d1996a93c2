package io.kvsqlite.testing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

import org.assertj.core.api.ListAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimitExceededException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The contract of {@link KvStore} as tests. Extend it for a store of your own, or
 * {@link SharedKvStoreContractTests} when several owners share its data.
 */
public abstract class KvStoreContractTests {

	private static final byte[][] NO_KEYS = {};

	/**
	 * Ids that an encoding may mix up or put in the wrong order, in the order of their
	 * UTF-8 bytes. In UTF-16 the last but one would come behind the last.
	 */
	private static final List<String> AWKWARD_IDS = List.of("\0", "\0\0", "\0\u0001", "\u0001", " ", "#", "%", "*", "1",
			"10", "2", "?", "A", "[a]", "\\", "_", "a", "a\0", "a\0b", "a\0\u0001", "a\u0001", "a ", "a/b", "a:b", "aa",
			"ab", "b", "e\u0301", "x".repeat(256), "{a}", "\u007f", "\u0080", "\u00e9", "\u00e9".repeat(128), "\u20ac",
			"\uffff", "\ud83d\ude00", "\ud83d\ude00".repeat(64));

	private final List<AutoCloseable> closeables = new ArrayList<>();

	/**
	 * The store under test, over data that are empty when a test begins.
	 */
	protected KvStore store;

	/**
	 * Open a store over this test's data: empty when called for the first time in a test.
	 * Called again only after the store returned before was closed, to see what it kept.
	 * @return a new store; the test closes it
	 * @throws Exception if it cannot be opened
	 */
	protected abstract KvStore openStore() throws Exception;

	/**
	 * Return whether a snapshot can be read however much is written after it was taken. A
	 * store that cannot keep one returns {@code false} and throws
	 * {@link KvSnapshotLostException} instead.
	 * @return {@code true} unless overridden
	 */
	protected boolean keepsSnapshots() {
		return true;
	}

	@BeforeEach
	void openTheStore() throws Exception {
		this.store = closeAfterTest(openStore());
	}

	@AfterEach
	void closeAll() throws Exception {
		Collections.reverse(this.closeables);
		for (AutoCloseable closeable : this.closeables) {
			closeable.close();
		}
	}

	// Opening

	@Test
	void typeShouldBeAShortLowerCaseWord() {
		assertThat(this.store.type()).matches("[a-z]{2,16}");
	}

	@Test
	void preloadChunksShouldNotBeNegative() {
		assertThat(this.store.preloadChunks()).isNotNegative();
	}

	@Test
	void pingShouldAnswer() {
		this.store.ping();
		assertThat(this.store.actors("", null, 10).actorIds()).isEmpty();
	}

	@Test
	void openWhenTheActorIsNewShouldFindNothing() {
		KvOpening opening = this.store.open("a", keys("k1", "k2"));
		assertValues(opening.values()).containsExactly(null, null);
		assertThat(opening.session().actorId()).isEqualTo("a");
		assertThat(opening.session().commit()).isZero();
		assertThat(opening.session().epoch()).isPositive();
	}

	@Test
	void openShouldNotMakeTheActorExist() {
		KvSession session = open("a");
		assertThat(this.store.owner("a")).isNull();
		assertThat(this.store.size("a")).isEqualTo(new KvSize(0, 0));
		assertThat(this.store.actors("", null, 10).actorIds()).isEmpty();
		session.close();
		assertThat(this.store.owner("a")).isNull();
		assertThat(this.store.actors("", null, 10).actorIds()).isEmpty();
		assertThat(this.store.delete("a", false)).isFalse();
	}

	@Test
	void openShouldReadTheKeysInTheirOrder() {
		KvSession session = open("a");
		session.write(new KvWrite().put(key("k1"), key("v1")).put(key("k2"), key("")).put(key("k3"), key("v3")));
		session.close();
		byte[] @Nullable [] values = this.store.open("a", keys("k3", "k0", "k2", "k1", "k4")).values();
		assertValues(values).containsExactly(key("v3"), null, key(""), key("v1"), null);
	}

	@Test
	void openWithoutKeysShouldReadNothing() {
		write(open("a"), "k", "1");
		KvOpening opening = this.store.open("a", NO_KEYS);
		assertValues(opening.values()).isEmpty();
		assertThat(opening.session().commit()).isEqualTo(1);
	}

	@Test
	void openWhenThisOwnerHasASessionShouldFenceThatSession() {
		KvSession earlier = open("a");
		write(earlier, "k", "1");
		KvSession session = open("a");
		assertThat(session.epoch()).isGreaterThan(earlier.epoch());
		assertThat(session.commit()).isEqualTo(1);
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(earlier, "k"))
			.satisfies((ex) -> assertThat(ex.actorId()).isEqualTo("a"))
			.satisfies((ex) -> assertThat(ex.epoch()).isEqualTo(earlier.epoch()));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(earlier, "k", "lost"));
		assertThat(read(session, "k")).isEqualTo("1");
		write(session, "k", "2");
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(earlier, "k"));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(earlier, "k", "lost"));
		assertThat(read(session, "k")).isEqualTo("2");
		assertThat(session.commit()).isEqualTo(2);
		assertThat(earlier.commit()).isEqualTo(1);
	}

	@Test
	void openShouldRaiseTheEpochEveryTime() throws Exception {
		List<Long> epochs = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			KvSession session = open("a");
			epochs.add(session.epoch());
			if (i % 2 == 0) {
				session.close();
			}
			if (i % 5 == 0) {
				reopenStore();
			}
		}
		assertThat(epochs).isSorted().doesNotHaveDuplicates();
	}

	@Test
	void openOfManyActorsShouldKeepThemApart() {
		Map<String, KvSession> sessions = new TreeMap<>();
		for (String id : AWKWARD_IDS) {
			sessions.put(id, open(id));
		}
		sessions.forEach((id, session) -> write(session, "k", id));
		sessions.forEach((id, session) -> {
			assertThat(read(session, "k")).isEqualTo(id);
			assertThat(session.commit()).isEqualTo(1);
			assertThat(session.actorId()).isEqualTo(id);
			assertThat(this.store.size(id).keys()).isEqualTo(1);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a\ud83d", "\ude00", "\ud83da" })
	void actorIdThatIsNoneShouldBeRefused(String id) {
		assertRefused(id);
	}

	@Test
	void actorIdThatIsTooLongShouldBeRefused() {
		assertRefused("x".repeat(257));
		assertRefused("\u00e9".repeat(128) + "x");
		assertRefused("\ud83d\ude00".repeat(64) + "x");
	}

	private void assertRefused(String id) {
		assertThatIllegalArgumentException().isThrownBy(() -> this.store.open(id, NO_KEYS));
		assertThatIllegalArgumentException().isThrownBy(() -> this.store.snapshot(id));
		assertThatIllegalArgumentException().isThrownBy(() -> this.store.owner(id));
		assertThatIllegalArgumentException().isThrownBy(() -> this.store.size(id));
		assertThatIllegalArgumentException().isThrownBy(() -> this.store.delete(id, true));
		assertThat(this.store.actors("", null, 10).actorIds()).isEmpty();
	}

	// Reading

	@Test
	void readShouldTellAnEmptyValueFromAnAbsentOne() {
		KvSession session = open("a");
		session.write(new KvWrite().put(key("empty"), new byte[0]));
		assertValues(session.read(keys("empty", "absent"))).containsExactly(new byte[0], null);
		assertThat(this.store.size("a")).isEqualTo(new KvSize(1, 5));
	}

	@Test
	void readOfNoKeysShouldReturnNoValues() {
		assertValues(open("a").read(NO_KEYS)).isEmpty();
	}

	@Test
	void readShouldTellKeysApartThatBeginAlike() {
		KvSession session = open("a");
		byte[][] keys = { { 1 }, { 1, 0 }, { 1, 0, 0 }, { 1, 0, 1 }, { 1, 1 }, { 0 }, { 0, 0 }, { 0, -1 }, { -1 },
				{ -1, -1 }, { -1, 0 }, { 0, -1, 0 }, { 0, 1 }, new byte[64] };
		TreeMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
		for (int i = 0; i < keys.length; i++) {
			entries.put(keys[i], new byte[] { (byte) i });
		}
		writeAll(session, entries);
		byte[] @Nullable [] values = session.read(keys);
		for (int i = 0; i < keys.length; i++) {
			assertThat(values[i]).as(HexFormat.of().formatHex(keys[i])).containsExactly(i);
		}
		assertValues(session.read(new byte[][] { { 1, 0, 2 }, { 2 }, { 0, -1, -1 }, { 0, 0, 0 } })).containsOnlyNulls();
	}

	@Test
	void readShouldReturn512ValuesInTheOrderOfTheirKeys() {
		KvSession session = open("a");
		TreeMap<byte[], byte[]> entries = chunks(600);
		writeAll(session, entries);
		List<byte[]> keys = new ArrayList<>(entries.keySet()).subList(44, 556);
		assertThat(keys).hasSize(512);
		assertReads(session, entries, keys);
		List<byte[]> shuffled = new ArrayList<>(keys);
		Collections.shuffle(shuffled, new Random(7));
		assertReads(session, entries, shuffled);
	}

	@Test
	void readShouldReturnRunsOfKeysAndOthersInTheirOrder() {
		KvSession session = open("a");
		TreeMap<byte[], byte[]> entries = chunks(600);
		byte[][] odd = { { 8, 1, 0, 0 }, { 8, 1, 1, 0, 0, 0, 0, -1, 0 }, { 8, 1, 1, 0, 0, 0, 1 }, { 8, 1, 1, 1 } };
		for (byte[] key : odd) {
			entries.put(key, key);
		}
		writeAll(session, entries);
		List<byte[]> keys = new ArrayList<>();
		keys.add(odd[0]);
		for (int i = 250; i < 262; i++) {
			keys.add(chunkKey(i));
		}
		for (int i = 0; i < 9; i++) {
			keys.add(chunkKey(i));
			keys.add(chunkKey(20 + i));
		}
		keys.add(odd[2]);
		for (int i = 590; i < 610; i++) {
			keys.add(chunkKey(i));
		}
		keys.add(odd[3]);
		keys.add(odd[1]);
		for (int i = 9; i > 0; i--) {
			keys.add(chunkKey(i));
		}
		assertReads(session, entries, keys);
	}

	@Test
	void readShouldReturnKeysOfAllLengthsInAnyOrder() {
		KvSession session = open("a");
		Random random = new Random(7);
		TreeMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
		List<byte[]> keys = new ArrayList<>();
		for (int i = 0; i < 1_500; i++) {
			byte[] key = new byte[1 + random.nextInt(4)];
			for (int k = 0; k < key.length; k++) {
				key[k] = (byte) (random.nextInt(6) - 2);
			}
			keys.add(key);
			if (random.nextInt(3) > 0) {
				entries.put(key, key);
			}
		}
		writeAll(session, entries);
		assertReads(session, entries, keys);
		assertReads(session, entries, keys.subList(0, 40));
		List<byte[]> sorted = new ArrayList<>(keys.subList(0, 1_000));
		sorted.sort(Arrays::compareUnsigned);
		assertReads(session, entries, sorted);
	}

	@Test
	void readWhenSomeOfManyKeysAreAbsentShouldReturnNullForThose() {
		KvSession session = open("a");
		TreeMap<byte[], byte[]> entries = chunks(300);
		List<byte[]> keys = new ArrayList<>(entries.keySet());
		entries.keySet().removeIf((key) -> key[key.length - 1] % 3 == 0);
		writeAll(session, entries);
		assertReads(session, entries, keys);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2, 10, 511, 512, 4095, 4096, 4097 })
	void readShouldReturnTheValueThatWasWritten(int length) {
		assertKeeps(length);
	}

	@Test
	void readShouldReturnALargeValueThatWasWritten() {
		assertKeeps((int) Math.min(1024 * 1024, this.store.limits().maxBytes() - 1));
	}

	private void assertKeeps(int length) {
		KvSession session = open("a");
		byte[] value = new byte[length];
		new Random(length).nextBytes(value);
		session.write(new KvWrite().put(key("k"), value));
		assertValues(session.read(keys("k"))).containsExactly(value);
		session.close();
		assertValues(this.store.open("a", keys("k")).values()).containsExactly(value);
		assertThat(this.store.size("a")).isEqualTo(new KvSize(1, 1 + length));
	}

	@Test
	void readShouldReturnArraysThatLaterWritesLeaveAlone() {
		KvSession session = open("a");
		write(session, "k", "1111");
		byte[] @Nullable [] values = session.read(keys("k"));
		write(session, "k", "2222");
		session.write(new KvWrite().delete(key("k")));
		assertValues(values).containsExactly(key("1111"));
	}

	@Test
	void readShouldLeaveArraysAloneThatWereLentBefore() {
		KvSession session = open("a");
		TreeMap<byte[], byte[]> entries = chunks(100);
		writeAll(session, entries);
		List<byte[]> keys = List.copyOf(entries.keySet());
		byte[][] asked = keys.toArray(byte[][]::new);
		byte[] @Nullable [] first = session.read(asked, lend(keys, entries));
		TreeMap<byte[], byte[]> changed = new TreeMap<>(entries);
		changed.replaceAll((key, value) -> new byte[value.length]);
		writeAll(session, changed);
		assertReads(session, changed, keys);
		assertValues(first, entries, keys);
	}

	// Writing

	@Test
	void writeShouldReplaceAValueWithAShorterOne() {
		KvSession session = open("a");
		write(session, "k", "a long value");
		write(session, "k", "short");
		assertThat(read(session, "k")).isEqualTo("short");
		write(session, "k", "");
		assertThat(read(session, "k")).isEmpty();
		assertThat(this.store.size("a")).isEqualTo(new KvSize(1, 1));
	}

	@Test
	void writeShouldKeepNoneOfItsArrays() {
		KvSession session = open("a");
		byte[] key = key("k");
		byte[] value = key("value");
		session.write(new KvWrite().put(key, value));
		Arrays.fill(key, (byte) 'x');
		Arrays.fill(value, (byte) 'x');
		assertValues(session.read(keys("k", "x"))).containsExactly(key("value"), null);
	}

	@Test
	void writeShouldMakeDeletedKeysAbsent() {
		KvSession session = open("a");
		session.write(new KvWrite().put(key("k1"), key("1")).put(key("k2"), key("2")));
		session.write(new KvWrite().delete(key("k1")).delete(key("never there")));
		assertValues(session.read(keys("k1", "k2", "never there"))).containsExactly(null, key("2"), null);
		assertThat(this.store.size("a").keys()).isEqualTo(1);
		write(session, "k1", "again");
		assertThat(read(session, "k1")).isEqualTo("again");
	}

	@Test
	void writeShouldApplyPutsDeletesAndRangesTogether() {
		KvSession session = open("a");
		for (String key : List.of("a", "b", "c", "d", "e", "f")) {
			write(session, key, key);
		}
		session.write(new KvWrite().put(key("a"), key("new")).deleteRange(key("b"), key("d")).delete(key("e")));
		assertThat(contents("a")).isEqualTo(Map.of("a", "new", "d", "d", "f", "f"));
		assertThat(session.commit()).isEqualTo(7);
	}

	@Test
	void writeShouldDeleteARangeFromItsFirstKeyToBeforeItsEnd() {
		KvSession session = open("a");
		byte[][] keys = { { 8 }, { 8, 1 }, { 8, 1, 0 }, { 8, 1, 0, 0 }, { 8, 1, 1 }, { 8, 1, 1, 0 }, { 8, 1, 1, -1 },
				{ 8, 1, 2 }, { 8, 1, 2, 0 }, { 8, 2 }, { -1 } };
		writeKeys(session, keys);
		session.write(new KvWrite().deleteRange(new byte[] { 8, 1, 0, 0 }, new byte[] { 8, 1, 2 }));
		assertValues(session.read(keys)).containsExactly(keys[0], keys[1], keys[2], null, null, null, null, keys[7],
				keys[8], keys[9], keys[10]);
		assertThat(this.store.size("a").keys()).isEqualTo(7);
	}

	@Test
	void writeShouldCompareTheBoundsOfARangeAsUnsignedBytes() {
		KvSession session = open("a");
		for (int i = 0; i < 256; i += 4) {
			writeKeys(session, new byte[] { (byte) i });
		}
		session.write(new KvWrite().deleteRange(new byte[] { 0x40 }, new byte[] { (byte) 0xf0 }));
		List<Integer> left = new ArrayList<>();
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			for (byte[] key : snapshot.keys(new byte[0], 1000)) {
				left.add(key[0] & 0xff);
			}
		}
		assertThat(left).containsExactly(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 0xf0, 0xf4, 0xf8,
				0xfc);
	}

	@Test
	void writeShouldDeleteTheChunksOfAFileFromOneOn() {
		KvSession session = open("a");
		TreeMap<byte[], byte[]> entries = chunks(300);
		writeAll(session, entries);
		byte[] metadata = { 8, 1, 0, 0 };
		byte[] otherFile = { 8, 1, 1, 1, 0, 0, 0, 0 };
		session.write(new KvWrite().put(metadata, key("m")).put(otherFile, key("o")));
		session.write(new KvWrite().put(metadata, key("n")).deleteRange(chunkKey(100), new byte[] { 8, 1, 1, 1 }));
		assertValues(session.read(new byte[][] { metadata, otherFile, chunkKey(0), chunkKey(99), chunkKey(100),
				chunkKey(101), chunkKey(299) }))
			.containsExactly(key("n"), key("o"), entries.get(chunkKey(0)), entries.get(chunkKey(99)), null, null, null);
		assertThat(this.store.size("a").keys()).isEqualTo(102);
		session.write(new KvWrite().put(chunkKey(200), key("again")));
		assertValues(session.read(new byte[][] { chunkKey(199), chunkKey(200), chunkKey(201) })).containsExactly(null,
				key("again"), null);
	}

	@Test
	void writeOfAnEmptyRangeShouldDeleteNothing() {
		KvSession session = open("a");
		session.write(new KvWrite().put(key("k"), key("1")).put(key("l"), key("2")));
		session.write(new KvWrite().deleteRange(key("k"), key("k")).deleteRange(key("ka"), key("kz")));
		assertThat(contents("a")).isEqualTo(Map.of("k", "1", "l", "2"));
	}

	@Test
	void writeOfARangeShouldLeaveNeighbouringActorsAlone() {
		for (String id : List.of("a", "a\0", "ab", "b", "1", "10", "2")) {
			write(open(id), "k", id);
		}
		KvSession session = open("ab");
		session.write(new KvWrite().deleteRange(new byte[0], new byte[] { -1, -1, -1, -1, -1, -1, -1, -1, -1 }));
		assertThat(contents("ab")).isEmpty();
		for (String id : List.of("a", "a\0", "b", "1", "10", "2")) {
			assertThat(contents(id)).isEqualTo(Map.of("k", id));
		}
	}

	@Test
	void writeOfAsManyKeysAsTheLimitsAllowShouldBeApplied() {
		KvSession session = open("a");
		int keys = this.store.limits().maxKeys();
		KvWrite write = new KvWrite();
		for (int i = 0; i < keys; i++) {
			write.put(chunkKey(i), new byte[] { (byte) i });
		}
		assertThat(write.fits(this.store.limits())).isTrue();
		session.write(write);
		assertThat(this.store.size("a").keys()).isEqualTo(keys);
		assertThat(session.commit()).isEqualTo(1);
	}

	@Test
	void writeOfMoreKeysThanTheLimitsAllowShouldApplyNothing() {
		KvSession session = open("a");
		write(session, "k", "1");
		KvWrite write = new KvWrite().delete(key("k")).deleteRange(key("k1"), key("k2"));
		for (int i = 0; i < this.store.limits().maxKeys() - 1; i++) {
			write.put(chunkKey(i), new byte[] { (byte) i });
		}
		assertThat(write.keys()).isEqualTo(this.store.limits().maxKeys() + 1);
		assertThatExceptionOfType(KvLimitExceededException.class).isThrownBy(() -> session.write(write));
		assertThat(contents("a")).isEqualTo(Map.of("k", "1"));
		assertThat(session.commit()).isEqualTo(1);
		write(session, "k", "2");
		assertThat(read(session, "k")).isEqualTo("2");
		assertThat(session.commit()).isEqualTo(2);
	}

	@Test
	void writeOfMoreBytesThanTheLimitsAllowShouldApplyNothing() {
		KvSession session = open("a");
		write(session, "k", "1");
		byte[] value = new byte[256 * 1024];
		KvWrite write = new KvWrite();
		for (int i = 0; write.bytes() <= this.store.limits().maxBytes(); i++) {
			write.put(chunkKey(i), value);
		}
		assertThatExceptionOfType(KvLimitExceededException.class).isThrownBy(() -> session.write(write));
		assertThat(contents("a")).isEqualTo(Map.of("k", "1"));
		assertThat(session.commit()).isEqualTo(1);
		write(session, "k", "2");
		assertThat(read(session, "k")).isEqualTo("2");
	}

	@Test
	void writeShouldCountCommits() throws Exception {
		KvSession session = open("a");
		for (int i = 1; i <= 5; i++) {
			write(session, "k", Integer.toString(i));
			assertThat(session.commit()).isEqualTo(i);
		}
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			assertThat(snapshot.commit()).isEqualTo(5);
		}
		session.write(new KvWrite().delete(key("k")));
		assertThat(session.commit()).isEqualTo(6);
		assertThat(owner("a").commit()).isEqualTo(6);
		KvSession again = open("a");
		assertThat(again.commit()).isEqualTo(6);
		write(again, "k", "7");
		reopenStore();
		assertThat(owner("a").commit()).isEqualTo(7);
		assertThat(open("a").commit()).isEqualTo(7);
	}

	@Test
	void writeOfNothingShouldBeACommit() {
		KvSession session = open("a");
		session.write(new KvWrite());
		assertThat(session.commit()).isEqualTo(1);
		assertThat(owner("a").commit()).isEqualTo(1);
		assertThat(contents("a")).isEmpty();
	}

	@Test
	void writeShouldOutliveTheStoreObject() throws Exception {
		KvSession session = open("a");
		TreeMap<byte[], byte[]> entries = chunks(200);
		writeAll(session, entries);
		session.write(new KvWrite().deleteRange(chunkKey(150), chunkKey(200)).delete(chunkKey(0)));
		entries.keySet().removeIf((key) -> key[7] == 0 || (key[7] & 0xff) >= 150);
		reopenStore();
		assertReads(open("a"), entries, new ArrayList<>(chunks(200).keySet()));
		assertThat(this.store.size("a").keys()).isEqualTo(149);
	}

	// Owner records and letting go

	@Test
	void ownerWhenTheActorIsHeldShouldNameALiveHolder() {
		KvSession session = open("a");
		write(session, "k", "1");
		KvOwner owner = owner("a");
		assertThat(owner.holder()).isNotBlank();
		assertThat(owner.live()).isTrue();
		assertThat(owner.epoch()).isEqualTo(session.epoch());
		assertThat(owner.commit()).isEqualTo(1);
	}

	@Test
	void closeShouldReleaseTheActor() {
		KvSession session = open("a");
		write(session, "k", "1");
		session.close();
		KvOwner owner = owner("a");
		assertThat(owner.holder()).isNull();
		assertThat(owner.live()).isFalse();
		assertThat(owner.epoch()).isEqualTo(session.epoch());
		assertThat(owner.commit()).isEqualTo(1);
		assertThat(read(open("a"), "k")).isEqualTo("1");
	}

	@Test
	void closeShouldEndTheSession() throws Exception {
		KvSession session = open("a");
		write(session, "k", "1");
		Thread closer = new Thread(session::close);
		closer.start();
		closer.join();
		session.close();
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> read(session, "k"));
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> write(session, "k", "2"));
		assertThat(contents("a")).isEqualTo(Map.of("k", "1"));
	}

	@Test
	void closeWhenOwnershipWasLostShouldNotReleaseTheNewSession() {
		KvSession earlier = open("a");
		write(earlier, "k", "1");
		KvSession session = open("a");
		earlier.close();
		assertThat(owner("a").holder()).isNotNull();
		assertThat(owner("a").epoch()).isGreaterThanOrEqualTo(earlier.epoch());
		write(session, "k", "2");
		assertThat(read(session, "k")).isEqualTo("2");
	}

	// Listing

	@Test
	void actorsShouldListActorsFromTheirFirstWriteUntilTheyAreDeleted() {
		KvSession session = open("a");
		assertThat(ids("", null, 10)).isEmpty();
		write(session, "k", "1");
		assertThat(ids("", null, 10)).containsExactly("a");
		session.write(new KvWrite().delete(key("k")));
		assertThat(ids("", null, 10)).containsExactly("a");
		assertThat(this.store.owner("a")).isNotNull();
		session.close();
		assertThat(ids("", null, 10)).containsExactly("a");
		assertThat(this.store.delete("a", false)).isTrue();
		assertThat(ids("", null, 10)).isEmpty();
		assertThat(this.store.owner("a")).isNull();
	}

	@Test
	void actorsShouldBeInTheOrderOfTheirUtf8Bytes() throws Exception {
		writeAwkwardActors();
		List<String> sorted = new ArrayList<>(AWKWARD_IDS);
		sorted.sort((one, other) -> Arrays.compareUnsigned(utf8(one), utf8(other)));
		assertThat(ids("", null, 1000)).isEqualTo(sorted);
		reopenStore();
		assertThat(ids("", null, 1000)).isEqualTo(sorted);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3, 7, 1000 })
	void actorsShouldComeInPages(int limit) {
		writeAwkwardActors();
		assertPages("", limit);
		for (String prefix : AWKWARD_IDS) {
			assertPages(prefix, limit);
		}
	}

	private void assertPages(String prefix, int limit) {
		List<String> expected = AWKWARD_IDS.stream()
			.filter((id) -> id.startsWith(prefix))
			.sorted((one, other) -> Arrays.compareUnsigned(utf8(one), utf8(other)))
			.toList();
		List<String> found = new ArrayList<>();
		String after = null;
		do {
			KvActorPage page = this.store.actors(prefix, after, limit);
			assertThat(page.actorIds()).hasSizeBetween(1, limit);
			found.addAll(page.actorIds());
			after = page.next();
		}
		while (after != null && found.size() <= expected.size());
		assertThat(found).as("prefix '%s' in pages of %d", prefix, limit).isEqualTo(expected);
	}

	@Test
	void actorsWhenThePageEndsWithTheLastActorShouldSayThatNoneFollows() {
		for (String id : List.of("a", "b", "c", "d")) {
			write(open(id), "k", id);
		}
		assertThat(this.store.actors("", null, 4)).isEqualTo(new KvActorPage(List.of("a", "b", "c", "d"), null));
		assertThat(this.store.actors("", null, 2).next()).isNotNull();
		assertThat(this.store.actors("", "b", 2)).isEqualTo(new KvActorPage(List.of("c", "d"), null));
		assertThat(this.store.actors("a", null, 1)).isEqualTo(new KvActorPage(List.of("a"), null));
	}

	@Test
	void actorsShouldStartBehindAnIdThatNeedNotExist() {
		for (String id : List.of("a", "ab", "abc", "b", "ba")) {
			write(open(id), "k", id);
		}
		assertThat(ids("", "aa", 10)).containsExactly("ab", "abc", "b", "ba");
		assertThat(ids("", "ab", 10)).containsExactly("abc", "b", "ba");
		assertThat(ids("", "ab\0", 10)).containsExactly("abc", "b", "ba");
		assertThat(ids("b", "a", 10)).containsExactly("b", "ba");
		assertThat(ids("ab", "abb", 10)).containsExactly("abc");
		assertThat(ids("ab", "b", 10)).isEmpty();
		assertThat(ids("", "z", 10)).isEmpty();
	}

	@Test
	void actorsWhenNoneHasThePrefixShouldReturnAnEmptyLastPage() {
		write(open("a"), "k", "1");
		for (String prefix : List.of("b", "aa", "A", "%", "_", "*", "?", "\0")) {
			assertThat(this.store.actors(prefix, null, 10)).isEqualTo(new KvActorPage(List.of(), null));
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, -1 })
	void actorsAndKeysWhenTheLimitIsNotPositiveShouldRefuseIt(int limit) {
		assertThatIllegalArgumentException().isThrownBy(() -> this.store.actors("", null, limit));
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			assertThatIllegalArgumentException().isThrownBy(() -> snapshot.keys(new byte[0], limit));
		}
	}

	// Size

	@Test
	void sizeShouldCountKeysAndBytes() {
		KvSession session = open("a");
		assertThat(this.store.size("a")).isEqualTo(new KvSize(0, 0));
		session.write(new KvWrite().put(key("k1"), new byte[4096]).put(key("key2"), new byte[10]));
		assertThat(this.store.size("a")).isEqualTo(new KvSize(2, 2 + 4096 + 4 + 10));
		session.write(new KvWrite().put(key("k1"), new byte[100]).put(key("k3"), new byte[0]));
		assertThat(this.store.size("a")).isEqualTo(new KvSize(3, 2 + 100 + 4 + 10 + 2));
		session.write(new KvWrite().deleteRange(key("k"), key("k3")));
		assertThat(this.store.size("a")).isEqualTo(new KvSize(2, 4 + 10 + 2));
	}

	// Deleting

	@Test
	void deleteShouldLeaveNoKey() throws Exception {
		KvSession session = open("a");
		TreeMap<byte[], byte[]> entries = chunks(700);
		writeAll(session, entries);
		session.write(new KvWrite().put(new byte[] { 0 }, key("0")).put(new byte[] { -1, -1, -1, -1 }, key("1")));
		session.close();
		assertThat(this.store.delete("a", false)).isTrue();
		assertGone("a");
		assertThat(this.store.delete("a", false)).isFalse();
		assertThat(this.store.delete("a", true)).isFalse();
		reopenStore();
		assertGone("a");
		KvSession again = open("a");
		assertThat(again.commit()).isZero();
		assertReads(again, new TreeMap<>(Arrays::compareUnsigned), new ArrayList<>(entries.keySet()));
	}

	private void assertGone(String id) {
		assertThat(this.store.owner(id)).isNull();
		assertThat(this.store.size(id)).isEqualTo(new KvSize(0, 0));
		assertThat(contents(id)).isEmpty();
		assertThat(ids("", null, 10)).doesNotContain(id);
		try (KvSnapshot snapshot = this.store.snapshot(id)) {
			assertThat(snapshot.commit()).isZero();
		}
	}

	@Test
	void deleteOfAnActorThatDoesNotExistShouldDoNothing() {
		assertThat(this.store.delete("a", false)).isFalse();
		assertThat(this.store.delete("a", true)).isFalse();
		assertThat(ids("", null, 10)).isEmpty();
	}

	@Test
	void deleteWhenTheActorIsHeldShouldBeRefused() {
		KvSession session = open("a");
		write(session, "k", "1");
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> this.store.delete("a", false))
			.satisfies((ex) -> assertThat(ex.actorId()).isEqualTo("a"))
			.satisfies((ex) -> assertThat(ex.holder()).isEqualTo(owner("a").holder()));
		assertThat(read(session, "k")).isEqualTo("1");
		write(session, "k", "2");
		session.close();
		assertThat(this.store.delete("a", false)).isTrue();
	}

	@Test
	void deleteByForceShouldFenceTheHolder() {
		KvSession session = open("a");
		write(session, "k", "1");
		assertThat(this.store.delete("a", true)).isTrue();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(session, "k"));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(session, "k", "2"));
		session.close();
		assertGone("a");
	}

	@Test
	void deleteByForceWhenNothingWasWrittenShouldFenceTheHolder() {
		KvSession session = open("a");
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> this.store.delete("a", false));
		assertThat(this.store.delete("a", true)).isFalse();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(session, "k", "1"));
		assertGone("a");
	}

	@Test
	void deleteShouldNotLetAnEpochRepeat() throws Exception {
		KvSession session = open("a");
		write(session, "k", "1");
		assertThat(this.store.delete("a", true)).isTrue();
		KvSession second = open("a");
		assertThat(second.epoch()).isGreaterThan(session.epoch());
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(session, "k", "2"));
		write(second, "k", "3");
		assertThat(second.commit()).isEqualTo(1);
		second.close();
		assertThat(this.store.delete("a", false)).isTrue();
		reopenStore();
		KvSession third = open("a");
		assertThat(third.epoch()).isGreaterThan(second.epoch());
		assertThat(third.commit()).isZero();
	}

	@Test
	void deleteShouldLeaveNeighboursAlone() {
		for (String victim : List.of("a", "1", "\0", "a\0", "\ud83d\ude00", "%", "x".repeat(256))) {
			writeAwkwardActors();
			assertThat(this.store.delete(victim, false)).isTrue();
			assertGone(victim);
			for (String id : AWKWARD_IDS) {
				assertThat(contents(id)).as("'%s' after '%s' was deleted", id, victim)
					.isEqualTo(id.equals(victim) ? Map.of() : Map.of("k", id, "l", "2"));
			}
		}
	}

	// Deleting by the owner

	@Test
	void deleteByTheOwnerShouldLeaveNoKey() throws Exception {
		KvSession session = open("a");
		TreeMap<byte[], byte[]> entries = chunks(700);
		writeAll(session, entries);
		session.write(new KvWrite().put(new byte[] { 0 }, key("0")).put(new byte[] { -1, -1, -1, -1 }, key("1")));
		session.delete();
		assertGone("a");
		assertThat(this.store.delete("a", false)).isFalse();
		reopenStore();
		assertGone("a");
		KvSession again = open("a");
		assertThat(again.epoch()).isGreaterThan(session.epoch());
		assertThat(again.commit()).isZero();
		assertReads(again, new TreeMap<>(Arrays::compareUnsigned), new ArrayList<>(entries.keySet()));
		write(again, "k", "1");
		assertThat(again.commit()).isEqualTo(1);
	}

	@Test
	void deleteByTheOwnerShouldTakeMoreThanFitsInOneWrite() {
		KvSession session = open("a");
		int keys = Math.min(3 * this.store.limits().maxKeys(), 20_000);
		TreeMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
		for (int i = 0; i < keys; i++) {
			entries.put(chunkKey(i), new byte[] { (byte) i });
		}
		writeAll(session, entries);
		assertThat(this.store.size("a").keys()).isEqualTo(keys);
		session.delete();
		assertGone("a");
	}

	@Test
	void deleteByTheOwnerShouldEndTheSession() {
		KvSession session = open("a");
		write(session, "k", "1");
		session.delete();
		assertEnded(session);
		KvSession next = open("a");
		assertThat(next.epoch()).isGreaterThan(session.epoch());
		write(next, "k", "next");
		assertEnded(session);
		session.close();
		session.close();
		assertThat(owner("a").holder()).isNotNull();
		assertThat(owner("a").epoch()).isEqualTo(next.epoch());
		assertThat(read(next, "k")).isEqualTo("next");
		assertThat(next.commit()).isEqualTo(1);
	}

	@Test
	void deleteByTheOwnerOfAnActorWithoutDataShouldGiveItUp() throws Exception {
		KvSession session = open("a");
		session.delete();
		assertEnded(session);
		assertGone("a");
		assertThat(this.store.delete("a", false)).isFalse();
		KvSession next = open("a");
		assertThat(next.epoch()).isGreaterThan(session.epoch());
		write(next, "k", "1");
		assertEnded(session);
		assertThat(contents("a")).isEqualTo(Map.of("k", "1"));
		next.delete();
		reopenStore();
		assertThat(open("a").epoch()).isGreaterThan(next.epoch());
	}

	@Test
	void deleteByTheOwnerShouldNotLetAnEpochRepeat() throws Exception {
		List<Long> epochs = new ArrayList<>();
		for (int i = 0; i < 12; i++) {
			KvSession session = open("a");
			epochs.add(session.epoch());
			if (i % 3 != 0) {
				write(session, "k", Integer.toString(i));
				assertThat(session.commit()).isEqualTo(1);
			}
			session.delete();
			if (i % 4 == 0) {
				reopenStore();
			}
		}
		assertThat(epochs).isSorted().doesNotHaveDuplicates();
	}

	@Test
	void deleteByAnEarlierSessionShouldDeleteNothing() {
		KvSession earlier = open("a");
		write(earlier, "k", "1");
		KvSession session = open("a");
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(earlier::delete)
			.satisfies((ex) -> assertThat(ex.actorId()).isEqualTo("a"))
			.satisfies((ex) -> assertThat(ex.epoch()).isEqualTo(earlier.epoch()));
		write(session, "l", "2");
		assertEnded(earlier);
		assertThat(read(session, "k")).isEqualTo("1");
		session.close();
		assertEnded(earlier);
		assertThat(contents("a")).isEqualTo(Map.of("k", "1", "l", "2"));
		assertThat(owner("a").commit()).isEqualTo(2);
	}

	@Test
	void deleteByTheOwnerOfAnActorThatIsGoneShouldDeleteNothing() {
		KvSession session = open("a");
		write(session, "k", "1");
		assertThat(this.store.delete("a", true)).isTrue();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(session::delete);
		write(open("a"), "k", "2");
		assertEnded(session);
		assertThat(contents("a")).isEqualTo(Map.of("k", "2"));
	}

	@Test
	void deleteByASessionThatWasClosedShouldDeleteNothing() {
		KvSession session = open("a");
		write(session, "k", "1");
		session.close();
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(session::delete);
		assertThat(contents("a")).isEqualTo(Map.of("k", "1"));
	}

	@Test
	void deleteByTheOwnerShouldLeaveNeighboursAlone() {
		for (String victim : List.of("a", "1", "\0", "a\0", "\ud83d\ude00", "%", "x".repeat(256))) {
			writeAwkwardActors();
			open(victim).delete();
			assertGone(victim);
			for (String id : AWKWARD_IDS) {
				assertThat(contents(id)).as("'%s' after '%s' was deleted", id, victim)
					.isEqualTo(id.equals(victim) ? Map.of() : Map.of("k", id, "l", "2"));
			}
		}
	}

	@Test
	void deleteByTheOwnerWhileTheActorIsTakenShouldSucceedOrLeaveItWhole() throws Exception {
		for (int round = 0; round < 40; round++) {
			KvSession owner = open("a");
			write(owner, "k", "1");
			assertOneWins(owner, this.store);
		}
	}

	/**
	 * Let an owner of an actor that holds {@code k} delete it while another session is
	 * opened and writes: either the actor is deleted and the other begins anew, or the
	 * other finds what was there and the deletion is refused.
	 * @param owner the session to delete the actor
	 * @param other the store by which to take it
	 * @throws Exception if either failed otherwise
	 */
	protected final void assertOneWins(KvSession owner, KvStore other) throws Exception {
		boolean[] deleted = new boolean[1];
		KvOpening[] taken = new KvOpening[1];
		CountDownLatch ready = new CountDownLatch(2);
		inThreads(2, (thread) -> {
			ready.countDown();
			assertThat(ready.await(30, TimeUnit.SECONDS)).isTrue();
			if (thread == 0) {
				taken[0] = other.open(owner.actorId(), keys("k"));
				write(taken[0].session(), "l", "2");
				return;
			}
			try {
				owner.delete();
				deleted[0] = true;
			}
			catch (KvOwnershipLostException ex) {
				assertThat(ex.epoch()).isEqualTo(owner.epoch());
			}
		});
		assertThat(taken[0].session().epoch()).isGreaterThan(owner.epoch());
		assertValues(taken[0].values()).containsExactly(deleted[0] ? null : key("1"));
		assertThat(taken[0].session().commit()).isEqualTo(deleted[0] ? 1 : owner.commit() + 1);
		assertThat(contents(owner.actorId())).isEqualTo(deleted[0] ? Map.of("l", "2") : Map.of("k", "1", "l", "2"));
		taken[0].session().delete();
		assertGone(owner.actorId());
	}

	@Test
	void deleteByTheOwnerWhileOthersReadShouldShowAllOrNothing() throws Exception {
		TreeMap<byte[], byte[]> entries = chunks(Math.min(300, this.store.limits().maxKeys()));
		byte[][] keys = entries.keySet().toArray(byte[][]::new);
		for (int round = 0; round < 10; round++) {
			KvSession session = open("a");
			writeAll(session, entries);
			AtomicBoolean done = new AtomicBoolean();
			CountDownLatch reading = new CountDownLatch(1);
			inThreads(2, (thread) -> {
				if (thread == 0) {
					try {
						assertThat(reading.await(30, TimeUnit.SECONDS)).isTrue();
						session.delete();
					}
					finally {
						done.set(true);
					}
					return;
				}
				boolean last;
				do {
					last = done.get();
					try (KvSnapshot snapshot = this.store.snapshot("a")) {
						boolean there = snapshot.commit() > 0;
						assertValues(snapshot.keys(new byte[0], 1_000)).hasSize(there ? keys.length : 0);
						byte[] @Nullable [] values = snapshot.read(keys);
						for (int i = 0; i < keys.length; i++) {
							assertThat(values[i]).isEqualTo(there ? entries.get(keys[i]) : null);
						}
					}
					catch (KvSnapshotLostException ex) {
						assertThat(keepsSnapshots()).as("a snapshot was lost: %s", ex.getMessage()).isFalse();
					}
					reading.countDown();
				}
				while (!last);
			});
			assertGone("a");
		}
	}

	/**
	 * Assert that a session that lost its actor, or deleted it, serves nothing, and
	 * deletes nothing.
	 * @param session the session
	 */
	protected static void assertEnded(KvSession session) {
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(session, "k"));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(session, "k", "late"));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(session::delete);
	}

	// Snapshots

	@Test
	void snapshotOfAnActorThatDoesNotExistShouldHaveNoKeys() {
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			assertThat(snapshot.commit()).isZero();
			assertValues(snapshot.read(keys("k"))).containsExactly((byte[]) null);
			assertValues(snapshot.keys(new byte[0], 10)).isEmpty();
		}
		assertThat(this.store.owner("a")).isNull();
	}

	@Test
	void snapshotShouldListKeysFromOneOn() {
		KvSession session = open("a");
		write(open("A"), "k", "neighbour");
		write(open("aa"), "k", "neighbour");
		byte[][] keys = { { 0 }, { 0, 0 }, { 1 }, { 1, -1 }, { 2 }, { 127 }, { -128 }, { -1 }, { -1, -1, -1 } };
		writeKeys(session, keys);
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			assertValues(snapshot.keys(new byte[0], 1000)).containsExactly(keys);
			assertValues(snapshot.keys(new byte[0], keys.length)).containsExactly(keys);
			assertValues(snapshot.keys(new byte[0], 3)).containsExactly(Arrays.copyOf(keys, 3));
			assertValues(snapshot.keys(new byte[] { 1 }, 1)).containsExactly(Arrays.copyOfRange(keys, 2, 3));
			assertValues(snapshot.keys(new byte[] { 1, 0 }, 2)).containsExactly(Arrays.copyOfRange(keys, 3, 5));
			assertValues(snapshot.keys(new byte[] { -1 }, 10)).containsExactly(Arrays.copyOfRange(keys, 7, 9));
			assertValues(snapshot.keys(new byte[] { -1, -1, -1, 0 }, 10)).isEmpty();
			assertValues(snapshot.read(new byte[][] { keys[8], { 3 }, keys[0] })).containsExactly(keys[8], null,
					keys[0]);
		}
	}

	@Test
	void snapshotShouldNotSeeLaterWrites() {
		KvSession session = open("a");
		session.write(new KvWrite().put(key("k1"), key("1")).put(key("k2"), key("2")));
		KvSnapshot snapshot = closeAfterTest(this.store.snapshot("a"));
		session.write(new KvWrite().put(key("k1"), key("new")).put(key("k0"), key("new")).delete(key("k2")));
		assertThat(snapshot.commit()).isEqualTo(1);
		if (keepsSnapshots()) {
			assertValues(snapshot.read(keys("k0", "k1", "k2"))).containsExactly(null, key("1"), key("2"));
			assertValues(snapshot.keys(new byte[0], 10)).containsExactly(keys("k1", "k2"));
		}
		else {
			assertThatExceptionOfType(KvSnapshotLostException.class)
				.isThrownBy(() -> snapshot.read(keys("k0", "k1", "k2")));
			assertThatExceptionOfType(KvSnapshotLostException.class).isThrownBy(() -> snapshot.keys(new byte[0], 10));
		}
		try (KvSnapshot later = this.store.snapshot("a")) {
			assertThat(later.commit()).isEqualTo(2);
			assertValues(later.read(keys("k0", "k1", "k2"))).containsExactly(key("new"), key("new"), null);
		}
	}

	@Test
	void snapshotShouldNotShowAnotherActorOfTheSameId() {
		KvSession session = open("a");
		write(session, "k", "1");
		KvSnapshot snapshot = closeAfterTest(this.store.snapshot("a"));
		assertThat(this.store.delete("a", true)).isTrue();
		write(open("a"), "k", "2");
		if (keepsSnapshots()) {
			assertValues(snapshot.read(keys("k"))).containsExactly(key("1"));
		}
		else {
			assertThatExceptionOfType(KvSnapshotLostException.class).isThrownBy(() -> snapshot.read(keys("k")));
		}
	}

	@Test
	void snapshotShouldNotTakeTheActorFromItsHolder() {
		KvSession session = open("a");
		write(session, "k", "1");
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			assertValues(snapshot.read(keys("k"))).containsExactly(key("1"));
		}
		assertThat(owner("a").epoch()).isEqualTo(session.epoch());
		write(session, "k", "2");
		assertThat(read(session, "k")).isEqualTo("2");
	}

	@Test
	void snapshotThatWasClosedShouldServeNothing() {
		write(open("a"), "k", "1");
		KvSnapshot snapshot = this.store.snapshot("a");
		snapshot.close();
		snapshot.close();
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> snapshot.read(keys("k")));
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> snapshot.keys(new byte[0], 1));
	}

	@Test
	void snapshotWhileWritesGoOnShouldShowOneCommit() throws Exception {
		byte[][] keys = chunks(Math.min(20, this.store.limits().maxKeys())).keySet().toArray(byte[][]::new);
		int commits = 200;
		AtomicBoolean done = new AtomicBoolean();
		AtomicLong seen = new AtomicLong();
		KvSession session = open("a");
		inThreads(3, (thread) -> {
			if (thread == 0) {
				try {
					for (int i = 1; i <= commits; i++) {
						KvWrite write = new KvWrite();
						for (byte[] key : keys) {
							write.put(key, key(Integer.toString(i)));
						}
						session.write(write);
					}
				}
				finally {
					done.set(true);
				}
				return;
			}
			boolean last;
			do {
				last = done.get();
				try (KvSnapshot snapshot = this.store.snapshot("a")) {
					byte[] expected = (snapshot.commit() > 0) ? key(Long.toString(snapshot.commit())) : null;
					assertValues(snapshot.read(keys)).containsOnly(expected);
					assertValues(snapshot.keys(new byte[0], 100)).hasSize((expected != null) ? keys.length : 0);
					seen.accumulateAndGet(snapshot.commit(), Math::max);
				}
				catch (KvSnapshotLostException ex) {
					assertThat(keepsSnapshots()).as("a snapshot was lost: %s", ex.getMessage()).isFalse();
				}
			}
			while (!last);
		});
		assertThat(seen.get()).isEqualTo(commits);
	}

	// Closing the store

	@Test
	void closeShouldMakeEveryLaterCallFail() {
		KvSession session = open("a");
		write(session, "k", "1");
		KvSnapshot snapshot = this.store.snapshot("a");
		this.store.close();
		this.store.close();
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> this.store.open("a", NO_KEYS));
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> this.store.snapshot("a"));
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> this.store.actors("", null, 1));
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> this.store.owner("a"));
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> this.store.size("a"));
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> this.store.delete("a", true));
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(this.store::ping);
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> read(session, "k"));
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> write(session, "k", "2"));
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(session::delete);
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> snapshot.read(keys("k")));
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> snapshot.keys(new byte[0], 1));
		session.close();
		snapshot.close();
		assertThat(session.commit()).isEqualTo(1);
		assertThat(this.store.limits()).isNotNull();
		assertThat(this.store.type()).isNotNull();
	}

	@Test
	void closeShouldReleaseEveryActor() throws Exception {
		for (String id : List.of("a", "b", "c")) {
			write(open(id), "k", id);
		}
		reopenStore();
		for (String id : List.of("a", "b", "c")) {
			assertThat(owner(id).holder()).isNull();
			assertThat(owner(id).live()).isFalse();
			assertThat(this.store.delete(id, false)).isTrue();
		}
	}

	@Test
	void closeWhileOthersWorkShouldLoseNothingAcknowledged() throws Exception {
		int threads = 4;
		AtomicIntegerArray acknowledged = new AtomicIntegerArray(threads);
		CountDownLatch underWay = new CountDownLatch(threads);
		inThreads(threads + 1, (thread) -> {
			if (thread == threads) {
				assertThat(underWay.await(2, TimeUnit.MINUTES)).isTrue();
				this.store.close();
				return;
			}
			KvSession session = open("actor-" + thread);
			try {
				for (int i = 1; i < 1_000_000; i++) {
					session.write(new KvWrite().put(key("n"), key(Integer.toString(i))));
					acknowledged.set(thread, i);
					assertThat(read(session, "n")).isEqualTo(Integer.toString(i));
					try (KvSnapshot snapshot = this.store.snapshot("actor-" + thread)) {
						assertThat(snapshot.commit()).isEqualTo(i);
					}
					if (i == 5) {
						underWay.countDown();
					}
				}
			}
			catch (KvClosedException ex) {
				assertThat(acknowledged.get(thread)).isGreaterThanOrEqualTo(5);
			}
		});
		reopenStore();
		for (int thread = 0; thread < threads; thread++) {
			KvSession session = open("actor-" + thread);
			assertThat(session.commit()).isEqualTo(acknowledged.get(thread));
			assertThat(read(session, "n")).isEqualTo(Integer.toString(acknowledged.get(thread)));
		}
	}

	// Many threads

	@Test
	void manyThreadsOverManyActorsShouldLoseNoUpdate() throws Exception {
		int actors = 40;
		AtomicIntegerArray acknowledged = new AtomicIntegerArray(actors);
		inThreads(8, (thread) -> {
			Random random = new Random(thread);
			for (int i = 0; i < 200; i++) {
				int actor = random.nextInt(actors);
				try {
					KvOpening opening = this.store.open("actor-" + actor, keys("n"));
					byte[] found = opening.values()[0];
					int next = (found != null) ? Integer.parseInt(text(found)) + 1 : 1;
					opening.session().write(new KvWrite().put(key("n"), key(Integer.toString(next))));
					acknowledged.incrementAndGet(actor);
					if (random.nextBoolean()) {
						opening.session().close();
					}
				}
				catch (KvOwnershipLostException ex) {
					assertThat(ex.actorId()).isEqualTo("actor-" + actor);
				}
			}
		});
		for (int actor = 0; actor < actors; actor++) {
			KvSession session = open("actor-" + actor);
			assertThat(session.commit()).isEqualTo(acknowledged.get(actor));
			assertThat(read(session, "n"))
				.isEqualTo((acknowledged.get(actor) > 0) ? Integer.toString(acknowledged.get(actor)) : null);
		}
	}

	@Test
	void threadsThatOpenOneActorAtOnceShouldGetDifferentEpochs() throws Exception {
		ConcurrentLinkedQueue<KvSession> sessions = new ConcurrentLinkedQueue<>();
		inThreads(8, (thread) -> {
			for (int i = 0; i < 10; i++) {
				sessions.add(open("a"));
			}
		});
		assertThat(sessions).hasSize(80).extracting(KvSession::epoch).doesNotHaveDuplicates();
		long last = sessions.stream().mapToLong(KvSession::epoch).max().orElseThrow();
		for (KvSession session : sessions) {
			if (session.epoch() == last) {
				write(session, "k", "last");
			}
			else {
				assertThatExceptionOfType(KvOwnershipLostException.class)
					.isThrownBy(() -> write(session, "k", "earlier"));
			}
		}
		assertThat(contents("a")).isEqualTo(Map.of("k", "last"));
	}

	@Test
	void writeDuringWhichTheActorIsTakenShouldBeAppliedWholeOrNotAtAll() throws Exception {
		long[] acknowledged = new long[1];
		boolean[] unknown = new boolean[1];
		int keys = Math.min(16, this.store.limits().maxKeys());
		for (int round = 0; round < 40; round++) {
			KvSession writer = open("a");
			unknown[0] = false;
			CountDownLatch underWay = new CountDownLatch(1);
			inThreads(2, (thread) -> {
				if (thread == 0) {
					assertThat(underWay.await(2, TimeUnit.MINUTES)).isTrue();
					open("a");
					return;
				}
				try {
					for (int i = 0; i < 1_000_000; i++) {
						writer.write(numbered(keys, acknowledged[0] + 1));
						acknowledged[0]++;
						underWay.countDown();
					}
				}
				catch (KvOwnershipLostException ex) {
					assertThat(ex.actorId()).isEqualTo("a");
				}
				catch (KvIndeterminateException ex) {
					unknown[0] = true;
				}
				finally {
					underWay.countDown();
				}
			});
			KvSession session = open("a");
			byte[] @Nullable [] values = session.read(numbered(keys));
			assertValues(values).as("the values of one write").doesNotContainNull();
			assertThat(Arrays.stream(values).map(KvStoreContractTests::text).distinct())
				.as("the numbers that the values of one write have")
				.hasSize(1);
			long number = Long.parseLong(text(values[0]));
			assertThat(number).isBetween(acknowledged[0], acknowledged[0] + (unknown[0] ? 1 : 0));
			assertThat(session.commit()).isEqualTo(number);
			acknowledged[0] = number;
		}
	}

	private static byte[][] numbered(int keys) {
		byte[][] numbered = new byte[keys][];
		for (int i = 0; i < keys; i++) {
			numbered[i] = chunkKey(i);
		}
		return numbered;
	}

	private static KvWrite numbered(int keys, long number) {
		KvWrite write = new KvWrite();
		for (byte[] key : numbered(keys)) {
			write.put(key, key(Long.toString(number)));
		}
		return write;
	}

	@Test
	void deleteByForceWhileTheHolderWritesShouldLeaveNoKey() throws Exception {
		for (int round = 0; round < 20; round++) {
			KvSession session = open("a");
			write(session, "k", "0");
			CountDownLatch writing = new CountDownLatch(1);
			inThreads(2, (thread) -> {
				if (thread == 0) {
					assertThat(writing.await(2, TimeUnit.MINUTES)).isTrue();
					assertThat(this.store.delete("a", true)).isTrue();
					return;
				}
				assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> {
					for (int i = 1; i < 1_000_000; i++) {
						write(session, "k" + i % 100, Integer.toString(i));
						writing.countDown();
					}
				});
			});
			assertGone("a");
		}
	}

	// What tests of a store may use as well

	/**
	 * Close something after the test, the latest first.
	 * @param <T> its type
	 * @param closeable what to close
	 * @return the same
	 */
	protected final <T extends AutoCloseable> T closeAfterTest(T closeable) {
		this.closeables.add(closeable);
		return closeable;
	}

	/**
	 * Close the store under test and open another over the same data in its place.
	 * @throws Exception if it cannot be opened
	 */
	protected final void reopenStore() throws Exception {
		this.store.close();
		this.store = closeAfterTest(openStore());
	}

	/**
	 * Open an actor of the store under test.
	 * @param actorId the actor
	 * @return its session
	 */
	protected final KvSession open(String actorId) {
		return open(this.store, actorId);
	}

	/**
	 * Open an actor.
	 * @param owner the store
	 * @param actorId the actor
	 * @return its session
	 */
	protected static KvSession open(KvStore owner, String actorId) {
		return owner.open(actorId, NO_KEYS).session();
	}

	/**
	 * Write one value.
	 * @param session the session
	 * @param key the key
	 * @param value the value
	 */
	protected static void write(KvSession session, String key, String value) {
		session.write(new KvWrite().put(key(key), key(value)));
	}

	/**
	 * Read one value.
	 * @param session the session
	 * @param key the key
	 * @return the value, or {@code null} if it is absent
	 */
	protected static @Nullable String read(KvSession session, String key) {
		byte[] value = session.read(keys(key))[0];
		return (value != null) ? text(value) : null;
	}

	/**
	 * Return all that an actor holds.
	 * @param actorId the actor
	 * @return its values by their keys, both taken for text
	 */
	protected final Map<String, String> contents(String actorId) {
		Map<String, String> contents = new TreeMap<>();
		try (KvSnapshot snapshot = this.store.snapshot(actorId)) {
			byte[][] keys = snapshot.keys(new byte[0], Integer.MAX_VALUE);
			byte[] @Nullable [] values = snapshot.read(keys);
			for (int i = 0; i < keys.length; i++) {
				assertThat(values[i]).as("a key that was listed").isNotNull();
				contents.put(text(keys[i]), text(values[i]));
			}
		}
		return contents;
	}

	/**
	 * Return the owner record of an actor that exists.
	 * @param actorId the actor
	 * @return its owner record
	 */
	protected final KvOwner owner(String actorId) {
		KvOwner owner = this.store.owner(actorId);
		assertThat(owner).as("owner record of '%s'", actorId).isNotNull();
		return owner;
	}

	/**
	 * Return the bytes of a key or value.
	 * @param text text
	 * @return its bytes in UTF-8
	 */
	protected static byte[] key(String text) {
		return utf8(text);
	}

	/**
	 * Return keys.
	 * @param texts text
	 * @return the bytes of each in UTF-8
	 */
	protected static byte[][] keys(String... texts) {
		return Arrays.stream(texts).map(KvStoreContractTests::utf8).toArray(byte[][]::new);
	}

	/**
	 * Return the key of a chunk of a main database.
	 * @param index the chunk
	 * @return its key in the stored format
	 */
	protected static byte[] chunkKey(int index) {
		return new byte[] { 8, 1, 1, 0, (byte) (index >>> 24), (byte) (index >>> 16), (byte) (index >>> 8),
				(byte) index };
	}

	/**
	 * Return chunks, each of 100 bytes of its own.
	 * @param count how many
	 * @return the chunks by their keys
	 */
	protected static TreeMap<byte[], byte[]> chunks(int count) {
		Random random = new Random(count);
		TreeMap<byte[], byte[]> chunks = new TreeMap<>(Arrays::compareUnsigned);
		for (int i = 0; i < count; i++) {
			byte[] value = new byte[100];
			random.nextBytes(value);
			chunks.put(chunkKey(i), value);
		}
		return chunks;
	}

	/**
	 * Put entries, in as many writes as the limits ask for.
	 * @param session the session
	 * @param entries what to put
	 */
	protected final void writeAll(KvSession session, Map<byte[], byte[]> entries) {
		KvWrite write = new KvWrite();
		for (Map.Entry<byte[], byte[]> entry : entries.entrySet()) {
			if (write.keys() == this.store.limits().maxKeys()) {
				session.write(write);
				write = new KvWrite();
			}
			write.put(entry.getKey(), entry.getValue());
		}
		session.write(write);
	}

	/**
	 * Run work in several threads at once and wait for all of it.
	 * @param threads how many
	 * @param work what each does; given its number, from 0 on
	 * @throws Exception what one of them failed with
	 */
	protected static void inThreads(int threads, ThreadWork work) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			List<Future<?>> futures = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				int thread = i;
				futures.add(executor.submit(() -> {
					work.run(thread);
					return null;
				}));
			}
			for (Future<?> future : futures) {
				future.get(5, TimeUnit.MINUTES);
			}
		}
		finally {
			executor.shutdownNow();
			assertThat(executor.awaitTermination(2, TimeUnit.MINUTES)).isTrue();
		}
	}

	private void writeKeys(KvSession session, byte[]... keys) {
		TreeMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);
		for (byte[] key : keys) {
			entries.put(key, key);
		}
		writeAll(session, entries);
	}

	private List<String> ids(String prefix, @Nullable String after, int limit) {
		return this.store.actors(prefix, after, limit).actorIds();
	}

	private void writeAwkwardActors() {
		for (String id : AWKWARD_IDS) {
			try (KvSession session = open(id)) {
				session.write(new KvWrite().put(key("k"), key(id)).put(key("l"), key("2")));
			}
		}
	}

	private static ListAssert<byte[]> assertValues(byte[] @Nullable [] values) {
		return assertThat(Arrays.asList(values));
	}

	private static void assertReads(KvSession session, Map<byte[], byte[]> entries, List<byte[]> keys) {
		byte[][] asked = keys.toArray(byte[][]::new);
		assertValues(session.read(asked), entries, keys);
		byte[] @Nullable [] lent = lend(keys, entries);
		byte[] @Nullable [] values = session.read(asked, lent);
		assertValues(values, entries, keys);
		Set<byte[]> others = Collections.newSetFromMap(new IdentityHashMap<>());
		for (int i = 0; i < values.length; i++) {
			if (values[i] != lent[i]) {
				others.add(values[i]);
			}
		}
		assertThat(others).as("arrays that were not lent for their value")
			.noneMatch((array) -> Arrays.stream(lent).anyMatch((loan) -> loan != null && loan == array));
	}

	/**
	 * Return arrays for values: none, too short, too long, or of the right length.
	 */
	private static byte[] @Nullable [] lend(List<byte[]> keys, Map<byte[], byte[]> entries) {
		Random random = new Random(keys.size());
		byte[] @Nullable [] arrays = new byte[keys.size()][];
		for (int i = 0; i < arrays.length; i++) {
			int length = entries.getOrDefault(keys.get(i), new byte[8]).length;
			arrays[i] = switch (random.nextInt(4)) {
				case 0 -> null;
				case 1 -> new byte[length / 2];
				case 2 -> new byte[length + 1];
				default -> new byte[length];
			};
		}
		return arrays;
	}

	private static void assertValues(byte[] @Nullable [] values, Map<byte[], byte[]> entries, List<byte[]> keys) {
		assertValues(values).hasSize(keys.size());
		for (int i = 0; i < values.length; i++) {
			assertThat(values[i]).as(HexFormat.of().formatHex(keys.get(i))).isEqualTo(entries.get(keys.get(i)));
		}
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static String text(byte[] bytes) {
		return new String(bytes, StandardCharsets.UTF_8);
	}

	/**
	 * What a thread does.
	 */
	@FunctionalInterface
	protected interface ThreadWork {

		/**
		 * Do it.
		 * @param thread the thread's number
		 * @throws Exception if it failed
		 */
		void run(int thread) throws Exception;

	}

}
