package io.kvsqlite.kv.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.TestPools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A {@link PostgresKvStore} on a server whose synchronous standby does not answer. A
 * server that is made to give up waiting for it has committed, and says so with a
 * warning: that is no success.
 */
@Tag("once")
@RequiresDocker
class PostgresReplicationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private static final byte[][] NO_KEYS = {};

	private static final byte[] KEY = "k".getBytes(StandardCharsets.UTF_8);

	private static final ServerContainer server = ServerContainer.postgresql();

	private static HikariDataSource pool;

	private TestTables tables;

	private PostgresKvStore store;

	@BeforeAll
	static void start() {
		server.start();
		pool = TestPools.pool(server, 8);
	}

	@AfterAll
	static void stop() {
		pool.close();
		server.stop();
	}

	@BeforeEach
	void open() {
		this.tables = new TestTables(pool);
		this.store = store(PATIENCE);
	}

	private PostgresKvStore store(Duration timeout) {
		return PostgresKvStore.builder(pool)
			.tablePrefix(this.tables.prefix())
			.leaseDuration(Duration.ofMinutes(5))
			.timeout(timeout)
			.build();
	}

	@AfterEach
	void close() throws Exception {
		replicate(true);
		this.store.close();
		this.tables.close();
	}

	/**
	 * Let commits wait for a standby that there is not, or for none.
	 */
	private static void replicate(boolean works) throws SQLException {
		run("ALTER SYSTEM SET synchronous_standby_names = '%s'".formatted(works ? "" : "away"));
		run("SELECT pg_reload_conf()");
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> works || number("SELECT count(*) FROM pg_settings "
					+ "WHERE name = 'synchronous_standby_names' AND setting = 'away'") == 1);
	}

	private static void run(String sql) throws SQLException {
		try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static long number(String sql) throws SQLException {
		try (Connection connection = pool.getConnection();
				Statement statement = connection.createStatement();
				var rows = statement.executeQuery(sql)) {
			rows.next();
			return rows.getLong(1);
		}
	}

	/**
	 * Have the server give up what waits for the standby.
	 */
	private static void giveUpWaiting(String function) {
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> number("SELECT count(%s(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
				.formatted(function)) > 0);
	}

	private static void assertIndeterminate(Runnable work, String function) throws Exception {
		replicate(false);
		CompletableFuture<Void> done = CompletableFuture
			.runAsync(() -> assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(work::run));
		giveUpWaiting(function);
		done.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
	}

	@ParameterizedTest
	@EnumSource
	void writeWhoseWaitIsCancelledShouldBeIndeterminate(PostgresFaultTests.Kind kind) throws Exception {
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(kind.write("1"));
		assertIndeterminate(() -> session.write(kind.write("2")), "pg_cancel_backend");
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> session.write(kind.write("3")));
		replicate(true);
		session.close();
		KvOpening opened = this.store.open("a", new byte[][] { KEY });
		assertThat(opened.session().commit()).isEqualTo(2);
	}

	@Test
	void deletionsWhoseWaitIsCancelledShouldBeIndeterminate() throws Exception {
		KvSession owned = this.store.open("owned", NO_KEYS).session();
		owned.write(new KvWrite().put(KEY, KEY));
		this.store.open("forced", NO_KEYS).session().write(new KvWrite().put(KEY, KEY));
		assertIndeterminate(owned::delete, "pg_cancel_backend");
		replicate(true);
		assertIndeterminate(() -> this.store.delete("forced", true), "pg_cancel_backend");
	}

	/**
	 * The store cancels it itself, when its time is up.
	 */
	@Test
	void openWhoseWaitIsCancelledShouldFailAndBeUndone() throws Exception {
		PostgresKvStore hasty = store(Duration.ofSeconds(1));
		try {
			hasty.open("another", NO_KEYS).session().write(new KvWrite().put(KEY, KEY));
			replicate(false);
			assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> hasty.open("a", NO_KEYS))
				.withMessageContaining("standby");
			replicate(true);
			Awaitility.await().atMost(PATIENCE).until(() -> {
				KvOwner owner = this.store.owner("a");
				return owner == null || owner.holder() == null;
			});
		}
		finally {
			replicate(true);
			hasty.close();
		}
	}

	/**
	 * The server ends the connection, and the commit can be seen. To see it does not mean
	 * that a standby has it.
	 */
	@Test
	void writeThatIsFoundAfterACutShouldWaitForTheStandbyToo() throws Exception {
		this.store.close();
		this.store = store(Duration.ofSeconds(3));
		KvSession session = this.store.open("a", NO_KEYS).session();
		session.write(new KvWrite().put(KEY, KEY));
		assertIndeterminate(() -> session.write(new KvWrite().put(KEY, new byte[2])), "pg_terminate_backend");
		replicate(true);
		session.close();
		KvSession again = this.store.open("a", NO_KEYS).session();
		assertThat(again.commit()).isEqualTo(2);
	}

}
