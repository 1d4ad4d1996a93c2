package io.kvsqlite.kv.rocksdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.rocksdb.RocksDbOptions.Compression;
import io.kvsqlite.testing.KvStoreContractTests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RocksDbKvStore}.
 */
class RocksDbKvStoreTests extends KvStoreContractTests {

	@TempDir
	private Path temporary;

	@Override
	protected KvStore openStore() {
		return new RocksDbKvStore(this.temporary.resolve("store"));
	}

	@Test
	void readShouldFillArraysThatAreLent() {
		KvSession session = open("a");
		TreeMap<byte[], byte[]> entries = chunks(70);
		writeAll(session, entries);
		byte[][] run = entries.keySet().toArray(byte[][]::new);
		byte[][] single = { run[30] };
		for (byte[][] keys : List.of(run, single)) {
			byte[][] arrays = new byte[keys.length][100];
			byte[][] values = session.read(keys, arrays);
			for (int i = 0; i < keys.length; i++) {
				assertThat(values[i]).isSameAs(arrays[i]).isEqualTo(entries.get(keys[i]));
			}
		}
	}

	/**
	 * The owner record of the version that kept no fences.
	 */
	@Test
	void actorOfTheVersionWithoutFencesShouldBeReadAndUpgraded() throws Exception {
		write(open("a"), "k", "1");
		this.store.close();
		byte[] key = new RocksDbKeys("a".getBytes(StandardCharsets.UTF_8)).ownerRecord();
		String directory = this.temporary.resolve("store").toString();
		try (RocksDB db = RocksDB.open(directory)) {
			byte[] record = Arrays.copyOf(db.get(key), 17);
			record[0] = 1;
			db.put(key, record);
		}
		this.store = closeAfterTest(openStore());
		KvSession session = open("a");
		assertThat(session.lastCommit()).isEqualTo(new KvCommit(1, KvFence.NONE));
		assertThat(read(session, "k")).isEqualTo("1");
		assertThat(owner("a").commit()).isEqualTo(1);
		write(session, "k", "2");
		assertThat(session.lastCommit()).isEqualTo(new KvCommit(2, session.fence()));
		assertThat(open("a").lastCommit()).isEqualTo(session.lastCommit());
	}

	@Test
	void openStoreWhenThisProcessUsesTheDirectoryShouldSaySo() {
		Path directory = this.temporary.resolve("store");
		assertThatExceptionOfType(RocksDbDirectoryLockedException.class).isThrownBy(() -> new RocksDbKvStore(directory))
			.satisfies((ex) -> assertThat(ex.directory()).isEqualTo(directory))
			.satisfies((ex) -> assertThat(ex.isLockedByThisProcess()).isTrue())
			.withMessageContaining(directory.toString())
			.withMessageContaining("this process");
		KvSession session = open("a");
		write(session, "k", "1");
		assertThat(read(session, "k")).isEqualTo("1");
	}

	@Test
	void openStoreWhenTheDirectoryCannotBeMadeShouldNameIt() throws IOException {
		Path file = Files.writeString(this.temporary.resolve("file"), "not a directory");
		for (Path directory : List.of(file, file.resolve("below"))) {
			assertThatExceptionOfType(RocksDbDirectoryException.class).isThrownBy(() -> new RocksDbKvStore(directory))
				.satisfies((ex) -> assertThat(ex.directory()).isEqualTo(directory))
				.withMessageContaining(directory.toString())
				.withMessageContaining("cannot be made");
		}
		assertThat(file).hasContent("not a directory");
	}

	@Test
	void openStoreWhenTheDirectoryHasForeignFilesShouldLeaveThemAlone() throws IOException {
		Path directory = Files.createDirectory(this.temporary.resolve("photos"));
		Path photo = Files.writeString(directory.resolve("000012.sst"), "a photo");
		assertThatExceptionOfType(RocksDbDirectoryException.class).isThrownBy(() -> new RocksDbKvStore(directory))
			.withMessageContaining(directory.toString())
			.withMessageContaining("000012.sst");
		assertThat(directory).isDirectoryContaining((path) -> path.equals(photo));
		try (var files = Files.list(directory)) {
			assertThat(files).containsExactly(photo);
		}
		assertThat(photo).hasContent("a photo");
	}

	@Test
	void openStoreWhenTheDatabaseIsOfSomeoneElseShouldLeaveItAlone() throws Exception {
		Path directory = Files.createDirectory(this.temporary.resolve("foreign"));
		try (Options options = new Options().setCreateIfMissing(true);
				RocksDB db = RocksDB.open(options, directory.toString())) {
			db.put(key("theirs"), key("1"));
		}
		assertThatExceptionOfType(RocksDbDirectoryException.class).isThrownBy(() -> new RocksDbKvStore(directory))
			.withMessageContaining(directory.toString())
			.withMessageContaining("not of this store");
		try (Options options = new Options()) {
			assertThat(RocksDB.listColumnFamilies(options, directory.toString())).hasSize(1);
			try (RocksDB db = RocksDB.open(options, directory.toString())) {
				assertThat(db.get(key("theirs"))).isEqualTo(key("1"));
			}
		}
	}

	@Test
	void openStoreWhenTheDatabaseHasOtherColumnFamiliesShouldNameThem() throws Exception {
		Path directory = Files.createDirectory(this.temporary.resolve("foreign"));
		try (Options options = new Options().setCreateIfMissing(true);
				RocksDB db = RocksDB.open(options, directory.toString())) {
			db.createColumnFamily(new ColumnFamilyDescriptor(key("theirs"))).close();
		}
		assertThatExceptionOfType(RocksDbDirectoryException.class).isThrownBy(() -> new RocksDbKvStore(directory))
			.withMessageContaining(directory.toString())
			.withMessageContaining("[default, theirs]");
	}

	@Test
	void openStoreWhenTheDataAreOfANewerVersionShouldSaySo() throws Exception {
		this.store.close();
		Path directory = this.temporary.resolve("store");
		byte[] record = new byte[9];
		record[0] = 3;
		try (Options options = new Options(); RocksDB db = RocksDB.open(options, directory.toString())) {
			assertThat(db.get(RocksDbKeys.storeRecord())).hasSize(9).startsWith(2);
			db.put(RocksDbKeys.storeRecord(), record);
		}
		assertThatExceptionOfType(RocksDbDirectoryException.class).isThrownBy(() -> new RocksDbKvStore(directory))
			.withMessageContaining(directory.toString())
			.withMessageContaining("version");
	}

	@Test
	void openWhenTheOwnerRecordIsDamagedShouldNameTheActor() throws Exception {
		write(open("a"), "k", "1");
		this.store.close();
		try (Options options = new Options();
				RocksDB db = RocksDB.open(options, this.temporary.resolve("store").toString())) {
			db.put(new RocksDbKeys(key("a")).ownerRecord(), new byte[3]);
		}
		this.store = closeAfterTest(openStore());
		assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> open("a"))
			.withMessageContaining("actor 'a'");
		assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> this.store.owner("a"));
		assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> this.store.snapshot("a"));
		assertThat(this.store.actors("", null, 10).actorIds()).containsExactly("a");
	}

	@Test
	void openStoreWhenTheFirstOpeningWasCutShortShouldGoOn() throws Exception {
		Path directory = Files.createDirectory(this.temporary.resolve("cut"));
		try (Options options = new Options().setCreateIfMissing(true)) {
			RocksDB.open(options, directory.toString()).close();
		}
		try (RocksDbKvStore cut = new RocksDbKvStore(directory)) {
			write(open(cut, "a"), "k", "1");
			assertThat(cut.actors("", null, 10).actorIds()).containsExactly("a");
		}
	}

	@Test
	void openStoreWhenTheDatabaseIsDamagedShouldNameTheDirectory() throws IOException {
		this.store.close();
		Path directory = this.temporary.resolve("store");
		Files.writeString(directory.resolve("CURRENT"), "MANIFEST-999999\n");
		assertThatExceptionOfType(KvException.class).isThrownBy(() -> new RocksDbKvStore(directory))
			.withMessageContaining(directory.toString());
	}

	@Test
	void storeWhoseDirectoryIsReplacedShouldNeverServeTheOther() throws Exception {
		KvSession session = open("a");
		write(session, "k", "1");
		Path directory = this.temporary.resolve("store");
		Path other = this.temporary.resolve("other");
		try (RocksDbKvStore otherStore = new RocksDbKvStore(other)) {
			write(open(otherStore, "a"), "k", "other");
		}
		Path moved = Files.move(directory, this.temporary.resolve("moved"));
		Files.move(other, directory);
		Thread.sleep(150);
		write(session, "k", "2");
		assertThat(this.store.warnings()).singleElement().asString().contains("was moved or replaced");
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> write(session, "k", "3"));
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(RocksDbDirectoryException.class).isThrownBy(() -> open("a"))
				.withMessageContaining("was moved or replaced");
		}
		this.store.close();
		Files.move(directory, other);
		Files.move(moved, directory);
		this.store = closeAfterTest(openStore());
		assertThat(read(open("a"), "k")).isEqualTo("2");
		try (RocksDbKvStore otherStore = new RocksDbKvStore(other)) {
			assertThat(read(open(otherStore, "a"), "k")).isEqualTo("other");
		}
	}

	@Test
	void openShouldWriteNothing() throws Exception {
		write(open("a"), "k", "1");
		List<String> before = logs();
		for (int i = 0; i < 100; i++) {
			open("a").close();
			open("new-" + i).close();
		}
		assertThat(logs()).isEqualTo(before);
	}

	private List<String> logs() throws IOException {
		List<String> logs = new ArrayList<>();
		try (var files = Files.list(this.temporary.resolve("store"))) {
			for (Path file : files.filter((path) -> path.toString().endsWith(".log")).sorted().toList()) {
				logs.add(file.getFileName() + " " + Arrays.hashCode(Files.readAllBytes(file)));
			}
		}
		assertThat(logs).isNotEmpty();
		return logs;
	}

	@Test
	void dataShouldBeReadableFromTablesWithAnyCompression() throws Exception {
		for (Compression compression : Compression.values()) {
			Path directory = this.temporary.resolve(compression.name());
			RocksDbOptions options = RocksDbOptions.of(directory)
				.withCompression(compression)
				.withBlockCacheBytes((compression == Compression.NONE) ? 0 : 1024 * 1024)
				.withWriteBufferBytes(64 * 1024);
			TreeMap<byte[], byte[]> entries = chunks(3000);
			try (RocksDbKvStore first = new RocksDbKvStore(options)) {
				KvSession session = open(first, "a");
				for (var entry : entries.entrySet()) {
					session.write(new KvWrite().put(entry.getKey(), entry.getValue()));
				}
				session.write(new KvWrite().deleteRange(chunkKey(1000), chunkKey(2000)).delete(chunkKey(7)));
				entries.subMap(chunkKey(1000), chunkKey(2000)).clear();
				entries.remove(chunkKey(7));
			}
			try (RocksDbKvStore second = new RocksDbKvStore(options)) {
				byte[][] keys = chunks(3000).keySet().toArray(byte[][]::new);
				byte[][] values = second.open("a", keys).values();
				for (int i = 0; i < keys.length; i++) {
					assertThat(values[i]).as(HexFormat.of().formatHex(keys[i])).isEqualTo(entries.get(keys[i]));
				}
				assertThat(second.size("a")).isEqualTo(new KvSize(1999, 1999 * 108));
			}
		}
	}

	@Test
	void customizersShouldBeAppliedLast() {
		List<String> called = new ArrayList<>();
		RocksDbOptions options = RocksDbOptions.of(this.temporary.resolve("customized"))
			.withSync(false)
			.withCustomizers((db) -> {
				called.add("db " + db.createIfMissing());
				db.setMaxBackgroundJobs(1);
			}, (family) -> called.add("family " + family.compressionType()));
		try (RocksDbKvStore customized = new RocksDbKvStore(options)) {
			write(open(customized, "a"), "k", "1");
			assertThat(customized.owner("a")).isNotNull();
		}
		assertThat(called).containsExactly("db true", "family LZ4_COMPRESSION");
	}

	/**
	 * Without a block cache, tables have an index in one piece.
	 */
	@Test
	void openStoreWhenItsTablesHaveAnotherIndexShouldReadThem() throws IOException {
		RocksDbOptions cached = RocksDbOptions.of(this.temporary.resolve("two indexes")).withSync(false);
		RocksDbOptions uncached = cached.withBlockCacheBytes(0);
		int commits = 0;
		for (RocksDbOptions options : List.of(uncached, cached, uncached, cached)) {
			// small, so that tables are written
			RocksDbOptions writing = options.withWriteBufferBytes(1 << 20);
			try (RocksDbKvStore store = new RocksDbKvStore(writing)) {
				KvSession session = open(store, "a");
				assertThat(session.commit()).isEqualTo(commits);
				for (int i = 0; i < commits; i++) {
					assertThat(read(session, "k" + i)).startsWith(i + "!");
				}
				for (int i = 0; i < 1_000; i++) {
					write(session, "k" + commits, commits + "!".repeat(4_000));
					commits++;
				}
			}
		}
		try (var files = Files.list(cached.directory())) {
			assertThat(files).anyMatch((path) -> path.toString().endsWith(".sst"));
		}
	}

	@Test
	void optionsWithNonsenseShouldBeRefused() {
		RocksDbOptions options = RocksDbOptions.of(this.temporary);
		assertThatIllegalArgumentException().isThrownBy(() -> options.withBlockCacheBytes(-1))
			.withMessageContaining("blockCacheBytes");
		assertThatIllegalArgumentException().isThrownBy(() -> options.withWriteBufferBytes(0))
			.withMessageContaining("writeBufferBytes");
	}

}
