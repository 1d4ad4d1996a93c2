package io.kvsqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

import io.kvsqlite.fixture.ScriptedKvStore;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.InjectedError;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The end of all actors takes no longer than it may: whatever the store does, however
 * many actors there are, and whatever is done with them.
 */
class ActorShutdownTests {

	private static final Duration TIMEOUT = Duration.ofMillis(300);

	/**
	 * What a machine that is busy may take longer.
	 */
	private static final Duration SLACK = Duration.ofSeconds(3);

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	/**
	 * What the store does with whatever it is asked, once it is in trouble.
	 */
	private enum Trouble {

		NONE, SLOW, HANGS, HANGS_AND_HEARS_NO_INTERRUPT, REFUSES, ERROR, STACK_OVERFLOW;

		void strike(CountDownLatch end) {
			switch (this) {
				case NONE -> {
				}
				case SLOW -> pause(5);
				case HANGS -> {
					try {
						end.await();
					}
					catch (InterruptedException ex) {
						throw new KvUnavailableException("interrupted", ex);
					}
				}
				case HANGS_AND_HEARS_NO_INTERRUPT -> awaitDeaf(end);
				case REFUSES -> throw new KvUnavailableException("the server is gone");
				case ERROR -> throw new InjectedError("an error of the store");
				case STACK_OVERFLOW -> recurse(0);
			}
		}

		private static int recurse(int depth) {
			return (depth < 0) ? 0 : recurse(depth + 1) + 1;
		}

		private static void awaitDeaf(CountDownLatch end) {
			while (true) {
				try {
					end.await();
					return;
				}
				catch (InterruptedException ex) {
					// it hears none
				}
			}
		}

		private static void pause(long millis) {
			try {
				Thread.sleep(millis);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

	/**
	 * What is done with the actors when the factory is closed.
	 */
	private enum Doing {

		NOTHING, HELD, HELD_BY_WHOEVER_CLOSES, IN_A_TRANSACTION, AT_A_CALL_OF_THE_STORE, OPENING, WAITED_FOR

	}

	@ParameterizedTest
	@EnumSource
	void closeShouldEndInTime(Trouble trouble) throws Exception {
		List<Future<?>> cells = new ArrayList<>();
		ExecutorService executor = Executors.newCachedThreadPool();
		try {
			for (Doing doing : Doing.values()) {
				for (int number : new int[] { 1, 12 }) {
					cells.add(executor.submit(() -> {
						try (Cell cell = new Cell(trouble, doing, number)) {
							cell.run();
						}
						return null;
					}));
				}
			}
			for (Future<?> cell : cells) {
				cell.get(2, TimeUnit.MINUTES);
			}
		}
		finally {
			executor.shutdownNow();
		}
		assertNoThreadIsLeft();
	}

	/**
	 * Only the set of open actors, so that it can be a large one: ten thousand
	 * connections take 2 GB.
	 */
	@Test
	void closeOfTenThousandThatHangShouldEndInTime() throws Exception {
		FakeActor.World world = new FakeActor.World(10_000);
		CountDownLatch end = new CountDownLatch(1);
		AtomicInteger abandoned = new AtomicInteger();
		AtomicInteger closers = new AtomicInteger();
		ActorSlots<FakeActor> slots = new ActorSlots<>(10_000, new ActorSlots.Life<>() {

			@Override
			public FakeActor open(String actorId) {
				return world.open(actorId);
			}

			@Override
			public void close(String actorId, FakeActor open, CloseReason reason) {
				closers.incrementAndGet();
				Trouble.HANGS.strike(end);
			}

			@Override
			public void abandon(String actorId, FakeActor open) {
				abandoned.incrementAndGet();
				open.abandon();
			}

		});
		for (int i = 0; i < 10_000; i++) {
			slots.giveBack(slots.take("actor-" + i, PATIENCE), null);
		}
		slots.refuse(true);
		long start = System.nanoTime();
		ShutdownReport report = new ShutdownReport();
		new ActorShutdown<>(slots, TIMEOUT, report).run();
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT.plus(SLACK));
		assertThat(closers).hasValueLessThanOrEqualTo(8);
		assertThat(abandoned.get() + closers.get()).isEqualTo(10_000);
		assertThat(slots.all()).isEmpty();
		List<String> lines = logged(() -> report.log(LoggerFactory.getLogger(OpenActors.class), TIMEOUT));
		assertThat(lines).singleElement()
			.asString()
			.contains("10000 not released in the store")
			.containsPattern("\\(('actor-\\d+', ){5}\\.\\.\\.\\)");
		assertNoThreadIsLeft();
	}

	@Test
	void closeShouldSayInOneLineWhatWasNotClosedInOrder() throws Exception {
		try (Cell cell = new Cell(Trouble.HANGS, Doing.NOTHING, 20)) {
			cell.store.forward();
			Connection used = cell.factory.dataSource("used\nby somebody").getConnection();
			cell.beginTrouble();
			List<String> lines = logged(cell::closeFactory);
			assertThat(lines).singleElement()
				.asString()
				.contains("within 300 ms")
				.contains("1 still in use, closed by force ('used\\u000aby somebody' by thread '"
						+ Thread.currentThread().getName() + "')")
				.contains("not released in the store")
				.contains(", ...)");
			assertThat(used.isValid(1)).isFalse();
		}
	}

	@Test
	void closeWhenAllGoesWellShouldSayNothing() throws Exception {
		try (Cell cell = new Cell(Trouble.NONE, Doing.NOTHING, 20)) {
			assertThat(logged(cell::closeFactory)).isEmpty();
		}
	}

	@Test
	void closeShouldWaitForWhoeverGivesItsConnectionBackInTime() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).closeTimeout(PATIENCE).build();
		Connection connection = factory.dataSource("a").getConnection();
		CompletableFuture<Void> closed = CompletableFuture.runAsync(factory::close);
		try (Statement statement = connection.createStatement()) {
			Awaitility.await()
				.untilAsserted(() -> assertThatExceptionOfType(SQLException.class)
					.isThrownBy(() -> factory.dataSource("b").getConnection())
					.withMessageContaining("the factory is closed"));
			statement.executeUpdate("CREATE TABLE t (x)");
		}
		assertThat(closed).isNotDone();
		connection.close();
		closed.get(1, TimeUnit.MINUTES);
		assertThat(store.owner("a").commit()).isPositive();
		assertThat(store.owner("a").live()).isFalse();
	}

	@Test
	void closeInAnInterruptedThreadShouldCloseAllTheSame() throws Exception {
		try (Cell cell = new Cell(Trouble.SLOW, Doing.NOTHING, 20)) {
			Thread.currentThread().interrupt();
			cell.closeFactory();
			assertThat(Thread.interrupted()).isTrue();
			assertThat(cell.factory.openActors()).isZero();
			assertThat(cell.owned()).isZero();
		}
	}

	@Test
	void closeWhileAnotherThreadClosesShouldEndInTimeAndLeaveItToThat() throws Exception {
		try (Cell cell = new Cell(Trouble.HANGS, Doing.NOTHING, 20)) {
			CompletableFuture<?>[] all = new CompletableFuture<?>[4];
			for (int i = 0; i < all.length; i++) {
				all[i] = CompletableFuture.runAsync(cell::closeFactory);
			}
			CompletableFuture.allOf(all).get(1, TimeUnit.MINUTES);
			assertThat(cell.closing).hasValueLessThanOrEqualTo(8);
		}
	}

	/**
	 * Actors are opened all the time while the factory is closed.
	 */
	@Test
	void closeDuringOpensShouldLeaveNothingOpen() throws Exception {
		MemoryKvStore store = new MemoryKvStore();
		ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store)
			.closeTimeout(Duration.ofSeconds(20))
			.build();
		ExecutorService executor = Executors.newCachedThreadPool();
		List<Future<?>> openers = new ArrayList<>();
		AtomicInteger served = new AtomicInteger();
		for (int t = 0; t < 4; t++) {
			int thread = t;
			openers.add(executor.submit(() -> {
				for (int i = 0;; i++) {
					try (Connection connection = factory.dataSource(thread + "/" + i % 50).getConnection();
							Statement statement = connection.createStatement()) {
						statement.execute("SELECT 1");
						served.incrementAndGet();
					}
					catch (SQLException ex) {
						assertThat(ex.getMessage()).contains("the factory is closed");
						return null;
					}
				}
			}));
		}
		Awaitility.await().until(() -> served.get() > 100);
		factory.close();
		for (Future<?> opener : openers) {
			opener.get(1, TimeUnit.MINUTES);
		}
		executor.shutdown();
		assertThat(factory.openActors()).isZero();
		assertThat(factory.activeConnections()).isZero();
		MemoryKvStore next = store.sibling("next");
		for (int i = 0; i < 200; i++) {
			next.open(i % 4 + "/" + i / 4, new byte[0][]);
		}
	}

	/**
	 * An open that hangs comes back when all is closed, and must not leave an open actor.
	 */
	@Test
	void openThatEndsAfterTheCloseShouldHandNothingOut() throws Exception {
		try (Cell cell = new Cell(Trouble.HANGS_AND_HEARS_NO_INTERRUPT, Doing.OPENING, 3)) {
			cell.closeFactory();
			cell.end.countDown();
			for (Future<?> user : cell.users) {
				assertThatExceptionOfType(Exception.class).isThrownBy(() -> user.get(1, TimeUnit.MINUTES))
					.withStackTraceContaining("the factory is closed");
			}
			assertThat(cell.factory.openActors()).isZero();
			assertThat(cell.owned()).isZero();
		}
	}

	@Test
	void startAfterAStopThatTheStoreDidNotAnswerShouldServeEveryActorAgain() throws Exception {
		try (Cell cell = new Cell(Trouble.HANGS_AND_HEARS_NO_INTERRUPT, Doing.NOTHING, 20)) {
			cell.factory.stop();
			assertThat(Thread.getAllStackTraces().keySet())
				.filteredOn((thread) -> thread.getName().startsWith("kvsqlite-closer"))
				.hasSizeBetween(1, 8)
				.allMatch(Thread::isDaemon);
			cell.end.countDown();
			cell.factory.start();
			for (int i = 0; i < 20; i++) {
				try (Connection connection = cell.factory.dataSource("actor-" + i).getConnection();
						Statement statement = connection.createStatement()) {
					statement.executeUpdate("INSERT INTO t VALUES (2)");
				}
			}
			Awaitility.await().atMost(PATIENCE).until(() -> cell.factory.openActors() == 20);
		}
	}

	private static List<String> logged(Runnable action) {
		Logger logger = (Logger) LoggerFactory.getLogger("io.kvsqlite");
		ListAppender<ILoggingEvent> appender = new ListAppender<>();
		appender.start();
		logger.addAppender(appender);
		try {
			action.run();
		}
		finally {
			logger.detachAppender(appender);
		}
		return appender.list.stream()
			.filter((event) -> event.getLevel().isGreaterOrEqual(Level.INFO))
			.map(ILoggingEvent::getFormattedMessage)
			.toList();
	}

	private static void assertNoThreadIsLeft() {
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
				.noneMatch((name) -> name.startsWith("kvsqlite-closer")));
	}

	/**
	 * A factory on a store in trouble, whose actors are at something.
	 */
	private static final class Cell implements AutoCloseable {

		private final Trouble trouble;

		private final Doing doing;

		private final int number;

		private final MemoryKvStore memory = new MemoryKvStore();

		private final ScriptedKvStore store = new ScriptedKvStore(this.memory);

		private final ActorDataSourceFactory factory;

		private final CountDownLatch end = new CountDownLatch(1);

		private final ExecutorService executor = Executors.newCachedThreadPool();

		private final List<Future<?>> users = new ArrayList<>();

		private final AtomicInteger inTheStore = new AtomicInteger();

		private final AtomicInteger closing = new AtomicInteger();

		Cell(Trouble trouble, Doing doing, int number) throws Exception {
			this.trouble = trouble;
			this.doing = doing;
			this.number = number;
			this.factory = ActorDataSourceFactory.builder(this.store).closeTimeout(TIMEOUT).build();
			for (int i = 0; i < number && doing != Doing.OPENING; i++) {
				execute("actor-" + i, "CREATE TABLE t (x)");
			}
			begin();
		}

		private void execute(String actorId, String sql) throws SQLException {
			try (Connection connection = this.factory.dataSource(actorId).getConnection();
					Statement statement = connection.createStatement()) {
				statement.execute(sql);
			}
		}

		private void begin() throws Exception {
			if (this.doing != Doing.AT_A_CALL_OF_THE_STORE && this.doing != Doing.OPENING) {
				CountDownLatch begun = new CountDownLatch(this.number);
				for (int i = 0; i < this.number; i++) {
					use("actor-" + i, begun);
				}
				assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
				beginTrouble();
				return;
			}
			beginTrouble();
			for (int i = 0; i < this.number; i++) {
				String actorId = "actor-" + i;
				this.users.add(this.executor.submit(() -> {
					execute(actorId, (this.doing == Doing.OPENING) ? "SELECT 1" : "INSERT INTO t VALUES (1)");
					return null;
				}));
			}
			Awaitility.await().atMost(PATIENCE).until(() -> this.inTheStore.get() >= this.number);
		}

		void beginTrouble() {
			this.store.follow(new Troubled());
		}

		private void use(String actorId, CountDownLatch begun) throws SQLException {
			switch (this.doing) {
				case NOTHING -> begun.countDown();
				case HELD_BY_WHOEVER_CLOSES -> {
					this.factory.dataSource(actorId).getConnection();
					begun.countDown();
				}
				default -> {
					CountDownLatch held = new CountDownLatch(1);
					this.users.add(this.executor.submit(() -> hold(actorId, held, begun)));
					if (this.doing == Doing.WAITED_FOR) {
						this.users.add(this.executor.submit(() -> {
							held.await();
							execute(actorId, "SELECT 1");
							return null;
						}));
					}
				}
			}
		}

		private Void hold(String actorId, CountDownLatch held, CountDownLatch begun) throws Exception {
			try (Connection connection = this.factory.dataSource(actorId).getConnection();
					Statement statement = connection.createStatement()) {
				if (this.doing == Doing.IN_A_TRANSACTION) {
					connection.setAutoCommit(false);
					statement.executeUpdate("INSERT INTO t VALUES (1)");
				}
				held.countDown();
				begun.countDown();
				this.end.await();
			}
			return null;
		}

		/**
		 * Close the factory twice, and see what is left.
		 */
		void run() throws Exception {
			closeFactory();
			closeFactory();
			// one that was taken away is closed once more when it comes back
			assertThat(this.closing.get()).as("%s", this).isLessThanOrEqualTo(2 * this.number);
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> this.factory.dataSource("actor-0").getConnection())
				.withMessageContaining("the factory is closed");
			this.end.countDown();
			for (Future<?> user : this.users) {
				try {
					user.get(1, TimeUnit.MINUTES);
				}
				catch (ExecutionException ex) {
					// a store in trouble, or a factory that is closed, is reported
					assertThat(ex.getCause()).as("%s", this).isInstanceOfAny(SQLException.class, Error.class);
				}
			}
			assertThat(this.factory.waitingThreads()).as("%s", this).isZero();
			if (this.doing != Doing.HELD_BY_WHOEVER_CLOSES) {
				assertThat(this.factory.activeConnections()).as("%s", this).isZero();
				Awaitility.await()
					.atMost(PATIENCE)
					.untilAsserted(() -> assertThat(this.factory.openActors()).as("%s", this).isZero());
			}
			if (this.trouble == Trouble.NONE || this.trouble == Trouble.SLOW) {
				assertThat(owned()).as("%s", this).isZero();
			}
		}

		void closeFactory() {
			long start = System.nanoTime();
			this.factory.close();
			assertThat(Duration.ofNanos(System.nanoTime() - start)).as("%s", this).isLessThan(TIMEOUT.plus(SLACK));
		}

		/**
		 * Return how many actors the store keeps for this owner.
		 */
		int owned() {
			int owned = 0;
			for (String actorId : this.memory.actors("", null, 1000).actorIds()) {
				owned += this.memory.owner(actorId).live() ? 1 : 0;
			}
			return owned;
		}

		@Override
		public void close() {
			try {
				closeFactory();
			}
			finally {
				this.end.countDown();
				this.executor.shutdown();
				this.memory.close();
			}
		}

		@Override
		public String toString() {
			return "%d %s %s".formatted(this.number, this.doing, this.trouble).toLowerCase(Locale.ROOT);
		}

		private final class Troubled implements ScriptedKvStore.Script {

			@Override
			public KvOpening open(Supplier<KvOpening> next) {
				strike();
				return next.get();
			}

			@Override
			public void write(KvWrite write, Runnable next) {
				strike();
				next.run();
			}

			@Override
			public void close(Runnable next) {
				Cell.this.closing.incrementAndGet();
				strike();
				next.run();
			}

			private void strike() {
				Cell.this.inTheStore.incrementAndGet();
				Cell.this.trouble.strike(Cell.this.end);
			}

		}

	}

}
