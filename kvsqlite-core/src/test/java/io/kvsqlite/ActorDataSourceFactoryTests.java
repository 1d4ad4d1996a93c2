package io.kvsqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.MemoryKvStore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for {@link ActorDataSourceFactory}.
 */
class ActorDataSourceFactoryTests {

	private final MemoryKvStore store = new MemoryKvStore();

	private final List<AutoCloseable> opened = new ArrayList<>();

	private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();

	@AfterEach
	void closeAll() throws Exception {
		for (AutoCloseable closeable : this.opened) {
			closeable.close();
		}
	}

	private ActorDataSourceFactory.Builder builder() {
		return ActorDataSourceFactory.builder(this.store)
			.connectionTimeout(Duration.ofMinutes(1))
			.listener(new ActorListener() {

				@Override
				public void actorOpened(String actorId, long nanos, boolean created) {
					ActorDataSourceFactoryTests.this.events.add((created ? "created " : "opened ") + actorId);
				}

				@Override
				public void actorClosed(String actorId, CloseReason reason) {
					ActorDataSourceFactoryTests.this.events.add("closed " + actorId + " " + reason);
				}

				@Override
				public void actorOpenFailed(String actorId, long nanos, Throwable failure) {
					ActorDataSourceFactoryTests.this.events.add("failed " + actorId);
				}

			});
	}

	private ActorDataSourceFactory factory(ActorDataSourceFactory.Builder builder) {
		ActorDataSourceFactory factory = builder.build();
		this.opened.add(factory);
		return factory;
	}

	private static void execute(DataSource dataSource, String sql) throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	private static long number(DataSource dataSource, String sql) throws SQLException {
		try (Connection connection = dataSource.getConnection();
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(sql)) {
			rows.next();
			return rows.getLong(1);
		}
	}

	@Test
	void connectionShouldHaveEverySetting() throws Exception {
		ActorDataSourceFactory factory = factory(
				builder().cacheSize(100 * 1024).pragma("foreign_keys", "ON").pragma("recursive_triggers", "1"));
		try (Connection connection = factory.dataSource("a").getConnection();
				Statement statement = connection.createStatement()) {
			assertThat(pragma(statement, "locking_mode")).isEqualTo("exclusive");
			assertThat(pragma(statement, "temp_store")).isEqualTo("2");
			assertThat(pragma(statement, "synchronous")).isEqualTo("2");
			assertThat(pragma(statement, "cache_size")).isEqualTo("-100");
			assertThat(pragma(statement, "foreign_keys")).isEqualTo("1");
			assertThat(pragma(statement, "recursive_triggers")).isEqualTo("1");
		}
	}

	private static String pragma(Statement statement, String name) throws SQLException {
		try (ResultSet rows = statement.executeQuery("PRAGMA " + name)) {
			rows.next();
			return rows.getString(1);
		}
	}

	@Test
	void dataSourceShouldTouchNothingUntilAConnectionIsAskedFor() throws SQLException {
		ActorDataSourceFactory factory = factory(builder());
		DataSource dataSource = factory.dataSource("a");
		assertThat(this.store.owner("a")).isNull();
		execute(dataSource, "CREATE TABLE t (x)");
		assertThat(this.store.owner("a")).isNotNull();
		assertThat(this.events).containsExactly("created a");
	}

	@Test
	void dataSourceShouldReopenTheActorAfterItWasClosed() throws SQLException {
		ActorDataSourceFactory factory = factory(builder());
		DataSource dataSource = factory.dataSource("a");
		execute(dataSource, "CREATE TABLE t AS SELECT 42 AS x");
		assertThat(factory.close("a")).isTrue();
		assertThat(factory.close("a")).isFalse();
		assertThat(number(dataSource, "SELECT x FROM t")).isEqualTo(42);
		assertThat(this.events).containsExactly("created a", "closed a REQUESTED", "opened a");
	}

	@Test
	void dataSourcesOfTheSameActorShouldBeEqual() {
		ActorDataSourceFactory factory = factory(builder());
		assertThat(factory.dataSource("a")).isEqualTo(factory.dataSource("a"))
			.hasSameHashCodeAs(factory.dataSource("a"))
			.isNotEqualTo(factory.dataSource("b"))
			.isNotEqualTo(factory(builder()).dataSource("a"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\ud800" })
	void dataSourceWhenActorIdIsNotValidShouldSayWhatIsAllowed(String actorId) {
		assertThatIllegalArgumentException().isThrownBy(() -> factory(builder()).dataSource(actorId))
			.withMessageContaining("ctor id");
	}

	@Test
	void dataSourceWhenActorIdIsTooLongShouldSayHowLongItMayBe() {
		assertThatIllegalArgumentException().isThrownBy(() -> factory(builder()).dataSource("x".repeat(257)))
			.withMessageContaining("at most 256");
		assertThat(factory(builder()).dataSource("x".repeat(256))).isNotNull();
	}

	@Test
	void actorsWithSimilarIdsShouldNotTouchEachOther() throws SQLException {
		ActorDataSourceFactory factory = factory(builder());
		List<String> ids = List.of("a", "ab", "1", "10", "11", "a/b", "a?b", "a#b", "a%b", "a\0b", "\ud83d\ude00",
				"../a", "a&vfs=unix");
		for (int i = 0; i < ids.size(); i++) {
			execute(factory.dataSource(ids.get(i)), "CREATE TABLE t AS SELECT " + i + " AS x");
		}
		factory.close("1");
		factory.closeForcibly("a");
		assertThat(factory.openActors()).isEqualTo(ids.size() - 2);
		for (int i = 0; i < ids.size(); i++) {
			assertThat(number(factory.dataSource(ids.get(i)), "SELECT x FROM t")).isEqualTo(i);
		}
	}

	@Test
	void getConnectionWhenInUseShouldNameWhoHasItAndForHowLong() throws SQLException {
		ActorDataSourceFactory factory = factory(builder().connectionTimeout(Duration.ofMillis(50)));
		DataSource dataSource = factory.dataSource("a");
		try (Connection connection = dataSource.getConnection()) {
			assertThat(connection.isValid(1)).isTrue();
			assertThatThrownBy(dataSource::getConnection).isInstanceOf(SQLTransientConnectionException.class)
				.hasMessageContaining("actor 'a'")
				.hasMessageContaining("50 ms")
				.hasMessageContaining(Thread.currentThread().getName())
				.hasMessageContaining("this very thread");
		}
		assertThat(number(dataSource, "SELECT 1")).isEqualTo(1);
	}

	@Test
	void getConnectionWhenAllPlacesAreInUseShouldSayHowManyThereAre() throws SQLException {
		ActorDataSourceFactory factory = factory(builder().maxOpenActors(2).connectionTimeout(Duration.ofMillis(50)));
		try (Connection a = factory.dataSource("a").getConnection();
				Connection b = factory.dataSource("b").getConnection()) {
			assertThat(a).isNotSameAs(b);
			assertThatThrownBy(() -> factory.dataSource("c").getConnection())
				.isInstanceOf(SQLTransientConnectionException.class)
				.hasMessageContaining("actor 'c'")
				.hasMessageContaining("all 2 actors");
		}
		assertThat(number(factory.dataSource("c"), "SELECT 3")).isEqualTo(3);
	}

	@Test
	void getConnectionShouldEvictTheLeastRecentlyUsedAndNeverOneInUse() throws SQLException {
		ActorDataSourceFactory factory = factory(builder().maxOpenActors(3));
		try (Connection a = factory.dataSource("a").getConnection()) {
			assertThat(a.isClosed()).isFalse();
			number(factory.dataSource("b"), "SELECT 1");
			number(factory.dataSource("c"), "SELECT 1");
			number(factory.dataSource("b"), "SELECT 1");
			number(factory.dataSource("d"), "SELECT 1");
			assertThat(factory.openActors(null, 10)).extracting(ActorStatus::actorId).containsExactly("a", "b", "d");
		}
		assertThat(this.events).contains("closed c EVICTED").doesNotContain("closed a EVICTED", "closed b EVICTED");
	}

	@Test
	void idleActorShouldBeClosedAfterTheTimeout() throws SQLException {
		ActorDataSourceFactory factory = factory(builder().idleTimeout(Duration.ofMillis(50)));
		number(factory.dataSource("a"), "SELECT 1");
		// the listener hears of it after the actor has ceased to count as open
		Awaitility.await()
			.atMost(Duration.ofMinutes(1))
			.untilAsserted(() -> assertThat(this.events).containsExactly("created a", "closed a IDLE"));
		assertThat(factory.openActors()).isZero();
	}

	@Test
	void closeOfConnectionShouldRollBackWhatWasLeftOpen() throws SQLException {
		ActorDataSourceFactory factory = factory(builder());
		DataSource dataSource = factory.dataSource("a");
		execute(dataSource, "CREATE TABLE t (x)");
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.executeUpdate("INSERT INTO t VALUES (1)");
		}
		assertThat(number(dataSource, "SELECT count(*) FROM t")).isZero();
	}

	@Test
	void closeForciblyShouldFailWhoeverUsesItAndLetTheNextOneIn() throws SQLException {
		ActorDataSourceFactory factory = factory(builder());
		DataSource dataSource = factory.dataSource("a");
		execute(dataSource, "CREATE TABLE t (x)");
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.executeUpdate("INSERT INTO t VALUES (1)");
			assertThat(factory.closeForcibly("a")).isTrue();
			assertThat(number(dataSource, "SELECT count(*) FROM t")).isZero();
			assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO t VALUES (2)"))
				.isInstanceOf(SQLException.class)
				.hasMessageContaining("closed by force")
				.hasMessageContaining("'a'");
		}
		assertThat(number(dataSource, "SELECT count(*) FROM t")).isZero();
		assertThat(factory.openActors()).isEqualTo(1);
	}

	@Test
	void deleteShouldRefuseAnActorInUseUnlessForced() throws SQLException {
		ActorDataSourceFactory factory = factory(builder());
		DataSource dataSource = factory.dataSource("a");
		execute(dataSource, "CREATE TABLE t (x)");
		try (Connection connection = dataSource.getConnection()) {
			assertThatThrownBy(() -> factory.delete("a", false)).isInstanceOf(KvActorOwnedException.class);
			assertThat(connection.isValid(1)).isTrue();
		}
		assertThat(factory.delete("a", false)).isTrue();
		assertThat(factory.delete("a", false)).isFalse();
		assertThat(this.store.size("a").keys()).isZero();
		try (Connection connection = dataSource.getConnection()) {
			assertThat(factory.delete("a", true)).isTrue();
			assertThatThrownBy(() -> connection.createStatement().executeUpdate("CREATE TABLE u (x)"))
				.isInstanceOf(SQLException.class);
		}
		assertThat(factory.store().actors("", null, 10).actorIds()).isEmpty();
	}

	@Test
	void stopShouldCloseAllAndStartShouldLetThemOpenAgain() throws SQLException {
		ActorDataSourceFactory factory = factory(builder().closeTimeout(Duration.ofMillis(50)));
		execute(factory.dataSource("a"), "CREATE TABLE t AS SELECT 1 AS x");
		Connection used = factory.dataSource("b").getConnection();
		factory.stop();
		assertThatThrownBy(() -> used.createStatement().execute("CREATE TABLE t (x)"))
			.hasMessageContaining("closed by force");
		used.close();
		assertThat(factory.openActors()).isZero();
		assertThatThrownBy(() -> factory.dataSource("a").getConnection()).hasMessageContaining("stopped");
		factory.start();
		assertThat(number(factory.dataSource("a"), "SELECT x FROM t")).isEqualTo(1);
		factory.close();
		factory.close();
		assertThatThrownBy(() -> factory.dataSource("a").getConnection()).hasMessageContaining("closed");
		assertThat(this.store.owner("a")).satisfies((owner) -> assertThat(owner.holder()).isNull());
	}

	@Test
	void initializerShouldRunOnEachOpenBeforeAnyoneElse() throws SQLException {
		AtomicInteger runs = new AtomicInteger();
		ActorDataSourceFactory factory = factory(builder().initializer((actorId, connection) -> {
			runs.incrementAndGet();
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate("CREATE TABLE IF NOT EXISTS t (x)");
			}
		}));
		execute(factory.dataSource("a"), "INSERT INTO t VALUES (1)");
		number(factory.dataSource("a"), "SELECT count(*) FROM t");
		assertThat(runs).hasValue(1);
		factory.close("a");
		assertThat(number(factory.dataSource("a"), "SELECT count(*) FROM t")).isEqualTo(1);
		assertThat(runs).hasValue(2);
	}

	@Test
	void initializerThatFailsShouldLeaveTheActorClosed() throws SQLException {
		AtomicInteger runs = new AtomicInteger();
		ActorDataSourceFactory factory = factory(builder().maxOpenActors(1).initializer((actorId, connection) -> {
			connection.setAutoCommit(false);
			connection.createStatement().executeUpdate("CREATE TABLE t (x)");
			if (runs.incrementAndGet() == 1) {
				throw new IllegalStateException("no migration today");
			}
			connection.commit();
		}));
		assertThatThrownBy(() -> factory.dataSource("a").getConnection()).isInstanceOf(SQLException.class)
			.hasMessageContaining("'a'")
			.hasMessageContaining("no migration today")
			.hasCauseInstanceOf(IllegalStateException.class);
		assertThat(factory.openActors()).isZero();
		assertThat(number(factory.dataSource("a"), "SELECT count(*) FROM t")).isZero();
		assertThat(this.events).containsExactly("failed a", "opened a");
	}

	@Test
	void manyThreadsShouldShareManyActorsThroughEvictions() throws Exception {
		ActorDataSourceFactory factory = factory(builder().maxOpenActors(8));
		int actors = 40;
		AtomicInteger[] written = new AtomicInteger[actors];
		for (int i = 0; i < actors; i++) {
			written[i] = new AtomicInteger();
			execute(factory.dataSource("actor-" + i), "CREATE TABLE t (x INTEGER)");
		}
		int threads = 32;
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		CountDownLatch start = new CountDownLatch(1);
		List<Future<?>> futures = new ArrayList<>();
		for (int t = 0; t < threads; t++) {
			futures.add(executor.submit(() -> {
				start.await();
				for (int i = 0; i < 100; i++) {
					int actor = ThreadLocalRandom.current().nextInt(actors);
					try (Connection connection = factory.dataSource("actor-" + actor).getConnection();
							PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
						statement.setInt(1, i);
						statement.executeUpdate();
						written[actor].incrementAndGet();
					}
				}
				return null;
			}));
		}
		start.countDown();
		for (Future<?> future : futures) {
			future.get(3, TimeUnit.MINUTES);
		}
		executor.shutdown();
		for (int i = 0; i < actors; i++) {
			assertThat(number(factory.dataSource("actor-" + i), "SELECT count(*) FROM t")).isEqualTo(written[i].get());
		}
		assertThat(factory.openActors()).isLessThanOrEqualTo(8);
		assertThat(factory.activeConnections()).isZero();
		assertThat(factory.waitingThreads()).isZero();
	}

}
