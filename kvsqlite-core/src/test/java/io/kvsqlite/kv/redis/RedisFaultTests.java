package io.kvsqlite.kv.redis;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandType;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvStoreFullException;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.testing.CuttingProxy;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What a {@link RedisKvStore} makes of a network and a server that fail.
 */
@RequiresDocker
@Tag("once")
class RedisFaultTests {

	private static final byte[][] NO_KEYS = {};

	/**
	 * How long to wait for what comes for certain, on a machine however busy.
	 */
	private static final Duration PATIENCE = Duration.ofMinutes(1);

	/**
	 * What a busy machine may take longer.
	 */
	private static final Duration SLACK = Duration.ofSeconds(4);

	/**
	 * For calls that are to run out of time. It is long enough for a busy machine to make
	 * those that are not.
	 */
	private static final Duration SHORT = Duration.ofSeconds(5);

	/**
	 * How often to make a call again of which nobody answered the last attempt.
	 */
	private static final int MOST_CUT_SHORT = 5;

	private static final AtomicInteger tests = new AtomicInteger();

	private static final ServerContainer redis = ServerContainer.redis("--appendonly", "yes", "--appendfsync", "always",
			"--enable-debug-command", "yes", "--enable-protected-configs", "yes");

	private static RedisClient client;

	private static StatefulRedisConnection<String, String> connection;

	private static RedisCommands<String, String> commands;

	private final String keyPrefix = "fault-" + tests.incrementAndGet() + ":";

	private final List<AutoCloseable> closeables = new ArrayList<>();

	private CuttingProxy proxy;

	@BeforeAll
	static void startRedis() {
		redis.start();
		client = RedisClient.create(RedisURI.create(redis.getHost(), redis.port()));
		connection = client.connect();
		commands = connection.sync();
	}

	@AfterAll
	static void stopRedis() {
		client.shutdown();
		redis.close();
	}

	@BeforeEach
	void startProxy() throws IOException {
		this.proxy = closeAfterTest(new CuttingProxy(redis.getHost(), redis.port()));
	}

	@AfterEach
	void closeAll() throws Exception {
		Collections.reverse(this.closeables);
		for (AutoCloseable closeable : this.closeables) {
			closeable.close();
		}
	}

	// The network

	@Test
	void writeThatWasCutOffBeforeItArrivedShouldBeRepeated() throws Exception {
		KvSession session = open(proxied("one", PATIENCE), "a");
		write(session, "1");
		CuttingProxy.Fault fault = this.proxy.cutBefore(CuttingProxy.containing("second-value"));
		write(session, "second-value");
		assertThat(fault.hasStruck()).isTrue();
		assertThat(session.commit()).isEqualTo(2);
		assertThat(read(session)).isEqualTo("second-value");
	}

	@Test
	void writeWhoseAnswerWasCutOffShouldCountOnce() throws Exception {
		KvSession session = open(proxied("one", PATIENCE), "a");
		write(session, "1");
		CuttingProxy.Fault fault = this.proxy.cutAfter(CuttingProxy.containing("second-value"));
		write(session, "second-value");
		assertThat(fault.hasStruck()).isTrue();
		assertThat(session.commit()).isEqualTo(2);
		write(session, "3");
		assertThat(session.commit()).isEqualTo(3);
		assertThat(direct("two").owner("a")).extracting(KvOwner::commit).isEqualTo(3L);
	}

	@Test
	void openWhoseAnswerWasCutOffShouldTakeOneEpoch() throws Exception {
		RedisKvStore store = proxied("one", PATIENCE);
		KvSession earlier = open(store, "a");
		write(earlier, "1");
		CuttingProxy.Fault fault = this.proxy.cutAfter(CuttingProxy.containing("owner:a"));
		KvSession session = open(store, "a");
		assertThat(fault.hasStruck()).isTrue();
		assertThat(session.epoch()).isEqualTo(earlier.epoch() + 1);
		write(session, "2");
		assertThat(read(session)).isEqualTo("2");
	}

	@Test
	void readWhoseAnswerWasCutOffShouldBeRepeated() throws Exception {
		KvSession session = open(proxied("one", PATIENCE), "a");
		write(session, "1");
		CuttingProxy.Fault fault = this.proxy.cutAfter(CuttingProxy.containing("owner:a"));
		assertThat(read(session)).isEqualTo("1");
		assertThat(fault.hasStruck()).isTrue();
	}

	@Test
	void writeThatComesLateShouldBeRefusedOnceTheActorWasOpenedAgain() throws Exception {
		RedisKvStore store = proxied("one", SHORT);
		KvSession session = open(store, "a");
		write(session, "1");
		CuttingProxy.Fault fault = this.proxy.hold(CuttingProxy.containing("late-value"));
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(() -> write(session, "late-value"));
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> read(session));
		KvSession again = open(store, "a");
		assertThat(again.epoch()).isEqualTo(session.epoch() + 1);
		assertThat(again.commit()).isEqualTo(1);
		assertThat(fault.letGo()).isTrue();
		assertThat(read(again)).isEqualTo("1");
		write(again, "2");
		assertThat(read(again)).isEqualTo("2");
		assertThat(direct("two").owner("a")).extracting(KvOwner::commit).isEqualTo(2L);
	}

	@Test
	void writeThatComesLateShouldBeRefusedOnceTheActorWasTakenOver() throws Exception {
		RedisKvStore store = proxied("one", SHORT);
		RedisKvStore other = direct("two");
		KvSession session = open(store, "a");
		write(session, "1");
		CuttingProxy.Fault fault = this.proxy.hold(CuttingProxy.containing("late-value"));
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(() -> write(session, "late-value"));
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> open(other, "a"));
		store.endLease();
		KvSession taken = open(other, "a");
		write(taken, "2");
		assertThat(fault.letGo()).isTrue();
		assertThat(read(taken)).isEqualTo("2");
		assertThat(taken.commit()).isEqualTo(2);
		assertThat(other.owner("a")).extracting(KvOwner::commit).isEqualTo(2L);
	}

	@Test
	void writeThatArrivedWithoutAnAnswerInTimeShouldBeFoundByOpening() {
		RedisKvStore store = direct("one", SHORT);
		KvSession session = open(store, "a");
		write(session, "1");
		redis.freeze();
		try {
			assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(() -> write(session, "2"))
				.withMessageContaining("actor 'a'");
		}
		finally {
			redis.thaw();
		}
		awaitAnswer(store);
		KvSession again = open(store, "a");
		assertThat(again.epoch()).isEqualTo(session.epoch() + 1);
		assertThat(again.commit()).isEqualTo(2);
		assertThat(read(again)).isEqualTo("2");
	}

	@Test
	void deleteByTheOwnerThatWasCutOffBeforeItArrivedShouldBeRepeated() throws Exception {
		RedisKvStore store = proxied("one", PATIENCE);
		KvSession session = open(store, "a");
		write(session, "1");
		CuttingProxy.Fault fault = this.proxy.cutBefore(CuttingProxy.containing("owner:a"));
		session.delete();
		assertThat(fault.hasStruck()).isTrue();
		assertThat(store.owner("a")).isNull();
		assertThat(store.size("a")).isEqualTo(new KvSize(0, 0));
	}

	@Test
	void deleteByTheOwnerWhoseAnswerWasCutOffShouldBeDone() throws Exception {
		RedisKvStore store = proxied("one", PATIENCE);
		KvSession session = open(store, "a");
		write(session, "1");
		CuttingProxy.Fault fault = this.proxy.cutAfter(CuttingProxy.containing("owner:a"));
		session.delete();
		assertThat(fault.hasStruck()).isTrue();
		assertThat(store.owner("a")).isNull();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(session));
		assertThat(open(store, "a").epoch()).isGreaterThan(session.epoch());
	}

	/**
	 * The first attempt may have been run, and by the second somebody else has the actor:
	 * the same, or one that came after it.
	 */
	@Test
	void deleteByTheOwnerThatFindsAnotherOwnerAtItsSecondAttemptShouldBeIndeterminate() throws Exception {
		RedisKvStore store = proxied("one", Duration.ofMinutes(1));
		RedisKvStore other = direct("two");
		KvSession session = open(store, "a");
		write(session, "1");
		CuttingProxy.Fault fault = this.proxy.cutBefore((bytes) -> {
			if (!CuttingProxy.containing("owner:a").test(bytes)) {
				return false;
			}
			other.delete("a", true);
			write(open(other, "a"), "2");
			return true;
		});
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(session::delete)
			.withMessageContaining("another owner");
		assertThat(fault.hasStruck()).isTrue();
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(session::delete);
		session.close();
		KvOwner owner = other.owner("a");
		assertThat(owner).isNotNull();
		assertThat(owner.holder()).isEqualTo("two");
		assertThat(owner.commit()).isEqualTo(1);
	}

	@Test
	void deleteByTheOwnerThatComesLateShouldBeRefusedOnceTheActorWasTakenOver() throws Exception {
		RedisKvStore store = proxied("one", SHORT);
		RedisKvStore other = direct("two");
		KvSession session = open(store, "a");
		write(session, "1");
		CuttingProxy.Fault fault = this.proxy.hold(CuttingProxy.containing("owner:a"));
		assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(session::delete)
			.withMessageContaining("actor 'a'");
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> read(session));
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(session::delete);
		store.endLease();
		KvSession taken = open(other, "a");
		write(taken, "2");
		assertThat(fault.letGo()).isTrue();
		assertThat(read(taken)).isEqualTo("2");
		assertThat(other.owner("a")).extracting(KvOwner::commit).isEqualTo(2L);
	}

	@Test
	void deleteByTheOwnerThatArrivedWithoutAnAnswerInTimeShouldBeFoundByOpening() {
		RedisKvStore store = direct("one", SHORT);
		// a server that did not know the script would ask for it, and nobody be there to
		// answer
		open(store, "b").delete();
		KvSession session = open(store, "a");
		write(session, "1");
		redis.freeze();
		try {
			assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(session::delete)
				.withMessageContaining("actor 'a'");
		}
		finally {
			redis.thaw();
		}
		awaitAnswer(store);
		KvSession again = open(store, "a");
		assertThat(again.epoch()).isGreaterThan(session.epoch());
		assertThat(again.commit()).isZero();
		assertThat(read(again)).isNull();
	}

	@Test
	void writeWithoutAConnectionShouldBeDefinite() throws Exception {
		RedisKvStore store = proxied("one", SHORT);
		KvSession session = open(store, "a");
		write(session, "1");
		this.proxy.refuse();
		// until it was noticed that the connection is gone, a write may have left by it
		Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptions()
			.untilAsserted(() -> assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(store::ping));
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> write(session, "2"))
			.withMessageContaining("write to actor 'a'");
		assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(() -> read(session));
		assertThat(direct("two").owner("a")).extracting(KvOwner::commit).isEqualTo(1L);
		this.proxy.admit();
		awaitAnswer(store);
		assertThat(read(session)).isEqualTo("1");
		write(session, "2");
		assertThat(read(session)).isEqualTo("2");
	}

	@Test
	void outageThatIsOverInTimeShouldGoUnnoticed() throws Exception {
		KvSession session = open(proxied("one", Duration.ofMinutes(2)), "a");
		write(session, "1");
		this.proxy.refuse();
		CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(session, "2"));
		Awaitility.await().atMost(PATIENCE).pollDelay(Duration.ofSeconds(1)).until(() -> true);
		assertThat(writing).isNotDone();
		this.proxy.admit();
		writing.get();
		assertThat(session.commit()).isEqualTo(2);
		assertThat(read(session)).isEqualTo("2");
	}

	@Test
	void closeThatDidNotGetThroughShouldBeMadeUpFor() throws Exception {
		RedisKvStore store = closeAfterTest(
				builder(this.proxy.port(), "one").timeout(SHORT).leaseDuration(Duration.ofMillis(900)).build());
		awaitAnswer(store);
		KvSession session = open(store, "a");
		write(session, "1");
		this.proxy.refuse();
		session.close();
		RedisKvStore other = direct("two");
		this.proxy.admit();
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
			KvOwner owner = other.owner("a");
			assertThat(owner).isNotNull();
			assertThat(owner.holder()).isNull();
		});
		store.ping();
		assertThat(open(other, "a").commit()).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void closeOfActorsAndStoreWhenTheServerIsDeadShouldEndInTime(boolean hangs) throws Exception {
		RedisKvStore store = proxied("dying", Duration.ofSeconds(2));
		ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store)
			.closeTimeout(Duration.ofSeconds(1))
			.build();
		for (int i = 0; i < 10; i++) {
			try (Connection actor = factory.dataSource("actor-" + i).getConnection();
					Statement statement = actor.createStatement()) {
				statement.executeUpdate("CREATE TABLE t (x)");
			}
		}
		if (hangs) {
			redis.freeze();
		}
		else {
			this.proxy.refuse();
		}
		try {
			assertThat(timeOf(factory::close)).isLessThan(Duration.ofSeconds(1).plus(SLACK));
			assertThat(timeOf(store::close)).isLessThan(Duration.ofSeconds(2).plus(SLACK));
			assertThat(timeOf(store::close)).isLessThan(SLACK);
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
					.doesNotContain("kvsqlite-lease-dying", "kvsqlite-store-closer")
					.noneMatch((name) -> name.startsWith("kvsqlite-closer")));
		}
		finally {
			if (hangs) {
				redis.thaw();
			}
		}
	}

	private static Duration timeOf(Runnable close) {
		long start = System.nanoTime();
		close.run();
		return Duration.ofNanos(System.nanoTime() - start);
	}

	@Test
	void ownerThatWasCutOffPastItsLeaseShouldKeepWhatNoOneTook() throws Exception {
		RedisKvStore store = closeAfterTest(
				builder(this.proxy.port(), "one").timeout(SHORT).leaseDuration(Duration.ofSeconds(15)).build());
		awaitAnswer(store);
		RedisKvStore other = direct("two");
		KvSession kept = open(store, "kept");
		KvSession taken = open(store, "taken");
		write(kept, "1");
		write(taken, "1");
		this.proxy.refuse();
		// What is left of it runs out at once: a lease so short that one could wait for
		// its
		// end might end once more before the last assertion.
		commands.pexpire(new String(new RedisKeys(this.keyPrefix).lease(store.lease().id()), StandardCharsets.UTF_8),
				1);
		Awaitility.await().atMost(PATIENCE).until(() -> !other.owner("taken").live());
		KvSession takenOver = open(other, "taken");
		this.proxy.admit();
		Awaitility.await().atMost(PATIENCE).until(() -> other.owner("kept").live());
		awaitAnswer(store);
		write(kept, "2");
		assertThat(kept.commit()).isEqualTo(2);
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(taken, "2"));
		assertThat(read(takenOver)).isEqualTo("1");
		assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> open(other, "kept"));
	}

	// The server

	@Test
	void scriptThatWasForgottenShouldBeSentAlong() {
		KvSession session = open(direct("one"), "a");
		write(session, "1");
		commands.scriptFlush();
		write(session, "2");
		commands.scriptFlush();
		assertThat(read(session)).isEqualTo("2");
		assertThat(session.commit()).isEqualTo(2);
	}

	@Test
	void writeWhenTheServerIsOutOfMemoryShouldLeaveEverythingAsItWas() {
		RedisKvStore store = direct("one");
		KvSession session = open(store, "a");
		session.write(new KvWrite().put(key("k"), key("1")).put(key("k2"), key("1")));
		KvSession doomed = open(store, "doomed");
		write(doomed, "1");
		KvSession deleted = open(store, "deleted");
		write(deleted, "1");
		commands.configSet("maxmemory", "1");
		try {
			assertThatExceptionOfType(KvStoreFullException.class).isThrownBy(() -> session
				.write(new KvWrite().delete(key("k2")).deleteRange(key("a"), key("b")).put(key("k"), key("2"))));
			assertThatExceptionOfType(KvStoreFullException.class).isThrownBy(() -> write(session, "2"));
			assertThatExceptionOfType(KvStoreFullException.class)
				.isThrownBy(() -> session.write(new KvWrite().put(key("k3"), key("2"))));
			assertThat(read(session)).isEqualTo("1");
			assertThat(session.commit()).isEqualTo(1);
			assertThat(store.size("a")).isEqualTo(new KvSize(2, 5));
			assertThat(store.delete("doomed", true)).isTrue();
			deleted.delete();
			assertThat(store.owner("deleted")).isNull();
		}
		finally {
			commands.configSet("maxmemory", "0");
		}
		write(session, "2");
		assertThat(session.commit()).isEqualTo(2);
	}

	/**
	 * Nobody takes the actors of an owner that lives, though Redis has no memory even for
	 * the name of a new one; and the owner goes on as soon as it has.
	 */
	@Test
	void leaseShouldOutlastAServerThatIsOutOfMemory() throws InterruptedException {
		Duration lease = Duration.ofMillis(1200);
		RedisKvStore store = closeAfterTest(builder(redis.port(), "one").leaseDuration(lease).build());
		RedisKvStore other = direct("two");
		KvSession session = open(store, "a");
		write(session, "1");
		open(other, "another");
		commands.configSet("maxmemory", "1");
		try {
			for (int i = 0; i < 5; i++) {
				Thread.sleep(lease.toMillis() / 2);
				assertThat(read(session)).isEqualTo("1");
				assertThat(other.owner("a")).isNotNull().returns(true, KvOwner::live);
				assertThatExceptionOfType(KvActorOwnedException.class).isThrownBy(() -> open(other, "a"));
			}
		}
		finally {
			commands.configSet("maxmemory", "0");
		}
		write(session, "2");
		assertThat(read(session)).isEqualTo("2");
	}

	/**
	 * Return whether the machine was too busy for the last of a call's attempts. A call
	 * repeats what the server refuses for now until its time is up, and if nobody answers
	 * the last attempt, then that is the reason it gives, and not the server's.
	 */
	private static boolean wasCutShort(@Nullable Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof TimeoutException) {
				return true;
			}
		}
		return false;
	}

	private static @Nullable Throwable failureOfOpen(RedisKvStore store) {
		Throwable failure = catchThrowable(() -> open(store, "a"));
		for (int tries = 1; wasCutShort(failure) && tries < MOST_CUT_SHORT; tries++) {
			failure = catchThrowable(() -> open(store, "a"));
		}
		return failure;
	}

	@Test
	void writeWhenTheServerIsAReplicaShouldBeDefinite() {
		RedisKvStore store = direct("one", SHORT);
		KvSession session;
		Throwable failure;
		Throwable deletion;
		int tries = 0;
		do {
			KvSession writing = open(store, "a");
			write(writing, "1");
			commands.replicaof("127.0.0.1", 1);
			try {
				failure = catchThrowable(() -> write(writing, "2"));
				deletion = catchThrowable(writing::delete);
			}
			finally {
				commands.replicaofNoOne();
			}
			session = writing;
		}
		while ((wasCutShort(failure) || wasCutShort(deletion)) && ++tries < MOST_CUT_SHORT);
		assertThat(failure).isInstanceOf(KvUnavailableException.class).hasMessageContaining("READONLY");
		assertThat(deletion).isInstanceOf(KvUnavailableException.class).hasMessageContaining("READONLY");
		long commit = session.commit();
		write(session, "2");
		assertThat(session.commit()).isEqualTo(commit + 1);
	}

	@Test
	void writeWhenTheServerCannotPersistShouldBeDefinite() {
		RedisKvStore store = direct("one");
		KvSession session = open(store, "a");
		write(session, "1");
		String directory = commands.configGet("dir").get("dir");
		commands.configSet("save", "3600 1");
		commands.configSet("dir", "/proc");
		try {
			saveUntil("err");
			assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> write(session, "2"))
				.withMessageContaining("MISCONF");
			assertThat(read(session)).isEqualTo("1");
		}
		finally {
			commands.configSet("dir", directory);
			commands.configSet("save", "");
			saveUntil("ok");
		}
		write(session, "2");
		assertThat(session.commit()).isEqualTo(2);
	}

	/**
	 * Let the server save until that ends as wanted. It refuses to begin while another
	 * save or a rewrite of the append-only file is under way, which may begin by itself.
	 */
	private static void saveUntil(String status) {
		Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptionsInstanceOf(RedisCommandExecutionException.class)
			.until(() -> {
				String state = commands.info("persistence");
				if (state.contains("rdb_bgsave_in_progress:1")) {
					return false;
				}
				if (state.contains("rdb_last_bgsave_status:" + status)) {
					return true;
				}
				commands.bgsave();
				return false;
			});
	}

	@Test
	void writeWhileAScriptHoldsTheServerShouldBeDefinite() throws Exception {
		RedisKvStore store = direct("one", SHORT);
		KvSession session;
		Throwable failure;
		int tries = 0;
		do {
			KvSession writing = open(store, "a");
			write(writing, "1");
			failure = failureWhileAScriptHoldsTheServer(() -> write(writing, "2"));
			session = writing;
		}
		while (wasCutShort(failure) && ++tries < MOST_CUT_SHORT);
		assertThat(failure).isInstanceOf(KvUnavailableException.class).hasMessageContaining("BUSY");
		long commit = session.commit();
		write(session, "2");
		assertThat(session.commit()).isEqualTo(commit + 1);
	}

	private static @Nullable Throwable failureWhileAScriptHoldsTheServer(ThrowingCallable call) {
		commands.configSet("busy-reply-threshold", "50");
		try (StatefulRedisConnection<String, String> busy = client.connect()) {
			busy.async().eval("while true do end", ScriptOutputType.STATUS);
			Awaitility.await()
				.atMost(PATIENCE)
				.ignoreExceptions()
				.untilAsserted(() -> assertThatExceptionOfType(RedisBusyException.class).isThrownBy(commands::ping));
			return catchThrowable(call);
		}
		finally {
			commands.scriptKill();
			Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> {
				commands.configSet("busy-reply-threshold", "5000");
				return true;
			});
		}
	}

	@Test
	void acknowledgedCommitsThatTheServerLostShouldBeNoticed() {
		RedisKvStore store = direct("one");
		KvSession session = open(store, "a");
		write(session, "1");
		String owner = new String(new RedisKeys(this.keyPrefix).actor(key("a")).owner(), StandardCharsets.UTF_8);
		String first = commands.hget(owner, "commit");
		write(session, "2");
		write(session, "3");
		commands.hset(owner, "commit", first);
		assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> read(session))
			.withMessageContaining("'a'")
			.withMessageContaining("number 3")
			.withMessageContaining("knows of 1");
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> write(session, "4"));
		KvSession again = open(store, "a");
		assertThat(again.commit()).isEqualTo(1);
		write(again, "4");
		assertThat(again.commit()).isEqualTo(2);
	}

	@Test
	void epochThatComesBackAfterTheServerLostDataShouldNotLetTheEarlierOwnerIn() {
		RedisKvStore store = direct("one");
		RedisKvStore other = direct("two");
		KvSession session = open(store, "a");
		write(session, "1");
		commands.flushall();
		KvSession again = open(other, "a");
		assertThat(again.epoch()).isEqualTo(session.epoch());
		assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> write(session, "2"))
			.withMessageContaining("has lost acknowledged commits");
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> read(session));
		write(again, "1");
		assertThat(again.commit()).isEqualTo(1);
	}

	@Test
	void openThatTooFewReplicasConfirmShouldFail() {
		RedisKvStore alone = direct("one");
		KvSession first = open(alone, "a");
		write(first, "1");
		first.close();
		RedisKvStore store = closeAfterTest(
				builder(redis.port(), "two").timeout(SHORT).replicas(1, Duration.ofMillis(100)).build());
		assertThat(failureOfOpen(store)).isInstanceOf(KvUnavailableException.class)
			.hasMessageContaining("0 of 1 replicas");
	}

	@Test
	void writeThatIsAppliedAndCannotBeConfirmedShouldBeIndeterminate() {
		commands.aclSetuser("hasty", AclSetuserArgs.Builder.on().nopass().allCommands().allKeys());
		RedisURI uri = RedisURI.builder()
			.withHost(redis.getHost())
			.withPort(redis.port())
			.withAuthentication("hasty", "any".toCharArray())
			.build();
		RedisKvStore store = closeAfterTest(RedisKvStore.standalone(uri)
			.keyPrefix(this.keyPrefix)
			.timeout(SHORT)
			.replicas(1, Duration.ofMillis(100))
			.build());
		RedisKvStore other = direct("two");
		write(open(other, "a"), "1");
		other.close();
		commands.aclSetuser("hasty", AclSetuserArgs.Builder.removeCommand(CommandType.WAIT));
		// the open is applied as well, but an open is definite always
		assertThat(failureOfOpen(store)).isInstanceOf(KvUnavailableException.class).hasMessageContaining("NOPERM");
		RedisFailure failure = RedisFailure.of(new Confirmation(1, false, Duration.ofMillis(100)).await(hasty(uri))
			.handle((done, ex) -> ex)
			.toCompletableFuture()
			.join());
		assertThat(failure.kind()).isEqualTo(RedisFailure.Kind.UNCONFIRMED);
		assertThat(failure.reason()).contains("NOPERM");
	}

	private RedisClusterAsyncCommands<byte[], byte[]> hasty(RedisURI uri) {
		return closeAfterTest(client.connect(ByteArrayCodec.INSTANCE, uri)).async();
	}

	// Redis 7.2 has WAITAOF; what an earlier one says to it must be said at the start.
	@Test
	void writeThatMustBeOnDiskShouldWaitForItOrBeTurnedAwayAtTheStart() {
		RedisKvStore store = closeAfterTest(
				builder(redis.port(), "one").replicas(0, Duration.ofSeconds(10)).waitForFsync(true).build());
		if (!knowsWaitAof()) {
			assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> open(store, "a"))
				.withMessageContaining("WAITAOF")
				.withMessageContaining("7.2");
			assertThat(commands.keys(this.keyPrefix + "*owner*")).isEmpty();
			return;
		}
		KvSession session = open(store, "a");
		write(session, "1");
		assertThat(read(session)).isEqualTo("1");
		commands.configSet("appendonly", "no");
		try {
			assertThatExceptionOfType(KvIndeterminateException.class).isThrownBy(() -> write(session, "2"))
				.withMessageContaining("confirmed");
			RedisKvStore late = closeAfterTest(builder(redis.port(), "two").waitForFsync(true).build());
			assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(late::ping)
				.withMessageContaining("appendonly");
		}
		finally {
			keepAppendOnlyFile();
		}
		KvSession again = open(store, "a");
		assertThat(again.commit()).isEqualTo(2);
	}

	private static boolean knowsWaitAof() {
		String[] version = commands.info("server")
			.lines()
			.filter((line) -> line.startsWith("redis_version:"))
			.findFirst()
			.orElseThrow()
			.substring("redis_version:".length())
			.split("\\.");
		int number = 100 * Integer.parseInt(version[0]) + Integer.parseInt(version[1]);
		return number >= 702;
	}

	@Test
	void killedServerShouldHaveKeptEveryAcknowledgedCommit() throws Exception {
		RedisKvStore store = direct("one", Duration.ofMinutes(2));
		KvSession session = open(store, "a");
		AtomicInteger acknowledged = new AtomicInteger();
		AtomicBoolean stop = new AtomicBoolean();
		CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
			while (!stop.get()) {
				write(session, Integer.toString(acknowledged.get() + 1));
				acknowledged.incrementAndGet();
			}
		});
		for (int round = 1; round <= 3; round++) {
			int reached = acknowledged.get() + 200;
			Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> acknowledged.get() >= reached);
			redis.killServer();
			redis.restartServer();
		}
		int before = acknowledged.get();
		Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> acknowledged.get() > before + 100);
		stop.set(true);
		writing.get(3, TimeUnit.MINUTES);
		session.close();
		KvSession found = open(store, "a");
		assertThat(found.commit()).isEqualTo(acknowledged.get());
		assertThat(read(found)).isEqualTo(Long.toString(found.commit()));
		reconnect();
	}

	// What is not ours

	@Test
	void keyOfAnotherTypeShouldBeLeftAsItIs() {
		RedisKvStore store = direct("one");
		RedisKeys.Actor actor = new RedisKeys(this.keyPrefix).actor(key("a"));
		for (byte[] name : List.of(actor.owner(), actor.values(), actor.order())) {
			String key = new String(name, StandardCharsets.UTF_8);
			commands.set(key, "theirs");
			assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> open(store, "a"))
				.withMessageContaining(key)
				.withMessageContaining("string");
			assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> store.delete("a", true));
			assertThat(commands.get(key)).isEqualTo("theirs");
			commands.del(key);
		}
		write(open(store, "a"), "1");
	}

	@Test
	void hashThatWeDidNotWriteShouldBeLeftAsItIs() {
		RedisKvStore store = direct("one");
		RedisKeys.Actor actor = new RedisKeys(this.keyPrefix).actor(key("a"));
		for (byte[] name : List.of(actor.owner(), actor.values())) {
			String key = new String(name, StandardCharsets.UTF_8);
			commands.hset(key, "name", "theirs");
			assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> open(store, "a"))
				.withMessageContaining(key)
				.withMessageContaining("hash");
			assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> store.delete("a", true));
			assertThat(commands.hgetall(key)).containsOnly(Map.entry("name", "theirs"));
			commands.del(key);
		}
	}

	@Test
	void writeWhenAKeyWasReplacedByOneOfAnotherTypeShouldChangeNothing() {
		RedisKvStore store = direct("one");
		RedisKeys.Actor actor = new RedisKeys(this.keyPrefix).actor(key("a"));
		for (byte[] name : List.of(actor.values(), actor.order())) {
			KvSession session = open(store, "a");
			write(session, "1");
			long commit = session.commit();
			String key = new String(name, StandardCharsets.UTF_8);
			commands.rename(key, key + ":away");
			commands.set(key, "theirs");
			assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> write(session, "2"))
				.withMessageContaining(key)
				.withMessageContaining("string");
			assertThatExceptionOfType(KvCorruptionException.class)
				.isThrownBy(() -> session.write(new KvWrite().delete(key("k"))));
			assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(session::delete);
			assertThat(commands.get(key)).isEqualTo("theirs");
			commands.rename(key + ":away", key);
			assertThat(session.commit()).isEqualTo(commit);
			assertThat(read(session)).isEqualTo("1");
			write(session, "2");
			assertThat(session.commit()).isEqualTo(commit + 1);
		}
	}

	@Test
	void firstWriteWhenTheListOfActorsIsOfAnotherTypeShouldChangeNothing() {
		RedisKvStore store = direct("one");
		KvSession session = open(store, "a");
		RedisKeys.Actor actor = new RedisKeys(this.keyPrefix).actor(key("a"));
		String list = new String(actor.actors(), StandardCharsets.UTF_8);
		commands.set(list, "theirs");
		assertThatExceptionOfType(KvCorruptionException.class).isThrownBy(() -> write(session, "1"))
			.withMessageContaining(list)
			.withMessageContaining("string");
		assertThat(commands.exists(new String(actor.values(), StandardCharsets.UTF_8))).isZero();
		assertThat(session.commit()).isZero();
		commands.del(list);
		write(session, "1");
		assertThat(store.actors("", null, 10).actorIds()).containsExactly("a");
	}

	@Test
	void wrongPasswordShouldBeSaidAtOnce() {
		commands.aclSetuser("guarded", AclSetuserArgs.Builder.on().addPassword("secret").allCommands().allKeys());
		RedisURI uri = RedisURI.builder()
			.withHost(redis.getHost())
			.withPort(redis.port())
			.withAuthentication("guarded", "wrong".toCharArray())
			.build();
		// what is repeated is repeated for that long
		Duration timeout = Duration.ofMinutes(2);
		RedisKvStore store = closeAfterTest(RedisKvStore.standalone(uri).timeout(timeout).build());
		long start = System.nanoTime();
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(store::ping).withMessageContaining("WRONGPASS");
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(timeout.dividedBy(2));
	}

	@Test
	void userWithoutTheRightForACommandShouldBeTurnedAwayAtTheStart() {
		commands.aclSetuser("limited",
				AclSetuserArgs.Builder.on().nopass().allCommands().removeCommand(CommandType.ZADD).allKeys());
		RedisURI uri = RedisURI.builder()
			.withHost(redis.getHost())
			.withPort(redis.port())
			.withAuthentication("limited", "any".toCharArray())
			.build();
		RedisKvStore store = closeAfterTest(RedisKvStore.standalone(uri).keyPrefix(this.keyPrefix).build());
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> open(store, "a"));
		assertThat(commands.keys(this.keyPrefix + "*owner*")).isEmpty();
	}

	@Test
	void serverOfAnEarlierVersionShouldBeTurnedAway() {
		this.proxy.overwriteAnswers("redis_version:", "5");
		RedisKvStore store = closeAfterTest(builder(this.proxy.port(), "one").build());
		assertThatExceptionOfType(KvDefiniteException.class).isThrownBy(() -> open(store, "a"))
			.withMessageContaining("version 5.")
			.withMessageContaining("6.2");
		assertThat(commands.keys(this.keyPrefix + "*owner*")).isEmpty();
	}

	@Test
	void serverOfAnotherKindShouldBeSaid() throws Exception {
		try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
			Thread thread = new Thread(() -> answerHttp(server));
			thread.setDaemon(true);
			thread.start();
			RedisKvStore store = closeAfterTest(
					builder(server.getLocalPort(), "one").timeout(Duration.ofSeconds(2)).build());
			assertThatExceptionOfType(KvUnavailableException.class).isThrownBy(store::ping)
				.withMessageContaining("Redis could not answer");
		}
	}

	@Test
	void prefixWithBracesShouldBeRefused() {
		assertThatExceptionOfType(IllegalArgumentException.class)
			.isThrownBy(() -> builder(redis.port(), "one").keyPrefix("{x}:").build())
			.withMessageContaining("{x}:");
	}

	// Warnings

	@Test
	void warningsShouldFollowTheServerThatIsConnectedTo() {
		RedisKvStore store = direct("one");
		store.ping();
		assertThat(store.warnings()).isEmpty();
		commands.configSet("appendonly", "no");
		try {
			RedisKvStore other = direct("two");
			other.ping();
			assertThat(other.warnings()).singleElement().asString().contains("appendonly");
			// as a failover does: the next connection leads to a server set up otherwise
			cutConnections();
			Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
				store.ping();
				assertThat(store.warnings()).isEqualTo(other.warnings());
			});
		}
		finally {
			keepAppendOnlyFile();
		}
	}

	// Until the file is rewritten, what is written is in none that a killed server finds.
	private static void keepAppendOnlyFile() {
		commands.configSet("appendonly", "yes");
		Awaitility.await().atMost(PATIENCE).until(() -> {
			String state = commands.info("persistence");
			return state.contains("aof_enabled:1") && state.contains("aof_rewrite_in_progress:0")
					&& state.contains("aof_rewrite_scheduled:0");
		});
	}

	private static void cutConnections() {
		commands.clientKill(KillArgs.Builder.typeNormal());
	}

	@Test
	void warningsShouldNameWhatMayCostData() {
		RedisKvStore safe = direct("one");
		safe.ping();
		assertThat(safe.warnings()).isEmpty();
		commands.configSet("maxmemory-policy", "allkeys-lru");
		try {
			RedisKvStore store = direct("two");
			assertThat(store.warnings()).isEmpty();
			store.ping();
			assertThat(store.warnings()).singleElement().asString().contains("allkeys-lru").contains("noeviction");
		}
		finally {
			commands.configSet("maxmemory-policy", "noeviction");
		}
	}

	private static void answerHttp(ServerSocket server) {
		while (true) {
			try (Socket socket = server.accept()) {
				OutputStream out = socket.getOutputStream();
				out.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
				out.flush();
				socket.getInputStream().read();
			}
			catch (IOException ex) {
				if (server.isClosed()) {
					return;
				}
			}
		}
	}

	private static void reconnect() {
		connection.close();
		connection = client.connect();
		commands = connection.sync();
	}

	private RedisKvStore direct(String ownerName) {
		return closeAfterTest(builder(redis.port(), ownerName).build());
	}

	private RedisKvStore direct(String ownerName, Duration timeout) {
		return awaitAnswer(closeAfterTest(builder(redis.port(), ownerName).timeout(timeout).build()));
	}

	private RedisKvStore proxied(String ownerName, Duration timeout) {
		return awaitAnswer(closeAfterTest(builder(this.proxy.port(), ownerName).timeout(timeout).build()));
	}

	// To connect takes longer than to ask, and is not what a short timeout is to cut off.
	private static RedisKvStore awaitAnswer(RedisKvStore store) {
		Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> {
			store.ping();
			return true;
		});
		return store;
	}

	private RedisKvStore.Builder builder(int port, String ownerName) {
		return RedisKvStore.standalone(RedisURI.create("127.0.0.1", port))
			.keyPrefix(this.keyPrefix)
			.ownerName(ownerName)
			.timeout(Duration.ofMinutes(1))
			.connections(1);
	}

	private <T extends AutoCloseable> T closeAfterTest(T closeable) {
		this.closeables.add(closeable);
		return closeable;
	}

	private static KvSession open(RedisKvStore store, String actorId) {
		return store.open(actorId, NO_KEYS).session();
	}

	private static void write(KvSession session, String value) {
		session.write(new KvWrite().put(key("k"), key(value)));
	}

	private static @Nullable String read(KvSession session) {
		byte[] value = session.read(new byte[][] { key("k") })[0];
		return (value != null) ? new String(value, StandardCharsets.UTF_8) : null;
	}

	private static byte[] key(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
