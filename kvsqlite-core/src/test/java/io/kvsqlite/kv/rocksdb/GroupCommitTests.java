package io.kvsqlite.kv.rocksdb;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvWrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link GroupCommit}.
 */
@Timeout(60)
class GroupCommitTests {

	private static final String THREAD = "commits of a test";

	private final TestLog log = new TestLog();

	private final GroupCommit groups = new GroupCommit(this.log, THREAD);

	@AfterEach
	void close() {
		this.log.open.countDown();
		this.groups.close();
	}

	@Test
	void commitThatFindsNoOtherShouldBeWrittenByItsOwnThread() throws Exception {
		this.log.open.countDown();
		this.groups.write(commit(1, 10));
		this.groups.write(commit(2, 10));
		assertThat(this.log.groups).containsExactly(List.of(1L), List.of(2L));
		assertThat(this.log.threads).containsOnly(Thread.currentThread().getName());
	}

	@Test
	void commitsThatComeWhileAnotherIsWrittenShouldBeOneGroupInTheirOrder() throws Exception {
		List<FutureTask<?>> commits = startAll(5, 10);
		this.log.open.countDown();
		getAll(commits);
		assertThat(this.log.groups).containsExactly(List.of(0L), List.of(1L, 2L, 3L, 4L, 5L));
		assertThat(this.log.threads.get(1)).isEqualTo(THREAD);
	}

	@Test
	void groupShouldHaveNoMoreBytesThanOneMay() throws Exception {
		List<FutureTask<?>> commits = startAll(7, (int) GroupCommit.MOST_BYTES / 3 - 100);
		this.log.open.countDown();
		getAll(commits);
		assertThat(this.log.groups).containsExactly(List.of(0L), List.of(1L, 2L, 3L), List.of(4L, 5L, 6L), List.of(7L));
	}

	@Test
	void commitLongerThanAGroupMayBeShouldBeOneByItself() throws Exception {
		List<FutureTask<?>> commits = startAll(3, (int) GroupCommit.MOST_BYTES + 1);
		this.log.open.countDown();
		getAll(commits);
		assertThat(this.log.groups).containsExactly(List.of(0L), List.of(1L), List.of(2L), List.of(3L));
	}

	@Test
	void failureShouldBeToldToEachOfTheGroupAndToNoOther() throws Exception {
		List<FutureTask<?>> commits = startAll(3, 10);
		this.log.failure = new RocksDBException("no luck", new Status(Status.Code.IOError, Status.SubCode.None, null));
		this.log.open.countDown();
		commits.get(0).get();
		for (FutureTask<?> commit : commits.subList(1, commits.size())) {
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(commit::get)
				.withCauseInstanceOf(RocksDBException.class)
				.satisfies((ex) -> assertThat(((RocksDBException) ex.getCause()).getStatus().getCode())
					.isEqualTo(Status.Code.IOError))
				.satisfies((ex) -> assertThat(ex.getCause()).hasCause(this.log.failure));
		}
		this.log.failure = null;
		this.groups.write(commit(9, 10));
		assertThat(this.log.groups).endsWith(List.of(9L));
	}

	@Test
	void errorOfTheVirtualMachineShouldBeToldAndEndNothing() throws Exception {
		this.log.open.countDown();
		this.log.failure = new OutOfMemoryError("for a test");
		assertThatIllegalStateException().isThrownBy(() -> this.groups.write(commit(1, 10)))
			.withCause(this.log.failure);
		this.log.failure = null;
		this.groups.write(commit(2, 10));
		assertThat(this.log.groups).containsExactly(List.of(2L));
	}

	@Test
	void interruptOfAThreadThatWaitsShouldBeHeldBack() throws Exception {
		FutureTask<Boolean> first = start(() -> written(commit(0, 10)));
		this.log.entered.await();
		FutureTask<Boolean> interrupted = new FutureTask<>(() -> {
			this.groups.write(commit(1, 10));
			return Thread.interrupted();
		});
		Thread thread = run(interrupted);
		thread.interrupt();
		Awaitility.await().until(() -> !thread.isInterrupted() && thread.getState() == Thread.State.WAITING);
		assertThat(interrupted.isDone()).isFalse();
		this.log.open.countDown();
		assertThat(first.get()).isTrue();
		assertThat(interrupted.get()).isTrue();
		assertThat(this.log.groups).containsExactly(List.of(0L), List.of(1L));
	}

	@Test
	void closeShouldEndTheThread() {
		GroupCommit another = new GroupCommit((group) -> {
		}, "commits that end");
		assertThat(threads("commits that end")).hasSize(1);
		another.close();
		assertThat(threads("commits that end")).isEmpty();
		another.close();
	}

	@Test
	void closeByAnInterruptedThreadShouldEndTheThreadAllTheSame() {
		GroupCommit another = new GroupCommit((group) -> {
		}, "commits that end");
		Thread.currentThread().interrupt();
		another.close();
		assertThat(Thread.interrupted()).isTrue();
		assertThat(threads("commits that end")).isEmpty();
	}

	@Test
	void manyThreadsShouldHaveEachCommitWrittenOnce() throws Exception {
		int threads = 6;
		int commits = 10_000;
		List<Long> written = new ArrayList<>();
		AtomicBoolean inside = new AtomicBoolean();
		AtomicInteger together = new AtomicInteger();
		GroupCommit busy = new GroupCommit((group) -> {
			assertThat(inside.compareAndSet(false, true)).isTrue();
			pause();
			for (Commit commit = group; commit != null; commit = commit.next) {
				written.add(commit.record().epoch());
				if (commit.next != null) {
					together.incrementAndGet();
				}
			}
			inside.set(false);
		}, THREAD);
		inParallel(threads, (thread) -> {
			for (int i = 0; i < commits; i++) {
				busy.write(commit(thread * commits + i, 10));
				pause();
			}
		});
		busy.close();
		assertThat(written).hasSize(threads * commits).doesNotHaveDuplicates();
		assertThat(together).hasPositiveValue();
	}

	/**
	 * A commit that is left waiting is written with the next one, if there is a next. So
	 * two threads make one commit each, and neither goes on before both are written.
	 */
	@Test
	void noneOfTwoCommitsAtTheSameTimeShouldBeLeftWaiting() throws Exception {
		GroupCommit pair = new GroupCommit((group) -> assertThat(group).isNotNull(), THREAD);
		AtomicInteger written = new AtomicInteger();
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
		inParallel(2, (thread) -> {
			int round = 0;
			while (System.nanoTime() < end) {
				if (written.get() >= 2 * round) {
					pair.write(commit(round++, 10));
					written.incrementAndGet();
				}
				Thread.onSpinWait();
			}
		});
		assertThat(written).hasValueGreaterThan(1_000);
		pair.close();
	}

	private static void inParallel(int threads, Work work) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			List<Future<?>> running = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				long thread = i;
				running.add(executor.submit(() -> {
					work.run(thread);
					return null;
				}));
			}
			for (Future<?> each : running) {
				each.get(50, TimeUnit.SECONDS);
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

	private static void pause() {
		int nanos = ThreadLocalRandom.current().nextInt(20_000);
		long end = System.nanoTime() + nanos;
		while (nanos > 10_000 && System.nanoTime() < end) {
			Thread.onSpinWait();
		}
	}

	/**
	 * Start a commit that is being written until the log is opened, and others that wait
	 * for it, one after the other.
	 */
	private List<FutureTask<?>> startAll(int waiting, int bytes) throws InterruptedException {
		List<FutureTask<?>> commits = new ArrayList<>();
		commits.add(start(() -> written(commit(0, 10))));
		this.log.entered.await();
		for (int i = 1; i <= waiting; i++) {
			long number = i;
			commits.add(start(() -> written(commit(number, bytes))));
		}
		return commits;
	}

	private boolean written(Commit commit) throws RocksDBException {
		this.groups.write(commit);
		return true;
	}

	private static <T> FutureTask<T> start(Callable<T> work) {
		FutureTask<T> task = new FutureTask<>(work);
		run(task);
		return task;
	}

	/**
	 * Run a task in a thread of its own, until it waits.
	 */
	private static Thread run(FutureTask<?> task) {
		Thread thread = new Thread(task);
		thread.setDaemon(true);
		thread.start();
		Awaitility.await().until(() -> thread.getState() == Thread.State.WAITING);
		return thread;
	}

	private static void getAll(List<FutureTask<?>> tasks) throws Exception {
		for (FutureTask<?> task : tasks) {
			task.get();
		}
	}

	private static Commit commit(long number, int bytes) {
		return new Commit(new RocksDbKeys("actor".getBytes(StandardCharsets.US_ASCII)),
				new KvWrite().put(new byte[0], new byte[bytes]), new OwnerRecord(number, KvCommit.NONE));
	}

	private static Stream<Thread> threads(String name) {
		return Thread.getAllStackTraces().keySet().stream().filter((thread) -> thread.getName().equals(name));
	}

	/**
	 * What one of several threads does.
	 */
	private interface Work {

		void run(long thread) throws Exception;

	}

	/**
	 * Notes the groups, each by the numbers of its commits, once it was opened.
	 */
	private static final class TestLog implements GroupCommit.Log {

		private final CountDownLatch entered = new CountDownLatch(1);

		private final CountDownLatch open = new CountDownLatch(1);

		private final List<List<Long>> groups = new ArrayList<>();

		private final List<String> threads = new ArrayList<>();

		private volatile @Nullable Throwable failure;

		@Override
		public void write(Commit group) throws RocksDBException {
			Throwable failure = (this.entered.getCount() == 0 || this.open.getCount() == 0) ? this.failure : null;
			this.entered.countDown();
			try {
				this.open.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			if (failure instanceof RocksDBException ex) {
				throw ex;
			}
			if (failure instanceof Error ex) {
				throw ex;
			}
			List<Long> numbers = new ArrayList<>();
			for (Commit commit = group; commit != null; commit = commit.next) {
				numbers.add(commit.record().epoch());
			}
			this.groups.add(numbers);
			this.threads.add(Thread.currentThread().getName());
		}

	}

}
