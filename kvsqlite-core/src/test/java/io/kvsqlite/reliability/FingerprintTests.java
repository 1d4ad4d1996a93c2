package io.kvsqlite.reliability;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.Test;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Fingerprint}.
 */
class FingerprintTests {

	@Test
	void fingerprintWhenRunIsRepeatedShouldBeTheSameAfterEachWrite() throws Exception {
		CrashRun first = CrashRun.record(Workloads.savepoints(), Setting.EIGHT_KEYS, UnaryOperator.identity());
		CrashRun second = CrashRun.record(Workloads.savepoints(), Setting.EIGHT_KEYS, UnaryOperator.identity());
		Set<Fingerprint> all = new HashSet<>();
		for (int length = 0; length <= first.writes().size(); length++) {
			Fingerprint fingerprint = of(first, length);
			assertThat(fingerprint).isEqualTo(of(second, length));
			all.add(fingerprint);
		}
		assertThat(all).hasSize(first.writes().size() + 1);
	}

	@Test
	void fingerprintWhenAnyByteIsAnotherShouldBeAnother() {
		TreeMap<byte[], byte[]> namespace = HostileNamespace.hot();
		Fingerprint original = of(namespace);
		assertThat(of(namespace)).isEqualTo(original);
		namespace.forEach((key, value) -> {
			for (int at = 0; at < value.length; at += 1 + at / 5) {
				TreeMap<byte[], byte[]> changed = HostileNamespace.copy(namespace);
				byte[] other = value.clone();
				other[at] ^= 1;
				changed.put(key, other);
				assertThat(of(changed)).as("with another byte %d of the %s", at, ChunkKeys.describe(key))
					.isNotEqualTo(original);
			}
			assertThat(of(HostileNamespace.with(namespace, key, null))).isNotEqualTo(original);
		});
	}

	private static Fingerprint of(CrashRun run, int length) {
		try (MemoryKvStore crashed = run.crashed(length)) {
			return Fingerprint.of(crashed);
		}
	}

	private static Fingerprint of(Map<byte[], byte[]> namespace) {
		try (MemoryKvStore store = new MemoryKvStore()) {
			KvWrite write = new KvWrite();
			namespace.forEach(write::put);
			Namespace.restore(write, store);
			return Fingerprint.of(store);
		}
	}

}
