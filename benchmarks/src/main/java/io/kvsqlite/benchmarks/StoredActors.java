package io.kvsqlite.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.benchmarks.Workload.Unit;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.kv.rocksdb.RocksDbOptions;
import io.kvsqlite.testing.RecordingKvStore;
import io.kvsqlite.testing.RecordingKvStore.Applied;

/**
 * Opening one of many actors that sleep in a RocksDB store.
 */
final class StoredActors {

	private static final int FEW = 1_000;

	private static final int TARGET = 1_000_000;

	private static final int LOOK_MILLIS = 100;

	/**
	 * How often the tables have to be found unchanged, one look after the other.
	 */
	private static final int SAME_TABLES = 30;

	private StoredActors() {
	}

	static List<Experiment> all(Scale scale) {
		int few = Math.min(FEW, scale.storedActors() / 2);
		int many = scale.storedActors();
		return List.of(new Workload("stored-actors", "Open one of many stored actors",
				("Connect to an actor taken at random, read one row, close: with %,d actors in the store and with %,d."
						+ " RocksDB has merged what was written.")
					.formatted(few, many),
				Unit.TIME, (bench, contenders) -> {
					contenders.add(new Stored(bench, few));
					contenders.add(new Stored(bench, many));
				},
				new Target(
						((many == TARGET) ? "%,d stored actors" : "%,d stored actors (1,000,000 in a full run)")
							.formatted(many) + ": open at most 1.2 times that with 1,000 stored",
						sideLabel(many), sideLabel(few), Target.Kind.TIME, 1.2)));
	}

	private static String sideLabel(int actors) {
		return "%,d stored".formatted(actors);
	}

	/**
	 * A store with some number of actors, each with a table of its own.
	 */
	private static final class Stored extends Contender {

		private final int actors;

		private final Path directory;

		private final KvStore store;

		private final ActorDataSourceFactory factory;

		private final SplittableRandom random = new SplittableRandom(7);

		Stored(Bench bench, int actors) throws Exception {
			super(sideLabel(actors));
			this.actors = actors;
			this.directory = bench.newDirectory();
			KvWrite template = template();
			// made without synchronisation, then opened as usual
			try (KvStore making = new RocksDbKvStore(RocksDbOptions.of(this.directory).withSync(false))) {
				for (int i = 0; i < actors; i++) {
					KvSession session = making.open(id(i), new byte[0][]).session();
					session.write(template);
					session.close();
				}
			}
			this.store = new RocksDbKvStore(this.directory);
			awaitCompaction();
			this.factory = ActorDataSourceFactory.builder(this.store).build();
		}

		/**
		 * Wait until RocksDB has merged what was written so quickly: its tables stay the
		 * same. Until then each open looks into many of them, beside a thread that
		 * compresses gigabytes.
		 */
		private void awaitCompaction() throws IOException, InterruptedException {
			Set<String> tables = Set.of();
			for (int same = 0; same < SAME_TABLES;) {
				Thread.sleep(LOOK_MILLIS);
				Set<String> now = tables();
				same = now.equals(tables) ? same + 1 : 0;
				tables = now;
			}
		}

		private Set<String> tables() throws IOException {
			try (Stream<Path> files = Files.list(this.directory)) {
				return files.map((file) -> file.getFileName().toString())
					.filter((name) -> name.endsWith(".sst"))
					.collect(Collectors.toSet());
			}
		}

		/**
		 * Return all that a small database is made of.
		 */
		private static KvWrite template() throws SQLException {
			RecordingKvStore recording = new RecordingKvStore(new MemoryKvStore());
			try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(recording).build();
					Connection connection = factory.dataSource("template").getConnection()) {
				connection.setAutoCommit(false);
				Work.execute(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
						"INSERT INTO t VALUES (1, 'first')");
				connection.commit();
				Map<ByteBuffer, byte[]> values = new LinkedHashMap<>();
				for (Applied applied : recording.applied()) {
					Objects.requireNonNull(applied.write()).forEach(new Puts<RuntimeException>() {

						@Override
						public void put(byte[] key, byte[] value) {
							values.put(ByteBuffer.wrap(key), value);
						}

					});
				}
				KvWrite template = new KvWrite();
				values.forEach((key, value) -> template.put(key.array(), value));
				return template;
			}
		}

		private static String id(int actor) {
			return "tenant/%07d".formatted(actor);
		}

		@Override
		int operate() throws SQLException {
			String id = id(this.random.nextInt(this.actors));
			try (Connection connection = this.factory.dataSource(id).getConnection();
					PreparedStatement select = connection.prepareStatement("SELECT v FROM t WHERE id = 1");
					ResultSet found = select.executeQuery()) {
				if (!found.next()) {
					throw new IllegalStateException("Actor '%s' lost its row".formatted(id));
				}
			}
			this.factory.close(id);
			return 1;
		}

		@Override
		public void close() throws IOException {
			this.factory.close();
			this.store.close();
			Directories.delete(this.directory);
		}

	}

}
