package io.kvsqlite.reliability;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;

/**
 * Tests that open namespaces whose bytes somebody else made up: a typed error or SQLite's
 * own, never a crash, a hang or silent zeros. Metadata and chunks of the wrong length are
 * always noticed; wrong bytes of the right length are SQLite's to notice, if it can.
 */
@ExtendWith(QuietLog.class)
@Timeout(4 * 3600)
class HostileBytesTests {

	private static final byte[] JOURNAL = ChunkKeys.metadata(FileTag.JOURNAL);

	private static final int FUZZED = 3_000;

	private static final int FUZZED_LONG = 2_000_000;

	private final TreeMap<byte[], byte[]> rest = HostileNamespace.atRest();

	private final TreeMap<byte[], byte[]> hot = HostileNamespace.hot();

	private long opened;

	@Test
	void openWhenMetadataIsDamagedShouldSaySo() {
		for (TreeMap<byte[], byte[]> namespace : List.of(this.rest, this.hot)) {
			for (byte[] key : List.of(HostileNamespace.MAIN, JOURNAL)) {
				byte[] value = namespace.get(key);
				if (value == null) {
					continue;
				}
				for (int length = 0; length < value.length; length++) {
					requireCorruption(HostileNamespace.with(namespace, key, Arrays.copyOf(value, length)));
				}
				requireCorruption(HostileNamespace.with(namespace, key, Arrays.copyOf(value, value.length + 1)));
				for (int bit = 0; bit < 8 * value.length; bit++) {
					TreeMap<byte[], byte[]> flipped = HostileNamespace.with(namespace, key, flipped(value, bit));
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
				requireCorruption(HostileNamespace.with(this.rest, key, Arrays.copyOf(value, length)));
			}
			requireCorruption(HostileNamespace.with(this.rest, key, null));
			requireCorruption(HostileNamespace.with(this.rest, key, Arrays.copyOf(value, value.length + 1)));
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
						requireCivility(HostileNamespace.with(namespace, key, flipped(value, bit)));
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
			TreeMap<byte[], byte[]> namespace = HostileNamespace.copy(random.nextBoolean() ? this.rest : this.hot);
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

	private void requireCorruption(TreeMap<byte[], byte[]> namespace) {
		HostileNamespace.requireCorruption(namespace);
		this.opened++;
	}

	private void requireCivility(TreeMap<byte[], byte[]> namespace) {
		HostileNamespace.requireCivility(namespace);
		this.opened++;
	}

	private void print() {
		System.out.printf("reliability: hostile namespaces opened: %,d%n", this.opened);
	}

	private static byte[] flipped(byte[] value, int bit) {
		byte[] flipped = value.clone();
		flipped[bit / 8] ^= (byte) (1 << bit % 8);
		return flipped;
	}

}
