package io.kvsqlite.kv.jdbc;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import com.zaxxer.hikari.HikariDataSource;
import org.assertj.core.api.ListAssert;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.PostgresProxy;
import io.kvsqlite.testing.PostgresProxy.Harm;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.TestPools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@link PostgresKvStore} when statements cross each other, connections break and answers
 * get lost; and how many round trips it takes when they do not.
 */
@RequiresDocker
@Tag("once")
class PostgresFaultTests {

	private static final byte[][] NO_KEYS = {};

	/**
	 * How long to wait for what comes for certain, on a machine however busy.
	 */
	private static final Duration PATIENCE = Duration.ofMinutes(1);

	/**
	 * What a busy machine may take longer.
	 */
	private static final Duration SLACK = Duration.ofSeconds(4);

	private static final ServerContainer server = ServerContainer.postgresql();

	/**
	 * Goes to the server past the proxy.
	 */
	private static HikariDataSource direct;

	private static PostgresProxy proxy;

	private HikariDataSource pool;

	private TestTables tables;

	private PostgresKvStore store;

	@BeforeAll
	static void start() throws Exception {
		server.start();
		direct = TestPools.pool(server, 8);
		proxy = new PostgresProxy(server.getHost(), server.port());
	}

	@AfterAll
	static void stop() throws Exception {
		proxy.close();
		direct.close();
		server.stop();
	}

	@BeforeEach
	void open() {
		this.pool = TestPools.pool("localhost", proxy.port(), 4);
		this.pool.setConnectionTimeout(PATIENCE.toMillis());
		this.tables = new TestTables(direct);
		this.store = store("first");
		this.store.ping();
	}

	@AfterEach
	void close() throws Exception {
		proxy.comeUp();
		this.store.close();
		this.pool.close();
		this.tables.close();
	}

	private PostgresKvStore store(String ownerName) {
		return PostgresKvStore.builder(this.pool)
			.tablePrefix(this.tables.prefix())
			.ownerName(ownerName)
			.leaseDuration(Duration.ofMinutes(5))
			.timeout(PATIENCE)
			.build();
	}

	// Round trips

	@Test
	void everyCallShouldTakeOneRoundTrip() {
		KvSession session = this.store.open("a", keys("k")).session();
		for (int i = 0; i < 12; i++) {
			int number = i;
			assertThat(roundTrips(() -> session.write(new KvWrite().put(key("k" + number), new byte[4096])))).isOne();
			assertThat(roundTrips(() -> session.read(keys("k1", "k2", "k3")))).isOne();
		}
		assertThat(roundTrips(() -> session.write(new KvWrite().put(key("k"), key("v")).put(key("k1"), key("v")))))
			.isOne();
		assertThat(roundTrips(() -> session
			.write(new KvWrite().put(key("k"), key("v")).delete(key("k1")).deleteRange(key("k2"), key("k5"))))).isOne();
		assertThat(roundTrips(session::close)).isOne();
		for (int i = 0; i < 12; i++) {
			KvSession[] opened = new KvSession[1];
			assertThat(roundTrips(() -> opened[0] = this.store.open("a", keys("k", "k1")).session())).isOne();
			assertThat(roundTrips(() -> opened[0].close())).isOne();
		}
	}

	@Test
	void writeOfAsMuchAsFitsShouldTakeOneRoundTrip() {
		KvSession session = this.store.open("a", NO_KEYS).session();
		int chunks = this.store.limits().maxKeys();
		KvWrite write = new KvWrite();
		byte[][] keys = new byte[chunks][];
		for (int i = 0; i < chunks; i++) {
			keys[i] = new byte[] { 8, 1, 1, 0, 0, 0, (byte) (i >> 8), (byte) i };
			write.put(keys[i], new byte[4096]);
		}
		assertThat(write.fits(this.store.limits())).isTrue();
		assertThat(roundTrips(() -> session.write(write))).isOne();
		byte[] @Nullable [][] values = new byte[1][][];
		assertThat(roundTrips(() -> values[0] = session.read(keys))).isOne();
		assertValues(values[0]).hasSize(chunks).doesNotContainNull();
	}

	private static int roundTrips(Runnable call) {
		int before = proxy.roundTrips();
		call.run();
		return proxy.roundTrips() - before;
	}

	// Statements that cross each other

	@Test
	void openWhenItWaitedForACommitShouldReadWhatThatCommitWrote() throws Exception {
		PostgresSession session = (PostgresSession) this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("old")).put(key("gone"), key("old")));
		CompletableFuture<KvOpening> opening;
		try (UnfinishedCommit commit = new UnfinishedCommit(session,
				new KvWrite().put(key("k"), key("new")).put(key("more"), key("new")).delete(key("gone")),
				session.lastCommit())) {
			opening = CompletableFuture.supplyAsync(() -> this.store.open("a", keys("k", "more", "gone")));
			awaitWaitingForALock(1);
			assertThat(opening).isNotDone();
			commit.finish();
		}
		KvOpening opened = opening.get(1, TimeUnit.MINUTES);
		assertThat(opened.session().commit()).isEqualTo(2);
		assertValues(opened.values()).containsExactly(key("new"), key("new"), null);
		assertThatExceptionOfType(KvOwnershipLostException.class)
			.isThrownBy(() -> session.write(new KvWrite().put(key("k"), key("lost"))));
		opened.session().write(new KvWrite().put(key("k"), key("newer")));
		assertThat(read(opened.session(), "k")).isEqualTo("newer");
	}

	@Test
	void openWhenItWaitedForTheFirstCommitShouldReadIt() throws Exception {
		PostgresSession session = (PostgresSession) this.store.open("a", NO_KEYS).session();
		CompletableFuture<KvOpening> opening;
		try (UnfinishedCommit commit = new UnfinishedCommit(session, new KvWrite().put(key("k"), key("new")),
				session.lastCommit())) {
			opening = CompletableFuture.supplyAsync(() -> this.store.open("a", keys("k")));
			awaitWaitingForALock(1);
			commit.finish();
		}
		KvOpening opened = opening.get(1, TimeUnit.MINUTES);
		assertThat(opened.session().commit()).isEqualTo(1);
		assertValues(opened.values()).containsExactly(key("new"));
	}

	@Test
	void openWhenItWaitedForACommitThatWasRolledBackShouldReadWhatWasThere() throws Exception {
		PostgresSession session = (PostgresSession) this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("old")));
		CompletableFuture<KvOpening> opening;
		try (UnfinishedCommit commit = new UnfinishedCommit(session, new KvWrite().put(key("k"), key("new")),
				session.lastCommit())) {
			opening = CompletableFuture.supplyAsync(() -> this.store.open("a", keys("k")));
			awaitWaitingForALock(1);
			commit.rollBack();
		}
		assertValues(opening.get(1, TimeUnit.MINUTES).values()).containsExactly(key("old"));
		assertThat(opening.get().session().commit()).isEqualTo(1);
	}

	@Test
	void deleteWhenItWaitedForACommitShouldLeaveNothingOfIt() throws Exception {
		PostgresSession session = (PostgresSession) this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("old")));
		CompletableFuture<Boolean> deletion;
		try (UnfinishedCommit commit = new UnfinishedCommit(session, new KvWrite().put(key("more"), key("new")),
				session.lastCommit())) {
			deletion = CompletableFuture.supplyAsync(() -> this.store.delete("a", true));
			awaitWaitingForALock(1);
			commit.finish();
		}
		assertThat(deletion.get(1, TimeUnit.MINUTES)).isTrue();
		assertThat(count("chunks")).isZero();
		assertThat(count("actors")).isZero();
	}

	@Test
	void openWhenItWaitedForADeletionShouldFindANewActor() throws Exception {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("old")));
		CompletableFuture<KvOpening> opening;
		try (Connection connection = direct.getConnection()) {
			connection.setAutoCommit(false);
			for (String table : new String[] { "actors", "chunks" }) {
				try (PreparedStatement statement = connection
					.prepareStatement("DELETE FROM " + this.tables.prefix() + table)) {
					statement.executeUpdate();
				}
			}
			opening = CompletableFuture.supplyAsync(() -> this.store.open("a", keys("k")));
			awaitWaitingForALock(1);
			connection.commit();
		}
		KvOpening opened = opening.get(1, TimeUnit.MINUTES);
		assertThat(opened.session().commit()).isZero();
		assertThat(opened.session().epoch()).isGreaterThan(session.epoch());
		assertValues(opened.values()).containsExactly((byte[]) null);
	}

	@Test
	void openWhenItCannotHaveTheRowInTimeShouldFailAndLeaveNothingBehind() throws Exception {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		session.close();
		long epoch = session.epoch();
		try (PostgresKvStore hasty = PostgresKvStore.builder(direct)
			.tablePrefix(this.tables.prefix())
			.timeout(Duration.ofSeconds(1))
			.build(); Connection connection = direct.getConnection()) {
			hasty.ping();
			connection.setAutoCommit(false);
			try (PreparedStatement statement = connection
				.prepareStatement("SELECT 1 FROM " + this.tables.prefix() + "actors FOR UPDATE")) {
				statement.executeQuery();
			}
			assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> hasty.open("a", NO_KEYS))
				.withMessageContaining("'a'");
			awaitWaitingForALock(0);
			connection.rollback();
		}
		assertThat(this.store.owner("a").epoch()).isEqualTo(epoch);
		assertThat(this.store.owner("a").holder()).isNull();
	}

	/**
	 * A transaction, on a connection of its own, that has done everything but commit.
	 */
	private abstract static class Unfinished implements AutoCloseable {

		private final Connection connection;

		Unfinished(Work work) throws SQLException {
			this.connection = direct.getConnection();
			try {
				this.connection.setAutoCommit(false);
				work.run(this.connection);
			}
			catch (Throwable ex) {
				close();
				throw ex;
			}
		}

		void finish() throws SQLException {
			this.connection.commit();
		}

		void rollBack() throws SQLException {
			this.connection.rollback();
		}

		@Override
		public void close() throws SQLException {
			this.connection.rollback();
			this.connection.setAutoCommit(true);
			this.connection.close();
		}

	}

	/**
	 * A commit of a session.
	 */
	private final class UnfinishedCommit extends Unfinished {

		UnfinishedCommit(PostgresSession session, KvWrite write, KvCommit before) throws SQLException {
			super((connection) -> {
				FencedWrite fenced = new FencedWrite(PostgresFaultTests.this.store.statements(), session.ownership(),
						WriteParts.of(write), before);
				assertThat(fenced.run(connection).applied()).isTrue();
			});
		}

	}

	/**
	 * Someone who takes the only actor over.
	 */
	private final class UnfinishedTakeOver extends Unfinished {

		UnfinishedTakeOver() throws SQLException {
			super(PostgresFaultTests.this::raiseEpochs);
		}

	}

	private void awaitWaitingForALock(int statements) {
		Awaitility.await()
			.pollInterval(Duration.ofMillis(10))
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(number("SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
					+ " AND wait_event_type = 'Lock' AND backend_type = 'client backend'"))
				.isEqualTo(statements));
	}

	// Connections that break

	/**
	 * Use a pool that soon finds that there is no connection to be had, and has one: of
	 * more, one could be in the making when the next request is to be harmed.
	 */
	private void becomeImpatient() {
		this.store.close();
		this.pool.close();
		this.pool = TestPools.pool("localhost", proxy.port(), 1);
		this.pool.setConnectionTimeout(1000);
		this.store = store("first");
		awaitPool();
	}

	private void comeBack() {
		proxy.comeUp();
		awaitPool();
	}

	private void awaitPool() {
		Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> {
			this.store.ping();
			return true;
		});
	}

	/**
	 * The three kinds of statements that write.
	 */
	enum Kind {

		ONE_PUT, PUTS, PUT_AND_DELETE;

		KvWrite write(String value) {
			KvWrite write = new KvWrite().put(key("k"), key(value));
			return switch (this) {
				case ONE_PUT -> write;
				case PUTS -> write.put(key("l"), key(value));
				case PUT_AND_DELETE -> write.delete(key("l"));
			};
		}

	}

	@ParameterizedTest
	@EnumSource
	void writeWhenItsRequestWasLostShouldBeSentAgain(Kind kind) {
		KvSession session = this.store.open("a", NO_KEYS).session();
		proxy.harmNext(Harm.CUT_BEFORE);
		session.write(kind.write("1"));
		assertThat(proxy.harmed()).isTrue();
		assertThat(session.commit()).isEqualTo(1);
		assertThat(read(session, "k")).isEqualTo("1");
	}

	@ParameterizedTest
	@EnumSource
	void writeWhenItsAnswerWasLostShouldCountOnce(Kind kind) {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(kind.write("1"));
		proxy.harmNext(Harm.CUT_AFTER);
		session.write(kind.write("2"));
		assertThat(proxy.harmed()).isTrue();
		assertThat(session.commit()).isEqualTo(2);
		assertThat(this.store.owner("a").commit()).isEqualTo(2);
		assertThat(read(session, "k")).isEqualTo("2");
		session.write(kind.write("3"));
		assertThat(this.store.owner("a").commit()).isEqualTo(3);
	}

	@ParameterizedTest
	@EnumSource
	void writeThatArrivesLateShouldChangeNothing(Kind kind) {
		KvSession session = this.store.open("a", NO_KEYS).session();
		proxy.harmNext(Harm.HOLD);
		session.write(kind.write("1"));
		session.write(new KvWrite().put(key("k"), key("2")).put(key("l"), key("2")));
		proxy.release();
		assertValues(session.read(keys("k", "l"))).containsExactly(key("2"), key("2"));
		assertThat(this.store.owner("a").commit()).isEqualTo(2);
	}

	@ParameterizedTest
	@EnumSource
	void writeWhenTheActorIsGoneShouldBeRefused(Kind kind) {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(kind.write("1"));
		assertThat(this.store.delete("a", true)).isTrue();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> session.write(kind.write("2")));
		assertThat(count("chunks")).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void writeWhenItWaitedForATakeOverShouldChangeNothing(Kind kind) throws Exception {
		PostgresSession session = (PostgresSession) this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")).put(key("l"), key("1")));
		CompletableFuture<Void> write;
		try (UnfinishedTakeOver takeOver = new UnfinishedTakeOver()) {
			write = CompletableFuture.runAsync(() -> session.write(kind.write("2")));
			awaitWaitingForALock(1);
			takeOver.finish();
		}
		assertThat(write).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(KvOwnershipLostException.class);
		assertThat(count("chunks")).isEqualTo(2);
		assertThat(this.store.owner("a").commit()).isEqualTo(1);
		assertValues(this.store.open("a", keys("k", "l")).values()).containsExactly(key("1"), key("1"));
	}

	@ParameterizedTest
	@EnumSource
	void writeWhenItWaitedForATakeOverThatWasRolledBackShouldBeApplied(Kind kind) throws Exception {
		PostgresSession session = (PostgresSession) this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")).put(key("l"), key("1")));
		CompletableFuture<Void> write;
		try (UnfinishedTakeOver takeOver = new UnfinishedTakeOver()) {
			write = CompletableFuture.runAsync(() -> session.write(kind.write("2")));
			awaitWaitingForALock(1);
			takeOver.rollBack();
		}
		assertThat(write).succeedsWithin(PATIENCE);
		assertThat(read(session, "k")).isEqualTo("2");
		assertThat(this.store.owner("a").commit()).isEqualTo(2);
	}

	@ParameterizedTest
	@EnumSource
	void writeWhenTheServerLostCommitsShouldBeRefused(Kind kind) throws Exception {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(kind.write("1"));
		session.write(kind.write("2"));
		try (Connection connection = direct.getConnection();
				PreparedStatement statement = connection
					.prepareStatement("UPDATE " + this.tables.prefix() + "actors SET commit_number = 1")) {
			assertThat(statement.executeUpdate()).isOne();
		}
		assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> session.write(kind.write("3")))
			.withMessageContaining("'a' is at commit 1 in PostgreSQL, but should be at 2");
		assertThat(this.store.owner("a").commit()).isOne();
		assertThat(read(this.store.open("a", NO_KEYS).session(), "k")).isEqualTo("2");
	}

	@Test
	void writeWhenItsAnswerWasLostShouldFindThatItArrived() {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")).put(key("l"), key("1")));
		proxy.harmNext(Harm.CUT_AFTER);
		session.write(new KvWrite().put(key("k"), key("2")).delete(key("l")));
		assertThat(proxy.harmed()).isTrue();
		assertThat(session.commit()).isEqualTo(2);
		assertThat(this.store.owner("a").commit()).isEqualTo(2);
		assertValues(session.read(keys("k", "l"))).containsExactly(key("2"), null);
		session.write(new KvWrite().put(key("k"), key("3")));
		assertThat(this.store.owner("a").commit()).isEqualTo(3);
	}

	@Test
	void writeThatArrivesAfterATakeOverShouldNotBeApplied() {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		proxy.harmNext(Harm.HOLD);
		CompletableFuture<Void> write = CompletableFuture.runAsync(() -> {
			session.write(new KvWrite().put(key("k"), key("2")));
		});
		write.join();
		KvOpening opened = this.store.open("a", keys("k"));
		opened.session().write(new KvWrite().put(key("k"), key("3")));
		proxy.release();
		assertThat(read(opened.session(), "k")).isEqualTo("3");
		assertThat(this.store.owner("a").commit()).isEqualTo(3);
	}

	@ParameterizedTest
	@EnumSource(names = { "CUT_BEFORE", "CUT_AFTER" })
	void writeWhenTheServerIsGoneAfterTheCutShouldBeIndeterminate(Harm harm) {
		becomeImpatient();
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		proxy.harmNext(harm);
		proxy.refuseAfterHarm();
		assertThatExceptionOfType(KvIndeterminateException.class)
			.isThrownBy(() -> session.write(new KvWrite().put(key("k"), key("2"))))
			.withMessageContaining("'a'")
			.withMessageContaining("ommit 2");
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> read(session, "k"))
			.withMessageContaining("not known");
		comeBack();
		KvOpening opened = this.store.open("a", keys("k"));
		assertThat(opened.session().epoch()).isEqualTo(session.epoch() + 1);
		boolean applied = harm == Harm.CUT_AFTER;
		assertThat(opened.session().commit()).isEqualTo(applied ? 2 : 1);
		assertValues(opened.values()).containsExactly(key(applied ? "2" : "1"));
	}

	@Test
	void writeThatWasGivenUpShouldNotArriveAfterTheNextOpen() {
		becomeImpatient();
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		proxy.harmNext(Harm.HOLD);
		proxy.refuseAfterHarm();
		assertThatExceptionOfType(KvIndeterminateException.class)
			.isThrownBy(() -> session.write(new KvWrite().put(key("k"), key("lost"))));
		comeBack();
		KvOpening opened = this.store.open("a", keys("k"));
		assertThat(opened.session().commit()).isEqualTo(1);
		proxy.release();
		assertThat(read(opened.session(), "k")).isEqualTo("1");
		opened.session().write(new KvWrite().put(key("k"), key("2")));
		assertThat(read(opened.session(), "k")).isEqualTo("2");
	}

	@Test
	void writeThatWasGivenUpShouldNotArriveAfterAnotherOwnerTookOver() throws Exception {
		becomeImpatient();
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		proxy.harmNext(Harm.HOLD);
		proxy.refuseAfterHarm();
		assertThatExceptionOfType(KvIndeterminateException.class)
			.isThrownBy(() -> session.write(new KvWrite().put(key("k"), key("lost"))));
		try (PostgresKvStore other = PostgresKvStore.builder(direct)
			.tablePrefix(this.tables.prefix())
			.ownerName("second")
			.build()) {
			assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> other.open("a", NO_KEYS));
			endLease();
			KvOpening opened = other.open("a", keys("k"));
			assertThat(opened.session().epoch()).isEqualTo(session.epoch() + 1);
			opened.session().write(new KvWrite().put(key("k"), key("2")));
			proxy.release();
			assertThat(read(opened.session(), "k")).isEqualTo("2");
			assertThat(other.owner("a")).extracting(KvOwner::holder, KvOwner::commit).containsExactly("second", 2L);
		}
	}

	private void endLease() throws SQLException {
		try (Connection connection = direct.getConnection();
				PreparedStatement statement = connection.prepareStatement(
						"UPDATE " + this.tables.prefix() + "leases SET expires = now() WHERE holder = ?")) {
			statement.setString(1, "first");
			assertThat(statement.executeUpdate()).isOne();
		}
	}

	@Test
	void writeWhenNoConnectionCanBeHadShouldBeDefinite() {
		becomeImpatient();
		KvSession session = this.store.open("a", NO_KEYS).session();
		proxy.goDown();
		this.pool.getHikariPoolMXBean().softEvictConnections();
		assertThatExceptionOfType(KvUnavailableException.class)
			.isThrownBy(() -> session.write(new KvWrite().put(key("k"), key("1"))));
		comeBack();
		session.write(new KvWrite().put(key("k"), key("1")));
		assertThat(this.store.owner("a").commit()).isEqualTo(1);
	}

	@ParameterizedTest
	@EnumSource(names = { "CUT_BEFORE", "CUT_AFTER" })
	void openWhenItsConnectionBreaksShouldTakeTheActorOnce(Harm harm) {
		KvSession earlier = this.store.open("a", NO_KEYS).session();
		earlier.write(new KvWrite().put(key("k"), key("1")));
		proxy.harmNext(harm);
		KvOpening opened = this.store.open("a", keys("k"));
		assertThat(proxy.harmed()).isTrue();
		assertValues(opened.values()).containsExactly(key("1"));
		assertThat(opened.session().epoch()).isEqualTo(earlier.epoch() + 1);
		opened.session().write(new KvWrite().put(key("k"), key("2")));
	}

	@Test
	void openThatArrivesLateShouldNotTakeTheActorFromALaterOne() {
		this.store.open("a", NO_KEYS).session().write(new KvWrite().put(key("k"), key("1")));
		proxy.harmNext(Harm.HOLD);
		KvSession session = this.store.open("a", NO_KEYS).session();
		KvSession later = this.store.open("a", NO_KEYS).session();
		proxy.release();
		later.write(new KvWrite().put(key("k"), key("2")));
		assertThat(read(later, "k")).isEqualTo("2");
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(session, "k"));
	}

	@Test
	void openThatFailedButTookTheActorShouldBeUndone() {
		becomeImpatient();
		this.store.close();
		this.store = PostgresKvStore.builder(this.pool)
			.tablePrefix(this.tables.prefix())
			.ownerName("quick")
			// what failed is undone with the next renewal
			.leaseDuration(Duration.ofSeconds(2))
			.timeout(PATIENCE)
			.build();
		// a renewal may have the one connection for longer than the pool waits
		KvSession session = opened("taken");
		Awaitility.await().atMost(PATIENCE).ignoreExceptionsInstanceOf(KvUnavailableException.class).until(() -> {
			session.write(new KvWrite().put(key("k"), key("1")));
			return true;
		});
		long epoch = session.epoch();
		session.close();
		Awaitility.await().atMost(PATIENCE).until(() -> owner("taken").holder() == null);
		// what only an open says: a renewal is not to be harmed, nor what it undoes
		proxy.harmNext(Harm.CUT_AFTER, "nextval");
		proxy.refuseAfterHarm();
		Awaitility.await().atMost(PATIENCE).until(() -> {
			assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> this.store.open("taken", NO_KEYS));
			return proxy.harmed();
		});
		// as long as nothing gets through, the undoing does not either
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(owner("taken")).extracting(KvOwner::holder, KvOwner::epoch)
				.containsExactly("quick", epoch + 1));
		comeBack();
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(owner("taken").holder()).isNull());
	}

	private KvSession opened(String actorId) {
		return Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptionsInstanceOf(KvUnavailableException.class)
			.until(() -> this.store.open(actorId, NO_KEYS).session(), Objects::nonNull);
	}

	// Past the proxy.
	private KvOwner owner(String actorId) {
		try (PostgresKvStore observer = PostgresKvStore.builder(direct).tablePrefix(this.tables.prefix()).build()) {
			KvOwner owner = observer.owner(actorId);
			assertThat(owner).isNotNull();
			return owner;
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "CUT_BEFORE", "CUT_AFTER" })
	void readWhenItsConnectionBreaksShouldBeRepeated(Harm harm) {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		proxy.harmNext(harm);
		assertThat(read(session, "k")).isEqualTo("1");
		assertThat(proxy.harmed()).isTrue();
	}

	@Test
	void readWhenTheServerIsGoneShouldFailAndWorkAgainLater() {
		becomeImpatient();
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		proxy.goDown();
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> read(session, "k"))
			.withMessageContaining("'a'");
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> this.store.ping());
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> this.store.open("b", NO_KEYS));
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> this.store.snapshot("a"));
		comeBack();
		assertThat(read(session, "k")).isEqualTo("1");
	}

	@ParameterizedTest
	@EnumSource(names = { "CUT_BEFORE", "CUT_AFTER" })
	void deleteWhenItsConnectionBreaksShouldSayThatTheActorWasThere(Harm harm) {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		session.close();
		proxy.harmNext(harm);
		assertThat(this.store.delete("a", false)).isTrue();
		assertThat(proxy.harmed()).isTrue();
		assertThat(this.store.owner("a")).isNull();
		assertThat(count("chunks")).isZero();
	}

	/**
	 * At each request of the transaction, until one run gets through unharmed.
	 */
	@ParameterizedTest
	@EnumSource(names = { "CUT_BEFORE", "CUT_AFTER" })
	void deleteByTheOwnerWhenItsConnectionBreaksShouldBeDone(Harm harm) {
		int requests = 0;
		for (boolean harmed = true; harmed; requests++) {
			KvSession session = this.store.open("a", NO_KEYS).session();
			session.write(new KvWrite().put(key("k"), key("1")));
			proxy.harmAfter(requests, harm);
			session.delete();
			harmed = proxy.harmed();
			proxy.spare();
			assertThat(this.store.owner("a")).isNull();
			assertThat(count("actors")).isZero();
			assertThat(count("chunks")).isZero();
			assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(session, "k"));
		}
		assertThat(requests).isGreaterThan(2);
	}

	@ParameterizedTest
	@EnumSource(names = { "CUT_BEFORE", "CUT_AFTER" })
	void deleteByTheOwnerWhenTheServerIsGoneAfterTheCutShouldBeIndeterminate(Harm harm) {
		becomeImpatient();
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		int commit = roundTrips(() -> {
			KvSession other = this.store.open("b", NO_KEYS).session();
			other.delete();
		}) - 2;
		proxy.harmAfter(commit, harm);
		proxy.refuseAfterHarm();
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(session::delete)
			.withMessageContaining("'a'");
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> read(session, "k"))
			.withMessageContaining("not known");
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(session::delete)
			.withMessageContaining("not known");
		comeBack();
		KvOpening opened = this.store.open("a", keys("k"));
		boolean applied = harm == Harm.CUT_AFTER;
		assertThat(opened.session().epoch()).isGreaterThan(session.epoch());
		assertThat(opened.session().commit()).isEqualTo(applied ? 0 : 1);
		assertValues(opened.values()).containsExactly(applied ? null : key("1"));
		opened.session().write(new KvWrite().put(key("k"), key("2")));
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(session::delete);
		session.close();
		assertThat(read(opened.session(), "k")).isEqualTo("2");
	}

	@Test
	void deleteByTheOwnerThatArrivesLateShouldDeleteNothing() {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		proxy.harmNext(Harm.HOLD);
		session.delete();
		KvSession next = this.store.open("a", NO_KEYS).session();
		next.write(new KvWrite().put(key("k"), key("2")));
		proxy.release();
		assertThat(read(next, "k")).isEqualTo("2");
		assertThat(this.store.owner("a").commit()).isEqualTo(1);
	}

	@Test
	void deleteByTheOwnerWhenNoConnectionCanBeHadShouldBeDefinite() {
		becomeImpatient();
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		proxy.goDown();
		this.pool.getHikariPoolMXBean().softEvictConnections();
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(session::delete);
		comeBack();
		assertThat(read(session, "k")).isEqualTo("1");
		session.delete();
		assertThat(this.store.owner("a")).isNull();
	}

	@Test
	void deleteByTheOwnerWhenItWaitedForATakeOverShouldBeRefused() throws Exception {
		PostgresSession session = (PostgresSession) this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		CompletableFuture<Void> deletion;
		try (UnfinishedTakeOver takeOver = new UnfinishedTakeOver()) {
			deletion = CompletableFuture.runAsync(session::delete);
			awaitWaitingForALock(1);
			takeOver.finish();
		}
		assertThat(deletion).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(KvOwnershipLostException.class);
		assertValues(this.store.open("a", keys("k")).values()).containsExactly(key("1"));
	}

	private void raiseEpochs(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("UPDATE " + this.tables.prefix() + "actors SET epoch = epoch + 1")) {
			assertThat(statement.executeUpdate()).isOne();
		}
	}

	/**
	 * An attempt that broke off at its commit, and an owner that comes before the next.
	 */
	@Test
	void deleteByTheOwnerWhoseFirstAttemptWasRolledBackShouldNotHitTheNextOwner() throws Exception {
		PostgresSession session = (PostgresSession) this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		OwnedDeletion deletion = new OwnedDeletion(this.store.statements(), session.ownership());
		try (Connection connection = direct.getConnection()) {
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> deletion.run(breakingOff(connection, Connection::rollback)));
			connection.setAutoCommit(true);
			raiseEpochs(connection);
			assertThat(deletion.run(connection)).isEqualTo(OwnedDeletion.Result.UNKNOWN);
		}
		assertThat(count("chunks")).isOne();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(session::delete);
	}

	@Test
	void deleteByTheOwnerWhoseFirstAttemptWasCommittedShouldNotHitTheNextActor() throws Exception {
		PostgresSession session = (PostgresSession) this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		OwnedDeletion deletion = new OwnedDeletion(this.store.statements(), session.ownership());
		try (Connection connection = direct.getConnection()) {
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> deletion.run(breakingOff(connection, Connection::commit)));
			connection.setAutoCommit(true);
			KvSession next = this.store.open("a", NO_KEYS).session();
			next.write(new KvWrite().put(key("k"), key("2")));
			assertThat(deletion.run(connection)).isEqualTo(OwnedDeletion.Result.UNKNOWN);
			assertThat(read(next, "k")).isEqualTo("2");
		}
	}

	/**
	 * Return a connection that does something in the place of a commit, and then breaks.
	 */
	private static Connection breakingOff(Connection connection, Work atCommit) {
		return (Connection) Proxy.newProxyInstance(PostgresFaultTests.class.getClassLoader(),
				new Class<?>[] { Connection.class }, (proxied, method, arguments) -> {
					if (method.getName().equals("commit")) {
						atCommit.run(connection);
						throw new SQLException("The connection is broken", "08006");
					}
					return method.invoke(connection, arguments);
				});
	}

	/**
	 * What is done on a connection.
	 */
	private interface Work {

		void run(Connection connection) throws SQLException;

	}

	@Test
	void closeWhenItsConnectionBreaksShouldReleaseTheActorAllTheSame() {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		proxy.harmNext(Harm.CUT_BEFORE);
		session.close();
		assertThat(proxy.harmed()).isTrue();
		assertThat(this.store.owner("a").holder()).isNull();
	}

	@Test
	void snapshotWhenItsConnectionBreaksShouldBeLost() {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			proxy.harmNext(Harm.CUT_BEFORE);
			assertThatExceptionOfType(KvSnapshotLostException.class).isThrownBy(() -> snapshot.read(keys("k")))
				.withMessageContaining("'a'");
			assertThatExceptionOfType(KvSnapshotLostException.class).isThrownBy(() -> snapshot.keys(new byte[0], 10));
		}
		try (KvSnapshot snapshot = this.store.snapshot("a")) {
			assertValues(snapshot.read(keys("k"))).containsExactly(key("1"));
		}
	}

	// Servers that do not answer, or go back in time

	/**
	 * The pool alone would let each of them wait for a connection for {@link #PATIENCE}.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void closeOfActorsAndStoreWhenTheServerIsDeadShouldEndInTime(boolean hangs) throws Exception {
		this.store.close();
		this.store = PostgresKvStore.builder(this.pool)
			.tablePrefix(this.tables.prefix())
			.ownerName("dying")
			.timeout(Duration.ofSeconds(2))
			.build();
		ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.store)
			.closeTimeout(Duration.ofSeconds(1))
			.build();
		for (int i = 0; i < 10; i++) {
			try (Connection actor = factory.dataSource("actor-" + i).getConnection();
					Statement statement = actor.createStatement()) {
				statement.executeUpdate("CREATE TABLE t (x)");
			}
		}
		if (hangs) {
			server.freeze();
		}
		else {
			proxy.goDown();
		}
		try {
			assertThat(timeOf(factory::close)).isLessThan(Duration.ofSeconds(1).plus(SLACK));
			assertThat(timeOf(this.store::close)).isLessThan(Duration.ofSeconds(2).plus(SLACK));
			assertThat(timeOf(this.store::close)).isLessThan(SLACK);
		}
		finally {
			if (hangs) {
				server.thaw();
			}
			else {
				proxy.comeUp();
			}
		}
		Awaitility.await()
			.atMost(PATIENCE.multipliedBy(2))
			.untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
				.doesNotContain("kvsqlite-lease-dying", "kvsqlite-store-closer")
				.noneMatch((name) -> name.startsWith("kvsqlite-closer")));
	}

	private static Duration timeOf(Runnable close) {
		long start = System.nanoTime();
		close.run();
		return Duration.ofNanos(System.nanoTime() - start);
	}

	@Test
	void writeWhenTheServerDoesNotAnswerShouldBeIndeterminateInTime() {
		this.store.close();
		this.store = PostgresKvStore.builder(this.pool)
			.tablePrefix(this.tables.prefix())
			.timeout(Duration.ofSeconds(1))
			.build();
		// the second is for the write below, and may be too short for these on a busy
		// machine
		KvSession session = Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptionsInstanceOf(KvException.class)
			.until(() -> {
				KvSession opened = this.store.open("a", NO_KEYS).session();
				opened.write(new KvWrite().put(key("k"), key(Long.toString(opened.commit() + 1))));
				return opened;
			}, Objects::nonNull);
		server.freeze();
		try {
			long start = System.nanoTime();
			byte[] next = key(Long.toString(session.commit() + 1));
			assertThatExceptionOfType(KvIndeterminateException.class)
				.isThrownBy(() -> session.write(new KvWrite().put(key("k"), next)));
			// a server that does not answer would be waited for without end
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE);
		}
		finally {
			server.thaw();
		}
		KvOpening opened = Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptionsInstanceOf(KvUnavailableException.class)
			.until(() -> this.store.open("a", keys("k")), Objects::nonNull);
		assertValues(opened.values()).containsExactly(key(Long.toString(opened.session().commit())));
	}

	@Test
	void readAndWriteWhenTheServerLostCommitsShouldBeRefused() throws Exception {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(key("k"), key("1")));
		session.write(new KvWrite().put(key("k"), key("2")));
		KvSession other = this.store.open("b", NO_KEYS).session();
		other.write(new KvWrite().put(key("k"), key("1")));
		try (Connection connection = direct.getConnection();
				PreparedStatement statement = connection.prepareStatement(
						"UPDATE " + this.tables.prefix() + "actors SET commit_number = commit_number - 1")) {
			assertThat(statement.executeUpdate()).isEqualTo(2);
		}
		assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> read(session, "k"))
			.withMessageContaining("'a' is at commit 1 in PostgreSQL, but should be at 2");
		assertThatExceptionOfType(KvCorruptionException.class)
			.isThrownBy(() -> other.write(new KvWrite().put(key("k"), key("2"))))
			.withMessageContaining("'b' is at commit 0 in PostgreSQL, but should be at 1");
		assertThat(this.store.open("a", NO_KEYS).session().commit()).isEqualTo(1);
	}

	@Test
	void openWhenAnotherStoreOfTheSameNameHoldsTheActorShouldBeRefused() {
		this.store.open("a", NO_KEYS);
		try (PostgresKvStore namesake = store("first")) {
			assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> namesake.open("a", NO_KEYS));
		}
	}

	private long count(String table) {
		return number("SELECT count(*) FROM " + this.tables.prefix() + table);
	}

	private static long number(String sql) {
		try (Connection connection = direct.getConnection();
				PreparedStatement statement = connection.prepareStatement(sql);
				ResultSet row = statement.executeQuery()) {
			row.next();
			return row.getLong(1);
		}
		catch (SQLException ex) {
			throw new AssertionError(ex);
		}
	}

	private static @Nullable String read(KvSession session, String key) {
		byte[] value = session.read(keys(key))[0];
		return (value != null) ? new String(value, StandardCharsets.UTF_8) : null;
	}

	private static ListAssert<byte[]> assertValues(byte[] @Nullable [] values) {
		return assertThat(Arrays.asList(values));
	}

	private static byte[] key(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static byte[][] keys(String... texts) {
		byte[][] keys = new byte[texts.length][];
		for (int i = 0; i < texts.length; i++) {
			keys[i] = key(texts[i]);
		}
		return keys;
	}

}
