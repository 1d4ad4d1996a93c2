package io.kvsqlite.sqlite;

import java.util.HashSet;
import java.util.Set;

import io.kvsqlite.fixture.ActorBuilder;
import io.kvsqlite.fixture.RecordedWrites;
import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.fixture.ScriptedKvStore.Script;
import io.kvsqlite.fixture.Sql;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.CountingKvStore;
import io.kvsqlite.testing.CountingKvStore.Counts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How many round trips to the store each step may take. Extend it for each store.
 */
abstract class RoundTripBudgetTests {

	private static final String UPSERT = "INSERT INTO t VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body";

	private CountingKvStore total;

	private long requestsBefore;

	private ScriptedKvStore scripted;

	private CountingKvStore store;

	/**
	 * Open a store without actors.
	 */
	abstract KvStore openStore() throws Exception;

	/**
	 * Return how many requests the store's server was sent so far, as counted there or on
	 * the wire.
	 * @return their number, always 0 for a store without a server
	 */
	long requests() {
		return 0;
	}

	@BeforeEach
	void openTheStore() throws Exception {
		this.total = new CountingKvStore(openStore());
		this.total.ping();
		this.requestsBefore = requests();
		this.scripted = new ScriptedKvStore(this.total);
		this.store = new CountingKvStore(this.scripted);
	}

	@AfterEach
	void closeTheStore() {
		long requests = requests() - this.requestsBefore;
		Counts counts = this.total.counts();
		this.store.close();
		// one on the wire for each that was counted; a snapshot is no step of the budget
		assertThat(requests).as("requests, for %s", counts)
			.isLessThanOrEqualTo(counts.roundTrips() + counts.closes() + 4 * counts.snapshots());
	}

	@Test
	void openOfANewActorShouldTakeTwo() throws Exception {
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			assertThat(this.store.counts().roundTrips()).isEqualTo(2);
			assertThat(new Sql(actor.connection()).number("SELECT count(*) FROM sqlite_schema")).isZero();
			assertThat(this.store.counts().roundTrips()).isEqualTo(2);
		}
	}

	@Test
	void openOfAnActorThatFitsThePreloadAndItsFirstQueryShouldTakeOne() throws Exception {
		int chunks = Math.max(1, this.store.preloadChunks());
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			Sql sql = new Sql(actor.connection()).run("CREATE TABLE t(id INTEGER PRIMARY KEY, body)");
			while (sql.number("PRAGMA page_count") < chunks) {
				sql.run("INSERT INTO t(body) VALUES (randomblob(1000))");
			}
		}
		this.store.reset();
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			Sql sql = new Sql(actor.connection());
			assertThat(sql.number("SELECT count(length(body)) FROM t")).isPositive();
			assertThat(sql.number("PRAGMA page_count")).isEqualTo(chunks);
			sql.assertIntegrity();
			assertThat(this.store.counts().roundTrips()).isEqualTo(1);
		}
	}

	@Test
	void missBeyondThePreloadShouldTakeOneMore() throws Exception {
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			new Sql(actor.connection()).fill("t", 3000, 1000);
		}
		this.store.reset();
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			// root, interior page and leaf, of which the root at least came with the open
			assertThat(new Sql(actor.connection()).number("SELECT length(body) FROM t WHERE id = 1500"))
				.isEqualTo(1000);
			assertThat(this.store.counts().roundTrips()).isBetween(2L, 3L);
		}
	}

	@Test
	void warmReadShouldTakeNone() throws Exception {
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			Sql sql = new Sql(actor.connection()).fill("t", 500, 1000);
			this.store.reset();
			for (int i = 0; i < 10; i++) {
				assertThat(sql.number("SELECT count(length(body)) FROM t")).isEqualTo(500);
			}
			assertThat(this.store.counts().roundTrips()).isZero();
		}
	}

	@Test
	void rollbackShouldTakeNone() throws Exception {
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			Sql sql = new Sql(actor.connection()).fill("t", 100, 1000);
			this.store.reset();
			sql.run("BEGIN", "UPDATE t SET body = randomblob(900)", "CREATE TABLE u AS SELECT * FROM t",
					"DELETE FROM t WHERE id < 50", "ROLLBACK");
			sql.run("BEGIN", "SAVEPOINT a", "UPDATE t SET body = 1", "ROLLBACK TO a", "RELEASE a", "ROLLBACK");
			assertThat(sql.number("SELECT count(length(body)) FROM t")).isEqualTo(100);
			assertThat(this.store.counts().roundTrips()).isZero();
		}
	}

	@Test
	void rollbackOfWhatSqliteSpilledIntoTheBufferShouldTakeNone() throws Exception {
		try (ActorDatabase actor = ActorBuilder.on(this.store).transactionMemory(64 * 1024 * 1024).open()) {
			Sql sql = new Sql(actor.connection()).fill("t", 2000, 1000).run("PRAGMA cache_size = 10");
			assertThat(sql.number("SELECT count(length(body)) FROM t")).isEqualTo(2000);
			this.store.reset();
			sql.run("BEGIN", "UPDATE t SET body = zeroblob(1000)");
			assertThat(this.store.counts().writes()).isZero();
			long reads = this.store.counts().reads();
			sql.run("ROLLBACK");
			assertThat(this.store.counts().writes()).isZero();
			assertThat(this.store.counts().reads()).isEqualTo(reads);
			assertThat(sql.number("SELECT sum(body = zeroblob(1000)) FROM t")).isZero();
			sql.assertIntegrity();
		}
	}

	@Test
	void commitShouldTakeOne() throws Exception {
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			Sql sql = new Sql(actor.connection()).fill("t", 100, 1000);
			for (int i = 0; i < 20; i++) {
				this.store.reset();
				sql.update(UPSERT, i * 7, "x".repeat(i * 100));
				assertCommits(1);
			}
			this.store.reset();
			sql.run("BEGIN", "UPDATE t SET body = randomblob(1000)", "CREATE INDEX i ON t(length(body))",
					"DELETE FROM t WHERE id = 5", "COMMIT");
			assertCommits(1);
		}
	}

	@Test
	void commitAfterARollbackShouldTakeOne() throws Exception {
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			Sql sql = new Sql(actor.connection()).fill("t", 100, 1000);
			sql.run("BEGIN", "UPDATE t SET body = randomblob(2000)", "ROLLBACK");
			this.store.reset();
			sql.update(UPSERT, 1, "x");
			assertCommits(1);
		}
	}

	@Test
	void commitThatShrinksTheFileShouldTakeOneMore() throws Exception {
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			Sql sql = new Sql(actor.connection()).run("PRAGMA auto_vacuum = FULL", "VACUUM").fill("t", 300, 1000);
			long pages = sql.number("PRAGMA page_count");
			this.store.reset();
			sql.run("DELETE FROM t WHERE id > 200");
			assertCommits(2);
			assertThat(sql.number("PRAGMA page_count")).isLessThan(pages - 20);
		}
		try (ActorDatabase actor = ActorBuilder.on(this.store).actor("vacuumed").open()) {
			Sql sql = new Sql(actor.connection()).fill("t", 300, 1000).run("DELETE FROM t WHERE id % 3 = 0");
			this.store.reset();
			sql.run("VACUUM");
			assertThat(sql.number("PRAGMA freelist_count")).isZero();
			assertCommits(2);
		}
		new StoredActor(this.store, ActorBuilder.ACTOR).assertNothingButAMainDatabase();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 127, 128, 129, 300, 2000 })
	void transactionShouldTakeAsManyWritesAsItsChunksAskFor(int rows) throws Exception {
		// memory enough for as many chunks as the store takes at once
		try (ActorDatabase actor = ActorBuilder.on(this.store).transactionMemory(256 * 1024 * 1024).open()) {
			Sql sql = new Sql(actor.connection()).fill("t", rows, 3000);
			assertWithinBudget(sql, "UPDATE t SET body = randomblob(3000)");
			assertWithinBudget(sql, "INSERT INTO t SELECT NULL, randomblob(2999) FROM t");
			assertWithinBudget(sql, "CREATE INDEX i ON t(body)");
			// The check looks every row up in the index, at random: have all pages in the
			// cache,
			// fetched in their order.
			sql.run("PRAGMA cache_size = -131072");
			for (String order : new String[] { "NOT INDEXED", "INDEXED BY i" }) {
				assertThat(sql.number("SELECT count(substr(body, -1)) FROM t " + order)).isEqualTo(2 * rows);
			}
			sql.assertIntegrity();
		}
		new StoredActor(this.store, ActorBuilder.ACTOR).assertNothingButAMainDatabase();
	}

	private void assertWithinBudget(Sql sql, String statement) throws Exception {
		Set<String> chunks = new HashSet<>();
		this.scripted.follow(new Script() {

			@Override
			public void write(KvWrite write, Runnable next) {
				RecordedWrites.describe(write)
					.stream()
					.filter((part) -> part.startsWith("put") && part.contains("chunk"))
					.forEach(chunks::add);
				next.run();
			}

		});
		this.store.reset();
		sql.run(statement);
		long limit = this.store.limits().maxKeys() - 1;
		assertThat(this.store.counts().writes()).as("writes of %d chunks, %s", chunks.size(), statement)
			.isLessThanOrEqualTo((chunks.size() + limit - 1) / limit + 3);
		assertThat(this.store.counts().opens()).isZero();
	}

	@Test
	void coldScanShouldTakeOneForEachWindow() throws Exception {
		int chunks = 12_800;
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			Sql sql = new Sql(actor.connection()).fill("t", 38_200, 1250);
			long missing = chunks - sql.number("PRAGMA page_count");
			assertThat(missing).isPositive();
			sql.run("INSERT INTO t VALUES (NULL, zeroblob(%d))".formatted((missing - 1) * 4090));
			assertThat(sql.number("PRAGMA page_count")).isBetween(12_790L, 12_800L);
		}
		this.store.reset();
		try (ActorDatabase actor = ActorBuilder.on(this.store).open()) {
			assertThat(new Sql(actor.connection()).number("SELECT count(DISTINCT substr(body, -8)) FROM t"))
				.isEqualTo(38_201);
		}
		Counts counts = this.store.counts();
		assertThat(counts.opens() + counts.reads()).isLessThanOrEqualTo(58);
		assertThat(counts.writes()).isZero();
		// nothing is fetched twice, and not much that no one asks for
		assertThat(counts.keysRead()).isLessThan(chunks + 500);
	}

	@Test
	void closeShouldTakeNoneButTheCloseItself() throws Exception {
		ActorDatabase actor = ActorBuilder.on(this.store).open();
		new Sql(actor.connection()).fill("t", 100, 1000);
		this.store.reset();
		actor.close();
		assertThat(this.store.counts().roundTrips()).isZero();
		assertThat(this.store.counts().closes()).isEqualTo(1);
		actor.close();
		assertThat(this.store.counts().roundTrips()).isZero();
	}

	private void assertCommits(int writes) {
		assertThat(this.store.counts().writes()).isEqualTo(writes);
		assertThat(this.store.counts().roundTrips()).isEqualTo(writes);
	}

}
