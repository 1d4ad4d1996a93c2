package io.kvsqlite.kv.rocksdb;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Brings the commits of many threads to the log, one group at a time.
 *
 * <p>
 * A commit that finds no other under way is written by the thread that made it, at once.
 * Those that come while the log is being written wait; all of them together are the next
 * group, which costs one synchronisation. As soon as there is a next group, a thread of
 * this object's own takes over and writes one group after the other until none waits.
 *
 * <p>
 * RocksDB groups writes too, but has a thread that waits lead the next group. Until that
 * thread runs nothing is written, and each thread that waits spins before it sleeps: on
 * two processors 32 threads make 0.7 of the commits that they make here.
 *
 * <p>
 * What arrives is pushed on a stack. Whoever turns {@code writing} on owns the log and
 * everything that is not atomic here, until it turns {@code writing} off or hands the
 * duty over with it on. It turns it off only when nothing waits, and then looks once
 * more: a commit that was pushed before {@code writing} went off is seen by that look,
 * one that was pushed later finds it off. So no commit is left waiting.
 *
 * <p>
 * Commits of one actor do not meet here, because the actor's session makes one after the
 * other. Of a group that failed no commit is known to be in the log.
 */
final class GroupCommit implements AutoCloseable {

	/**
	 * After how many bytes a group is closed, so that the first of many commits does not
	 * wait for a huge write: RocksDB's own bound.
	 */
	static final long MOST_BYTES = 1 << 20;

	private final Log log;

	private final AtomicReference<@Nullable Commit> arrived = new AtomicReference<>();

	private final AtomicBoolean writing = new AtomicBoolean();

	private final Thread thread;

	private volatile boolean handedOver;

	private volatile boolean closed;

	/**
	 * The first and the last of those that have arrived and were put into the order in
	 * which they did. Belong to whoever writes, like all that is not atomic.
	 */
	private @Nullable Commit first;

	private @Nullable Commit last;

	/**
	 * Start.
	 * @param log takes a group of commits
	 * @param name of the thread
	 */
	GroupCommit(Log log, String name) {
		this.log = log;
		this.thread = new Thread(this::run, name);
		this.thread.setDaemon(true);
		this.thread.start();
	}

	/**
	 * Bring a commit to the log and wait until it is there. Not to be called once
	 * {@link #close()} has been, nor at the same time.
	 * @throws RocksDBException if RocksDB failed; it may be in the log or not
	 */
	void write(Commit commit) throws RocksDBException {
		Commit before;
		do {
			before = this.arrived.get();
			commit.next = before;
		}
		while (!this.arrived.compareAndSet(before, commit));
		if (this.writing.compareAndSet(false, true)) {
			writeGroup();
			if (!rest()) {
				this.handedOver = true;
				LockSupport.unpark(this.thread);
			}
		}
		commit.await();
	}

	private void run() {
		while (true) {
			while (!this.handedOver) {
				if (this.closed) {
					return;
				}
				LockSupport.park(this);
			}
			this.handedOver = false;
			do {
				writeGroup();
			}
			while (!rest());
		}
	}

	/**
	 * Stop writing if nothing waits.
	 * @return whether it stopped
	 */
	private boolean rest() {
		while (this.first == null && this.arrived.get() == null) {
			this.writing.set(false);
			if (this.arrived.get() == null || !this.writing.compareAndSet(false, true)) {
				return true;
			}
		}
		return false;
	}

	private void writeGroup() {
		queueArrivals();
		Commit group = takeGroup();
		if (group == null) {
			// whoever wrote before took them all, after they were pushed
			return;
		}
		Throwable failure = null;
		try {
			this.log.write(group);
		}
		catch (Throwable ex) {
			failure = ex;
		}
		Commit commit = group;
		while (commit != null) {
			// its thread goes on as soon as it is told
			Commit next = commit.next;
			commit.next = null;
			commit.complete(failure);
			commit = next;
		}
	}

	/**
	 * Append what has arrived, the latest of which is on top, to those that wait.
	 */
	private void queueArrivals() {
		Commit top = this.arrived.getAndSet(null);
		Commit bottom = null;
		Commit commit = top;
		while (commit != null) {
			Commit earlier = commit.next;
			commit.next = bottom;
			bottom = commit;
			commit = earlier;
		}
		if (bottom == null) {
			return;
		}
		if (this.last == null) {
			this.first = bottom;
		}
		else {
			this.last.next = bottom;
		}
		this.last = top;
	}

	/**
	 * Take as many of those that wait as one write may have, at least one if there is
	 * any.
	 */
	private @Nullable Commit takeGroup() {
		Commit group = this.first;
		if (group == null) {
			return null;
		}
		Commit end = group;
		long bytes = end.write().bytes();
		while (end.next != null && bytes + end.next.write().bytes() <= MOST_BYTES) {
			end = end.next;
			bytes += end.write().bytes();
		}
		this.first = end.next;
		if (this.first == null) {
			this.last = null;
		}
		end.next = null;
		return group;
	}

	/**
	 * End the thread. No commit may be under way.
	 */
	@Override
	public void close() {
		this.closed = true;
		LockSupport.unpark(this.thread);
		boolean interrupted = false;
		while (this.thread.isAlive()) {
			try {
				this.thread.join();
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Where the commits go.
	 */
	interface Log {

		/**
		 * Write commits together, all or none of them. Not called by two threads at once.
		 * @param group the first of them, which leads to the {@linkplain Commit#next
		 * next}
		 */
		void write(Commit group) throws RocksDBException;

	}

}
