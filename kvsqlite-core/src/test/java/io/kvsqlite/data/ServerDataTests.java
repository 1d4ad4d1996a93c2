package io.kvsqlite.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvStoreUrl;
import io.kvsqlite.kv.KvStores;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import io.kvsqlite.migration.FleetMigration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Takes data in and out of a store that processes share, on a real server. Each test has
 * a part of the server of its own.
 */
abstract class ServerDataTests {

	private static final AtomicInteger tests = new AtomicInteger();

	@TempDir
	private Path directory;

	private String url = "";

	private KvStore store;

	/**
	 * Return the URL of a store that is the test's own.
	 */
	abstract String storeUrl(String name);

	@BeforeEach
	void openStore() {
		this.url = storeUrl("data" + tests.incrementAndGet());
		this.store = open();
	}

	@AfterEach
	void closeStore() {
		this.store.close();
	}

	private KvStore open() {
		return KvStores.open(KvStoreUrl.parse(this.url), true);
	}

	private Path file(String name) {
		return this.directory.resolve(name);
	}

	/**
	 * Read until a store without lasting snapshots catches the actor between two commits,
	 * which is a matter of how fast the machine is.
	 */
	private static <T> T caught(Callable<T> reading) {
		return Awaitility.await()
			.atMost(Duration.ofMinutes(5))
			.ignoreExceptionsInstanceOf(KvSnapshotLostException.class)
			.until(reading, Objects::nonNull);
	}

	private void export(String actorId, Path file) throws Exception {
		caught(() -> {
			new ActorExport(this.store).replacing(true).toFile(actorId, file);
			return file;
		});
		assertThat(Sql.rowsOfFile(file, "PRAGMA integrity_check")).containsExactly("ok");
	}

	@Test
	void actorOfABusyProcessShouldBeExportedCopiedAndCheckedButNotWritten() throws Exception {
		try (BusyProcess busy = BusyProcess.start(this.url, "a")) {
			TreeSet<String> seen = new TreeSet<>();
			while (seen.size() < 3) {
				export("a", file("a.sqlite"));
				assertThat(Sql.rowsOfFile(file("a.sqlite"), "SELECT one.n = two.n FROM one, two")).containsExactly("1");
				seen.addAll(Sql.rowsOfFile(file("a.sqlite"), "SELECT n FROM one"));
			}
			caught(() -> new ActorCopy(this.store, this.store).copy("a", "copy"));
			assertThat(Sql.rowsOfActor(this.store, "copy", "SELECT one.n = two.n FROM one, two")).containsExactly("1");
			assertThat(caught(() -> new ActorCheck(this.store).check("a")).isSound()).isTrue();
			String holder = "/" + busy.pid();
			assertRefused("a", () -> new ActorImport(this.store).replacing(true).fromFile(file("a.sqlite"), "a"),
					holder);
			assertRefused("a", () -> new ActorCopy(this.store, this.store).move("a", "b"), holder);
			assertRefused("a", () -> new ActorCheck(this.store).repair("a"), holder);
			assertRefused("a", () -> this.store.delete("a", false), holder);
			// it is still at work
			export("a", file("later.sqlite"));
			assertThat(Long.parseLong(Sql.rowsOfFile(file("later.sqlite"), "SELECT n FROM one").get(0)))
				.isGreaterThan(3);
			assertThat(this.store.delete("a", true)).isTrue();
		}
	}

	private static void assertRefused(String actorId, ThrowingCallable call, String holder) {
		assertThatThrownBy(call).isInstanceOf(KvActorOwnedException.class)
			.hasMessageContaining("Actor '" + actorId + "' is held by '")
			.hasMessageContaining(holder);
	}

	@Test
	void exportOfASleepingActorShouldNotWakeIt() throws Exception {
		Sql.onActor(this.store, "a", Sql.SAMPLE);
		Object owner = this.store.owner("a");
		export("a", file("a.sqlite"));
		assertThat(Sql.rowsOfFile(file("a.sqlite"), "SELECT count(*) FROM t")).containsExactly("2001");
		assertThat(new ActorCheck(this.store).check("a").isSound()).isTrue();
		assertThat(this.store.owner("a")).isEqualTo(owner);
	}

	@Test
	void importShouldReplaceAnActorSoThatReadersSeeTheOldOrTheNew() throws Exception {
		Sql.onActor(this.store, "a", "CREATE TABLE old (x)");
		Sql.onFile(file("new.sqlite"), "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL;" + Sql.SAMPLE);
		try (KvStore reading = open()) {
			CompletableFuture<Void> imported = CompletableFuture.runAsync(() -> {
				try {
					new ActorImport(this.store).replacing(true).fromFile(file("new.sqlite"), "a");
				}
				catch (Exception ex) {
					throw new IllegalStateException(ex);
				}
			});
			List<String> seen = new ArrayList<>();
			do {
				caught(() -> {
					new ActorExport(reading).replacing(true).toFile("a", file("seen.sqlite"));
					return reading;
				});
				seen.add(String.join(",", Sql.rowsOfFile(file("seen.sqlite"), "SELECT name FROM sqlite_schema")));
			}
			while (!imported.isDone());
			imported.get(1, TimeUnit.MINUTES);
			assertThat(seen).containsAnyOf("old", "t,t_name").isSubsetOf("old", "t,t_name");
		}
		assertThat(Sql.rowsOfActor(this.store, "a", "SELECT count(*) FROM t")).containsExactly("2001");
		new StoredActor(this.store, "a").assertNothingButAMainDatabase();
	}

	@Test
	void moveFromRocksDbShouldGoOnWhereItWasBrokenOff() throws Exception {
		List<String> hashes = new ArrayList<>();
		try (KvStore source = new RocksDbKvStore(file("source"))) {
			for (int i = 0; i < 6; i++) {
				Sql.onActor(source, "team/" + i, Sql.SAMPLE + "CREATE TABLE mine AS SELECT %d AS x;".formatted(i));
				hashes.add(ContentHash.ofActor(source, "team/" + i));
			}
			Sql.onActor(source, "user/1", "CREATE TABLE t (x)");
			ScriptedKvStore failing = new ScriptedKvStore(this.store);
			AtomicInteger writes = new AtomicInteger();
			failing.follow(new ScriptedKvStore.Script() {

				@Override
				public void write(KvWrite write, Runnable next) {
					if (writes.incrementAndGet() > 4) {
						throw new KvStoreFullException("No room");
					}
					next.run();
				}

			});
			ActorFleet fleet = new ActorFleet(source, "team/");
			ActorFleet.Report broken = fleet.forEach((id) -> new ActorCopy(source, failing).move(id, id).written());
			assertThat(broken.failures()).singleElement()
				.satisfies((failure) -> assertThat(failure.cause()).hasMessageContaining("No room"));
			assertThat(broken.changed()).isBetween(1L, 5L);
			ActorFleet.Report rest = fleet.forEach((id) -> new ActorCopy(source, this.store).move(id, id).written());
			assertThat(rest.failures()).isEmpty();
			assertThat(rest.changed()).isEqualTo(6 - broken.changed());
			assertThat(source.actors("", null, 100).actorIds()).containsExactly("user/1");
		}
		for (int i = 0; i < 6; i++) {
			assertThat(ContentHash.ofActor(this.store, "team/" + i)).isEqualTo(hashes.get(i));
			assertThat(Sql.rowsOfActor(this.store, "team/" + i, "SELECT x FROM mine")).containsExactly("" + i);
		}
	}

	@Test
	void actorsShouldBeListedSizedCheckedAndDeleted() throws Exception {
		for (String id : List.of("a/1", "a/2", "a/3", "b/1")) {
			Sql.onActor(this.store, id, "CREATE TABLE t (x)");
		}
		KvActorPage first = this.store.actors("a/", null, 2);
		assertThat(first.actorIds()).containsExactly("a/1", "a/2");
		assertThat(this.store.actors("a/", first.next(), 2).actorIds()).containsExactly("a/3");
		assertThat(this.store.size("a/1").keys()).isGreaterThanOrEqualTo(3);
		assertThat(this.store.size("a/1").bytes()).isGreaterThanOrEqualTo(8192);
		new StoredActor(this.store, "a/2").remove(ChunkKeys.chunk(FileTag.MAIN, 1));
		assertThat(new ActorCheck(this.store).check("a/2").toText())
			.contains("chunk 1 of its main database is missing");
		assertThat(this.store.delete("a/2", false)).isTrue();
		assertThat(this.store.delete("a/2", false)).isFalse();
		assertThat(this.store.size("a/2").keys()).isZero();
		assertThat(this.store.owner("a/2")).isNull();
		assertThat(new StoredActor(this.store, "a/2").keys()).isEmpty();
		assertThat(this.store.actors("", null, 100).actorIds()).containsExactly("a/1", "a/3", "b/1");
		ActorFleet.Report report = new ActorFleet(this.store, "").parallelism(2)
			.forEach((id) -> new ActorCheck(this.store).check(id).isSound());
		assertThat(report.changed()).isEqualTo(3);
	}

	@Test
	void actorShouldBeReachedByAJdbcUrl() throws Exception {
		Sql.onActor(this.store, "other", "CREATE TABLE t (x)");
		String jdbc = "jdbc:kvsqlite:" + this.url + "&actor=team%2F1";
		assertThatThrownBy(() -> DriverManager.getConnection(jdbc)).isInstanceOf(SQLException.class)
			.hasMessageContaining("There is no actor 'team/1'")
			.hasMessageNotContaining("test:test");
		assertThat(this.store.owner("team/1")).isNull();
		try (Connection connection = DriverManager.getConnection(jdbc + "&create=true")) {
			Sql.execute(connection, "CREATE TABLE t AS SELECT 'one' AS x");
			// the test's own store is another process to the driver's
			assertRefused("team/1", () -> this.store.delete("team/1", false), "/" + ProcessHandle.current().pid());
		}
		try (Connection connection = DriverManager.getConnection(jdbc + "&readOnly=true")) {
			assertThat(Sql.rows(connection, "SELECT x FROM t")).containsExactly("one");
			assertThatThrownBy(() -> Sql.execute(connection, "DELETE FROM t")).isInstanceOf(SQLException.class);
		}
		assertThat(Sql.rowsOfActor(this.store, "team/1", "SELECT x FROM t")).containsExactly("one");
	}

	@Test
	void fleetShouldMigrateAndBackUp() throws Exception {
		Path migrations = Files.createDirectory(file("migrations"));
		Files.writeString(migrations.resolve("V1__table.sql"), "CREATE TABLE item (id INTEGER PRIMARY KEY);");
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.store).build()) {
			for (int i = 0; i < 5; i++) {
				factory.dataSource("a" + i).getConnection().close();
			}
			ActorFleet fleet = new ActorFleet(this.store, "").parallelism(3);
			FleetMigration migration = new FleetMigration(factory,
					Flyway.configure().locations("filesystem:" + migrations));
			assertThat(migration.migrate(fleet).changed()).isEqualTo(5);
			assertThat(migration.migrate(fleet).unchanged()).isEqualTo(5);
			fleet.forEach((id) -> {
				factory.exportActor(id, file(id));
				return true;
			});
		}
		for (int i = 0; i < 5; i++) {
			assertThat(Sql.rowsOfFile(file("a" + i), "SELECT count(*) FROM flyway_schema_history"))
				.containsExactly("1");
		}
	}

}
