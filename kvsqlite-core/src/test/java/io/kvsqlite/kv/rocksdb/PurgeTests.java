package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.rocksdb.RocksDbOptions.Compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link Maintenance}: reads every file of the store for what was deleted.
 */
class PurgeTests {

	private static final byte[][] NO_KEYS = {};

	@TempDir
	private Path temporary;

	/**
	 * Write values that no compression shortens.
	 */
	private static void fill(RocksDbKvStore store, String actor, long seed, int chunks) {
		Random random = new Random(seed);
		KvSession session = store.open(actor, NO_KEYS).session();
		for (int i = 0; i < chunks; i += 50) {
			KvWrite write = new KvWrite();
			for (int chunk = i; chunk < Math.min(chunks, i + 50); chunk++) {
				byte[] value = new byte[4096];
				random.nextBytes(value);
				write.put(key(chunk), value);
			}
			session.write(write);
		}
		session.close();
	}

	private static byte[] key(int chunk) {
		return ByteBuffer.allocate(8).put(new byte[] { 8, 1, 1, 0 }).putInt(chunk).array();
	}

	/**
	 * Count the chunks of which eight bytes are in any file.
	 */
	private static int readable(Path directory, long seed, int chunks) throws IOException {
		Random random = new Random(seed);
		Set<Long> wanted = new HashSet<>();
		BitSet filter = new BitSet(1 << 20);
		for (int i = 0; i < chunks; i++) {
			byte[] value = new byte[4096];
			random.nextBytes(value);
			for (int at = 0; at < 4096; at += 1024) {
				long word = ByteBuffer.wrap(value).getLong(at);
				wanted.add(word);
				filter.set((int) word & 0xfffff);
			}
		}
		Set<Long> found = new HashSet<>();
		try (Stream<Path> files = Files.walk(directory)) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				byte[] bytes;
				try {
					bytes = Files.readAllBytes(file);
				}
				catch (IOException ex) {
					// others write meanwhile: a table that was deleted just now
					assertThat(file).doesNotExist();
					continue;
				}
				ByteBuffer buffer = ByteBuffer.wrap(bytes);
				for (int at = 0; at + 8 <= bytes.length; at++) {
					long word = buffer.getLong(at);
					if (filter.get((int) word & 0xfffff) && wanted.contains(word)) {
						found.add(word);
					}
				}
			}
		}
		return found.size();
	}

	private static long bytes(Path directory, String end) throws IOException {
		long bytes = 0;
		try (Stream<Path> files = Files.list(directory)) {
			for (Path file : files.filter((file) -> file.toString().endsWith(end)).toList()) {
				bytes += Files.exists(file) ? Files.size(file) : 0;
			}
		}
		return bytes;
	}

	private RocksDbOptions options(Compression compression) {
		// small, so that there are tables on several levels and logs that are used again
		return RocksDbOptions.of(this.temporary.resolve("store"))
			.withCompression(compression)
			.withWriteBufferBytes(256 * 1024)
			.withSync(false);
	}

	@ParameterizedTest
	@EnumSource(names = { "NONE", "LZ4" })
	void purgeShouldLeaveNoByteOfTheActor(Compression compression) throws Exception {
		RocksDbOptions options = options(compression);
		Path directory = options.directory();
		try (RocksDbKvStore store = new RocksDbKvStore(options)) {
			for (int i = 0; i < 3; i++) {
				fill(store, "before-" + i, 10 + i, 300);
				fill(store, "secret", 1, 1000);
				fill(store, "secret/behind", 20, 300);
			}
			assertThat(readable(directory, 1, 1000)).isGreaterThan(3900);
			assertThat(store.delete("secret", false)).isTrue();
			AtomicBoolean stop = new AtomicBoolean();
			CompletableFuture<Void> others = CompletableFuture.runAsync(() -> {
				while (!stop.get()) {
					fill(store, "busy", 30, 50);
				}
			});
			// it is gone already, and purged all the same
			assertThat(store.purge("secret", false)).isFalse();
			stop.set(true);
			others.get(30, TimeUnit.SECONDS);
			assertThat(readable(directory, 1, 1000)).isZero();
			assertThat(readable(directory, 20, 300)).isEqualTo(1200);
		}
		try (RocksDbKvStore store = new RocksDbKvStore(options)) {
			assertThat(store.warnings()).isEmpty();
			assertThat(readable(directory, 1, 1000)).isZero();
			for (int i = 0; i < 3; i++) {
				assertThat(store.size("before-" + i).keys()).isEqualTo(300);
			}
			assertThat(store.size("secret/behind").keys()).isEqualTo(300);
			assertThat(store.actors("", null, 10).actorIds()).containsExactly("before-0", "before-1", "before-2",
					"busy", "secret/behind");
		}
	}

	@Test
	void purgeOfWhatIsInTheLogAloneShouldLeaveNoByte() throws Exception {
		RocksDbOptions options = RocksDbOptions.of(this.temporary.resolve("store"));
		try (RocksDbKvStore store = new RocksDbKvStore(options)) {
			fill(store, "other", 2, 10);
			fill(store, "secret", 1, 20);
			assertThat(readable(options.directory(), 1, 20)).isEqualTo(80);
			KvSession session = store.open("secret", NO_KEYS).session();
			assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> store.purge("secret", false));
			assertThat(readable(options.directory(), 1, 20)).isEqualTo(80);
			session.close();
			assertThat(store.delete("secret", false)).isTrue();
			assertThat(readable(options.directory(), 1, 20)).isEqualTo(80);
			assertThat(store.purge("secret", false)).isFalse();
			assertThat(readable(options.directory(), 1, 20)).isZero();
			fill(store, "secret", 1, 20);
			assertThat(store.purge("secret", true)).isTrue();
			assertThat(readable(options.directory(), 1, 20)).isZero();
			assertThat(store.purge("never there", false)).isFalse();
			assertThat(readable(options.directory(), 2, 10)).isEqualTo(40);
			// and it may come again
			fill(store, "secret", 3, 20);
			assertThat(store.size("secret").keys()).isEqualTo(20);
		}
	}

	@Test
	void purgeShouldWaitForReadersOfTheActor() throws Exception {
		RocksDbOptions options = RocksDbOptions.of(this.temporary.resolve("store"));
		try (RocksDbKvStore store = new RocksDbKvStore(options)) {
			fill(store, "secret", 1, 20);
			KvSnapshot snapshot = store.snapshot("secret");
			CompletableFuture<Boolean> purge = CompletableFuture.supplyAsync(() -> store.purge("secret", false));
			Thread.sleep(300);
			assertThat(purge).isNotDone();
			assertThat(snapshot.read(new byte[][] { key(3) })[0]).hasSize(4096);
			snapshot.close();
			assertThat(purge.get(30, TimeUnit.SECONDS)).isTrue();
			assertThat(readable(options.directory(), 1, 20)).isZero();
		}
	}

	@Test
	void closeShouldNotWaitForAPurge() throws Exception {
		RocksDbOptions options = options(Compression.NONE);
		RocksDbKvStore store = new RocksDbKvStore(options);
		fill(store, "secret", 1, 100);
		KvSnapshot snapshot = store.snapshot("secret");
		CompletableFuture<Throwable> purge = CompletableFuture
			.supplyAsync(() -> catchThrowable(() -> store.purge("secret", false)));
		Thread.sleep(200);
		long start = System.nanoTime();
		store.close();
		assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(5));
		assertThat(purge.get(10, TimeUnit.SECONDS)).isInstanceOf(KvException.class).hasMessageContaining("closed");
		snapshot.close();
		assertThatExceptionOfType(KvClosedException.class).isThrownBy(() -> store.purge("secret", false));
		try (RocksDbKvStore again = new RocksDbKvStore(options)) {
			again.purge("secret", false);
			assertThat(readable(options.directory(), 1, 100)).isZero();
		}
	}

	@Test
	void roomOfDeletedActorsShouldComeBackByItselfAndByACommand() throws Exception {
		RocksDbOptions options = options(Compression.LZ4);
		Path directory = options.directory();
		List<String> tenants = new ArrayList<>();
		try (RocksDbKvStore store = new RocksDbKvStore(options)) {
			for (int i = 0; i < 8; i++) {
				tenants.add("tenant-" + i);
				fill(store, "tenant-" + i, i, 1000);
			}
			fill(store, "stays", 100, 500);
			assertThat(bytes(directory, ".sst")).isGreaterThan(30L << 20);
			for (String tenant : tenants.subList(0, 5)) {
				store.delete(tenant, false);
			}
			store.delete("tenant-5", false);
			// closed before it could do anything about it: the next one goes on
		}
		try (RocksDbKvStore store = new RocksDbKvStore(options)) {
			long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
			while (bytes(directory, ".sst") > (12L << 20) && System.nanoTime() < end) {
				Thread.sleep(200);
			}
			assertThat(bytes(directory, ".sst")).isBetween(8L << 20, 12L << 20);
			store.delete("tenant-6", false);
			store.delete("tenant-7", false);
			store.purge();
			assertThat(bytes(directory, ".sst")).isLessThan(3L << 20);
			assertThat(bytes(directory, ".log")).isLessThan(1L << 20);
			for (int i = 0; i < 8; i++) {
				assertThat(readable(directory, i, 1000)).isZero();
			}
			assertThat(store.size("stays").keys()).isEqualTo(500);
			assertThat(store.actors("", null, 10).actorIds()).containsExactly("stays");
		}
	}

}
