package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvWrite;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Maintenance}: no deletion is forgotten, whenever it comes and whatever
 * failed before, and nothing is held of a directory whose store is closed.
 */
class MaintenanceTests {

	private static final int VALUES = 144;

	private static final int VALUE_BYTES = 64 * 1024;

	@TempDir
	private Path directory;

	@BeforeEach
	void load() {
		RocksDB.loadLibrary();
	}

	@Test
	void deletionDuringTheLastLookOfTheThreadShouldNotBeForgotten() throws Exception {
		try (Options options = new Options().setCreateIfMissing(true);
				RocksDB db = RocksDB.open(options, this.directory.toString())) {
			AtomicInteger looks = new AtomicInteger();
			Maintenance[] self = new Maintenance[1];
			Snapshot[] kept = new Snapshot[1];
			LongPredicate seen = (sequence) -> {
				// the thread has read by now whose deletions are pending
				if (looks.incrementAndGet() == 1) {
					stored(db, "second");
					// the merge that comes now leaves what this sees
					kept[0] = db.getSnapshot();
					delete(db, "second");
					self[0].request();
				}
				else {
					db.releaseSnapshot(kept[0]);
				}
				return false;
			};
			try (Maintenance maintenance = new Maintenance(db, this.directory, seen, 5)) {
				self[0] = maintenance;
				deleted(db, "first");
				maintenance.request();
				awaitNonePending(maintenance);
			}
			assertThat(looks).hasValue(2);
		}
	}

	@Test
	void deletionsAtAnyMomentShouldNotBeForgotten() throws Exception {
		try (Options options = new Options().setCreateIfMissing(true);
				RocksDB db = RocksDB.open(options, this.directory.toString())) {
			Random random = new Random(1);
			try (Maintenance maintenance = new Maintenance(db, this.directory, (sequence) -> false, 1)) {
				for (int i = 0; i < 8; i++) {
					deleted(db, "actor-" + i);
					maintenance.request();
					TimeUnit.MICROSECONDS.sleep(random.nextInt(60_000));
				}
				awaitNonePending(maintenance);
			}
		}
	}

	@Test
	void mergeThatFailedShouldBeTriedAgainWithoutARequest() throws Exception {
		try (Options options = new Options().setCreateIfMissing(true);
				RocksDB db = RocksDB.open(options, this.directory.toString())) {
			AtomicInteger looks = new AtomicInteger();
			LongPredicate seen = (sequence) -> {
				if (looks.incrementAndGet() <= 3) {
					throw new IllegalStateException("on purpose");
				}
				return false;
			};
			try (Maintenance maintenance = new Maintenance(db, this.directory, seen, 5)) {
				deleted(db, "actor");
				maintenance.request();
				awaitNonePending(maintenance);
			}
			assertThat(looks).hasValue(4);
		}
	}

	@Test
	void threadThatEndedWithAnErrorShouldNotBeTakenForOneThatRuns() throws Exception {
		try (Options options = new Options().setCreateIfMissing(true);
				RocksDB db = RocksDB.open(options, this.directory.toString())) {
			AtomicInteger looks = new AtomicInteger();
			Thread[] ended = new Thread[1];
			LongPredicate seen = (sequence) -> {
				if (looks.incrementAndGet() == 1) {
					ended[0] = Thread.currentThread();
					ended[0].setUncaughtExceptionHandler((thread, ex) -> {
					});
					throw new OutOfMemoryError("on purpose");
				}
				return false;
			};
			try (Maintenance maintenance = new Maintenance(db, this.directory, seen, 5)) {
				deleted(db, "actor");
				maintenance.request();
				await(() -> ended[0] != null && !ended[0].isAlive());
				assertThat(maintenance.isPending()).isTrue();
				maintenance.request();
				awaitNonePending(maintenance);
			}
		}
	}

	/**
	 * What a process maps and has open of a directory keeps a disk from being unmounted.
	 */
	@Test
	void closedStoreShouldHoldNothingOfItsDirectory() throws Exception {
		Path store = this.directory.resolve("store").toAbsolutePath();
		for (boolean sync : new boolean[] { true, false }) {
			try (RocksDbKvStore opened = new RocksDbKvStore(RocksDbOptions.of(store).withSync(sync))) {
				KvSession session = opened.open("actor", new byte[0][]).session();
				KvWrite write = new KvWrite();
				write.put(new byte[] { 1 }, new byte[4096]);
				session.write(write);
				session.close();
			}
			String real = store.toRealPath().toString();
			assertThat(held(real)).as("files held, sync=%s", sync).isEmpty();
		}
	}

	private static List<String> held(String directory) throws Exception {
		Path process = Path.of("/proc/self");
		if (!Files.exists(process.resolve("maps"))) {
			return List.of();
		}
		try (Stream<String> maps = Files.lines(process.resolve("maps"));
				Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
			return Stream.concat(maps, descriptors.map(MaintenanceTests::target))
				.filter((line) -> line.contains(directory))
				.toList();
		}
	}

	private static String target(Path descriptor) {
		try {
			return Files.readSymbolicLink(descriptor).toString();
		}
		catch (IOException ex) {
			// that of the listing itself, or one that another thread has closed
			return "";
		}
	}

	private static void stored(RocksDB db, String actor) {
		RocksDbKeys space = new RocksDbKeys(actor.getBytes(StandardCharsets.UTF_8));
		Random random = new Random(actor.hashCode());
		byte[] value = new byte[VALUE_BYTES];
		try (WriteBatch values = new WriteBatch();
				WriteOptions options = new WriteOptions();
				FlushOptions flush = new FlushOptions()) {
			for (int i = 0; i < VALUES; i++) {
				random.nextBytes(value);
				values.put(space.of(new byte[] { (byte) i }), value);
			}
			db.write(options, values);
			db.flush(flush);
		}
		catch (RocksDBException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Leave what an actor leaves that had enough to be worth a merge, and was deleted.
	 */
	private static void deleted(RocksDB db, String actor) {
		stored(db, actor);
		delete(db, actor);
	}

	private static void delete(RocksDB db, String actor) {
		RocksDbKeys space = new RocksDbKeys(actor.getBytes(StandardCharsets.UTF_8));
		try (WriteBatch deletion = new WriteBatch(); WriteOptions options = new WriteOptions()) {
			deletion.deleteRange(space.from(), space.to());
			deletion.put(RocksDbKeys.deletionOf(space.identity()), new byte[0]);
			db.write(options, deletion);
		}
		catch (RocksDBException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void awaitNonePending(Maintenance maintenance) throws Exception {
		await(() -> !maintenance.isPending());
	}

	private static void await(Condition condition) throws Exception {
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
		while (!condition.holds()) {
			assertThat(System.nanoTime()).as("time").isLessThan(end);
			Thread.sleep(5);
		}
	}

	@FunctionalInterface
	private interface Condition {

		boolean holds() throws Exception;

	}

}
