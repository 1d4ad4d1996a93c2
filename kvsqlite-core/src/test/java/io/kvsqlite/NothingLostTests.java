package io.kvsqlite;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.jdbc.LeftBehind;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.sqlite.FilesOfSqlite;
import io.kvsqlite.testing.InjectedError;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An Error anywhere between the request for a connection and its return loses nothing: no
 * permit of an actor, no place among the open actors, no connection.
 */
class NothingLostTests {

	private static final int CAPACITY = 2;

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final MemoryKvStore memory = new MemoryKvStore();

	private final ScriptedKvStore store = new ScriptedKvStore(this.memory);

	private final Points points = new Points();

	private final Thread thread = Thread.currentThread();

	private final TurboFilter logging = new TurboFilter() {

		@Override
		public FilterReply decide(Marker marker, Logger logger, Level level, String format, Object[] params,
				Throwable ex) {
			if (level.isGreaterOrEqual(Level.INFO) && logger.getName().startsWith("io.kvsqlite")
					&& Thread.currentThread() == NothingLostTests.this.thread) {
				NothingLostTests.this.points.pass();
			}
			return FilterReply.DENY;
		}

	};

	private ActorDataSourceFactory factory;

	/**
	 * The files that other tests of this process have open.
	 */
	private int others;

	/**
	 * What is thrown.
	 */
	private enum Kind {

		ERROR(() -> new InjectedError("injected")),

		/**
		 * The JVM has some that it made beforehand, and throws the same one again.
		 */
		OUT_OF_MEMORY(new Supplier<>() {

			private final OutOfMemoryError only = new OutOfMemoryError("the only one");

			@Override
			public Throwable get() {
				return this.only;
			}

		}),

		STACK_OVERFLOW(StackOverflowError::new), RUNTIME_EXCEPTION(() -> new IllegalStateException("injected"));

		private final Supplier<Throwable> failures;

		Kind(Supplier<Throwable> failures) {
			this.failures = failures;
		}

	}

	@BeforeEach
	void build() {
		this.others = FilesOfSqlite.open();
		this.factory = ActorDataSourceFactory.builder(this.store)
			.maxOpenActors(CAPACITY)
			.connectionTimeout(PATIENCE)
			.closeTimeout(Duration.ofSeconds(10))
			.listener(listener())
			.initializer((actorId, connection) -> {
				this.points.pass();
				try (Statement statement = connection.createStatement()) {
					statement.executeUpdate("CREATE TABLE IF NOT EXISTS t (x)");
				}
				this.points.pass();
			})
			.build();
		((LoggerContext) LoggerFactory.getILoggerFactory()).addTurboFilter(this.logging);
	}

	@AfterEach
	void close() {
		this.points.disarm();
		((LoggerContext) LoggerFactory.getILoggerFactory()).getTurboFilterList().remove(this.logging);
		this.factory.close();
	}

	private ActorListener listener() {
		ActorListener silent = new ActorListener() {
		};
		return (ActorListener) Proxy.newProxyInstance(ActorListener.class.getClassLoader(),
				new Class<?>[] { ActorListener.class }, (proxy, method, arguments) -> {
					if (method.getDeclaringClass() == Object.class) {
						return method.invoke(silent, arguments);
					}
					this.points.pass();
					try {
						return method.invoke(silent, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

	/**
	 * Wherever code of somebody else is called: the store, before and after it does what
	 * it is asked; the listener; an initializer; the log.
	 */
	@ParameterizedTest
	@EnumSource
	void errorAtEveryCallOfOthersShouldLoseNothing(Kind kind) throws Exception {
		this.store.follow(new Script());
		for (boolean persistent : new boolean[] { false, true }) {
			int fired = 0;
			for (int n = 1;; n++) {
				this.points.arm(n, kind.failures, persistent);
				int work = 0;
				for (Work each : works()) {
					work++;
					try {
						each.run();
					}
					catch (SQLException | Error | RuntimeException ex) {
						assertThat(this.points.hasFired()).as("work %d before point %d failed: %s", work, n, ex)
							.isTrue();
					}
				}
				boolean over = !this.points.hasFired();
				this.points.disarm();
				assertNothingIsLost("%s at point %d%s".formatted(kind, n, persistent ? " and later ones" : ""));
				if (over) {
					break;
				}
				fired++;
			}
			assertThat(fired).isGreaterThan(25);
		}
	}

	private List<Work> works() {
		return List.of(() -> insert("a"), () -> insert("b"), () -> insert("c"), this::leaveATransactionOpen,
				this::spoil, () -> this.factory.close("a"), () -> this.factory.closeForcibly("c"),
				() -> this.factory.delete("b", false), this::takeTwo);
	}

	private void insert(String actorId) throws SQLException {
		try (Connection connection = this.factory.dataSource(actorId).getConnection();
				PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
			statement.setInt(1, 1);
			statement.executeUpdate();
		}
	}

	private void leaveATransactionOpen() throws SQLException {
		try (Connection connection = this.factory.dataSource("a").getConnection()) {
			leaveTransactionOpen(connection, true);
		}
	}

	private static void leaveTransactionOpen(Connection connection, boolean open) throws SQLException {
		if (open) {
			connection.setAutoCommit(false);
			connection.createStatement().executeUpdate("INSERT INTO t VALUES (2)");
		}
	}

	/**
	 * Leave a connection that has to be replaced.
	 */
	private void spoil() throws SQLException {
		try (Connection connection = this.factory.dataSource("a").getConnection();
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TEMP TABLE u (x)");
		}
	}

	private void takeTwo() throws SQLException {
		try (Connection first = this.factory.dataSource("d").getConnection();
				Connection second = this.factory.dataSource("e").getConnection()) {
			assertThat(first.isValid(1)).isEqualTo(second.isValid(1));
		}
	}

	private void assertNothingIsLost(String when) throws SQLException {
		List<Connection> all = new ArrayList<>();
		if (this.factory.activeConnections() > 0) {
			// what was left behind is given back by another thread
			Awaitility.await(when).atMost(PATIENCE).until(() -> this.factory.activeConnections() == 0);
		}
		assertThat(this.factory.waitingThreads()).as(when).isZero();
		try {
			for (String[] actors : new String[][] { { "a", "b" }, { "c", "d" }, { "e", "a" } }) {
				for (String actorId : actors) {
					Connection connection = this.factory.dataSource(actorId).getConnection();
					all.add(connection);
					try (Statement statement = connection.createStatement()) {
						statement.executeUpdate("INSERT INTO t VALUES (3)");
						try (ResultSet result = statement.executeQuery("PRAGMA integrity_check")) {
							assertThat(result.getString(1)).as(when).isEqualTo("ok");
						}
					}
				}
				assertThat(this.factory.activeConnections()).as(when).isEqualTo(CAPACITY);
				assertThat(this.factory.openActors()).as(when).isEqualTo(CAPACITY);
				for (Connection connection : all) {
					connection.close();
				}
				all.clear();
			}
		}
		catch (SQLException ex) {
			throw new AssertionError(when + ": " + ex.getMessage(), ex);
		}
		assertThat(this.factory.activeConnections()).as(when).isZero();
		for (String actorId : new String[] { "a", "b", "c", "d", "e" }) {
			this.factory.close(actorId);
		}
		assertThat(this.factory.openActors()).as(when).isZero();
		if (FilesOfSqlite.open() > this.others) {
			// what there was no stack to close is closed by another thread
			Awaitility.await("files that SQLite has open, " + when)
				.atMost(Duration.ofSeconds(10))
				.until(() -> FilesOfSqlite.open() == this.others);
		}
	}

	/**
	 * The stack is used up but for a little, which becomes less by some frames at a time:
	 * so the overflow strikes all along the way to a connection and back.
	 */
	@Test
	void stackThatEndsOnTheWayShouldLoseNothing() throws Exception {
		endStackEvery(23);
	}

	@Test
	@Tag("long")
	void stackThatEndsAtEveryFrameShouldLoseNothing() throws Exception {
		endStackEvery(1);
	}

	private void endStackEvery(int frames) throws Exception {
		insert("a");
		insert("b");
		Depth depth = new Depth();
		int overflows = 0;
		int successes = 0;
		int leftBehind = 0;
		for (int used = depth.begin(); Depth
			.reaches(used); used += depth.isNearTheEnd(used) ? Math.min(5, frames) : frames) {
			for (String actorId : List.of("a", "c")) {
				boolean done = Depth.run(used, () -> this.factory.dataSource(actorId).getConnection().close());
				overflows += done ? 0 : 1;
				successes += done ? 1 : 0;
			}
			Connection connection = this.factory.dataSource("b").getConnection();
			leaveTransactionOpen(connection, used % 2 == 0);
			Depth.run(used, connection::close);
			if (!connection.isClosed() && LeftBehind.isLeft(connection)) {
				leftBehind++;
				// whoever asks next is served all the same
				insert("b");
				assertThat(connection.isClosed()).isTrue();
			}
			// where not even the call was made
			connection.close();
			if (used % 10 == 0) {
				assertNothingIsLost("%d frames used".formatted(used));
			}
		}
		assertNothingIsLost("at the end");
		assertThat(overflows).isPositive();
		assertThat(successes).isPositive();
		assertThat(leftBehind).isPositive();
	}

	/**
	 * In a process of its own the heap is used up but for some kilobytes, a different
	 * number each time.
	 */
	@Test
	void heapThatIsUsedUpShouldLoseNothing() throws Exception {
		exhaustHeap(6);
	}

	@Test
	@Tag("long")
	void heapThatIsUsedUpOftenShouldLoseNothing() throws Exception {
		exhaustHeap(1_000);
	}

	private static void exhaustHeap(int rounds) throws Exception {
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Xmx32m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
				ExhaustedHeap.class.getName(), Integer.toString(rounds))
			.redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
		assertThat(output).contains("nothing was lost").doesNotContain("0 of " + rounds);
		assertThat(process.exitValue()).isZero();
	}

	/**
	 * Runs work where the stack ends after some frames more.
	 */
	private static final class Depth {

		private static final long STACK = 384 * 1024;

		/**
		 * How much the work may need, in frames.
		 */
		private static final int MOST = 2_000;

		/**
		 * How many frames the whole stack takes, as long as the compilers leave the
		 * frames as they are.
		 */
		private final int all;

		Depth() throws SQLException, InterruptedException {
			for (int i = 0; i < 20_000; i++) {
				// compiled frames are smaller
				descend(200, () -> {
				});
			}
			int fits = 0;
			int fitsNot = 1 << 20;
			while (fitsNot - fits > 1) {
				int middle = (fits + fitsNot) / 2;
				if (reaches(middle)) {
					fits = middle;
				}
				else {
					fitsNot = middle;
				}
			}
			this.all = fits;
			assertThat(this.all).isGreaterThan(MOST);
		}

		int begin() {
			return this.all - MOST;
		}

		boolean isNearTheEnd(int used) {
			return this.all - used < 200;
		}

		private static boolean reaches(int frames) throws InterruptedException {
			boolean[] reached = new boolean[1];
			run(frames, () -> reached[0] = true);
			return reached[0];
		}

		/**
		 * Run work where so many frames are used.
		 * @return whether it ended without an exception
		 */
		static boolean run(int frames, Work work) throws InterruptedException {
			boolean[] done = new boolean[1];
			Thread thread = new Thread(null, () -> {
				try {
					descend(frames, work);
					done[0] = true;
				}
				catch (SQLException | StackOverflowError ex) {
					// here, where there is stack again
					done[0] = false;
				}
			}, "in the depth", STACK, false);
			thread.start();
			thread.join();
			return done[0];
		}

		private static int descend(int frames, Work work) throws SQLException {
			if (frames > 0) {
				return descend(frames - 1, work) + 1;
			}
			work.run();
			return 0;
		}

	}

	/**
	 * What somebody does with actors.
	 */
	@FunctionalInterface
	private interface Work {

		void run() throws SQLException;

	}

	/**
	 * Calls of code that may throw, counted.
	 */
	private static final class Points {

		private int left;

		private boolean persistent;

		private boolean fired;

		private @Nullable Supplier<Throwable> failures;

		synchronized void arm(int number, Supplier<Throwable> failures, boolean persistent) {
			this.left = number;
			this.failures = failures;
			this.persistent = persistent;
			this.fired = false;
		}

		synchronized void disarm() {
			this.failures = null;
		}

		synchronized boolean hasFired() {
			return this.fired;
		}

		void pass() {
			Throwable failure = next();
			if (failure instanceof Error error) {
				throw error;
			}
			if (failure instanceof RuntimeException exception) {
				throw exception;
			}
		}

		private synchronized @Nullable Throwable next() {
			if (this.failures == null) {
				return null;
			}
			this.left--;
			if (this.left == 0 || (this.left < 0 && this.persistent)) {
				this.fired = true;
				return this.failures.get();
			}
			return null;
		}

	}

	private final class Script implements ScriptedKvStore.Script {

		@Override
		public KvOpening open(Supplier<KvOpening> next) {
			NothingLostTests.this.points.pass();
			KvOpening opening = next.get();
			NothingLostTests.this.points.pass();
			return opening;
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys, Supplier<byte[] @Nullable []> next) {
			NothingLostTests.this.points.pass();
			byte[] @Nullable [] values = next.get();
			NothingLostTests.this.points.pass();
			return values;
		}

		@Override
		public void write(KvWrite write, Runnable next) {
			NothingLostTests.this.points.pass();
			next.run();
			NothingLostTests.this.points.pass();
		}

		@Override
		public void close(Runnable next) {
			NothingLostTests.this.points.pass();
			next.run();
			NothingLostTests.this.points.pass();
		}

	}

}
