package io.kvsqlite.vfs;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one door between an actor's files and the store: every chunk byte passes here, and
 * here it is decided what a failure means.
 *
 * <p>
 * A read that fails leaves the actor usable: nothing changed, and SQLite unwinds the
 * statement. A write that fails, a lost ownership, a store that is closed or found its
 * own data damaged (it may have lost commits that SQLite's page cache still shows), and
 * an {@link Error} are fatal: from then on every call fails with
 * {@link ActorFailedException}, so that neither a page cache nor a read-ahead buffer
 * outlives an unknown state. The next connection opens the actor afresh.
 *
 * <p>
 * A write with an unknown outcome is settled on the spot: the actor is opened again,
 * which gives it another fence and so keeps the write from arriving late, and the
 * identity of the last commit, its number and its writer, says whether it had arrived: it
 * is ours, or exactly the one before it. Any other means that somebody else wrote, or
 * that the store went back in time. Numbers alone say nothing: another owner's commit may
 * have the same.
 *
 * <p>
 * From the first unknown outcome on, only success is definite. Whatever else goes wrong,
 * the open that should have settled it included, the write fails with
 * {@link KvIndeterminateException}: it may be there, and "try again" would be the wrong
 * thing to say. That holds for a connection that is closed by force meanwhile, too; it is
 * not opened again, for somebody else may have the actor by then.
 *
 * <p>
 * Used by the thread that holds the connection; {@link #fail} may be called by any.
 */
final class ActorSession {

	private static final Logger logger = LoggerFactory.getLogger(ActorSession.class);

	private static final int SETTLE_ATTEMPTS = 3;

	private static final byte[][] NO_KEYS = {};

	private final KvStore store;

	private final String actorId;

	private final VfsListener listener;

	private volatile KvSession session;

	private int reopened;

	private volatile @Nullable ActorFailedException failure;

	ActorSession(KvStore store, KvSession session, VfsListener listener) {
		this.store = store;
		this.session = session;
		this.actorId = session.actorId();
		this.listener = listener;
	}

	String actorId() {
		return this.actorId;
	}

	VfsListener listener() {
		return this.listener;
	}

	KvLimits limits() {
		return this.store.limits();
	}

	long epoch() {
		return this.session.epoch();
	}

	KvCommit lastCommit() {
		return this.session.lastCommit();
	}

	/**
	 * Return the number of the last commit.
	 */
	long commit() {
		return lastCommit().number();
	}

	/**
	 * Return how often the actor was opened again: what was read under an earlier
	 * ownership is not to be used.
	 */
	int reopened() {
		return this.reopened;
	}

	byte[] @Nullable [] read(byte[][] keys) {
		return read(keys, new byte[keys.length][]);
	}

	/**
	 * Read some keys into arrays that are lent to the store.
	 */
	byte[] @Nullable [] read(byte[][] keys, byte[] @Nullable [] arrays) {
		checkUsable();
		long start = System.nanoTime();
		try {
			byte[] @Nullable [] values = this.session.read(keys, arrays);
			this.listener.storeRead(this.actorId, keys.length, System.nanoTime() - start, null);
			return values;
		}
		catch (Throwable ex) {
			this.listener.storeRead(this.actorId, keys.length, System.nanoTime() - start, ex);
			if (ex instanceof KvOwnershipLostException || ex instanceof KvClosedException
					|| ex instanceof KvCorruptionException || ex instanceof KvIndeterminateException
					|| ex instanceof Error) {
				throw fail("a read failed", ex);
			}
			throw ex;
		}
	}

	void write(KvWrite write) {
		checkUsable();
		try {
			writeOnce(write);
		}
		catch (KvIndeterminateException ex) {
			settle(write, ex);
		}
		catch (KvDefiniteException ex) {
			throw fail("a write failed", ex);
		}
		catch (Throwable ex) {
			throw fail("a write may or may not have been applied", unknown(ex));
		}
	}

	/**
	 * Write once. Whatever a store throws that its contract does not know leaves the
	 * outcome unknown.
	 */
	private void writeOnce(KvWrite write) {
		long start = System.nanoTime();
		Throwable failure = null;
		try {
			this.session.write(write);
		}
		catch (KvException | Error ex) {
			failure = ex;
			throw ex;
		}
		catch (RuntimeException ex) {
			failure = new KvIndeterminateException("The store failed in an unexpected way", ex);
			throw (KvIndeterminateException) failure;
		}
		finally {
			written(write, System.nanoTime() - start, failure);
		}
	}

	/**
	 * Tell of a write. A listener that fails must not make it look as if the write had.
	 */
	private void written(KvWrite write, long nanos, @Nullable Throwable failure) {
		try {
			this.listener.storeWritten(this.actorId, write.keys(), write.bytes(), nanos, failure);
		}
		catch (RuntimeException ex) {
			logger.warn("The listener of actor '{}' failed", this.actorId, ex);
		}
	}

	private void resolved(boolean applied) {
		try {
			this.listener.writeResolved(this.actorId, applied);
		}
		catch (RuntimeException ex) {
			logger.warn("The listener of actor '{}' failed", this.actorId, ex);
		}
	}

	/**
	 * Find out whether a write arrived, and write again if it did not. Works with the
	 * thread's interrupt held back: a commit's outcome matters more.
	 */
	private void settle(KvWrite write, KvIndeterminateException unknown) {
		boolean interrupted = Thread.interrupted();
		try {
			KvIndeterminateException last = unknown;
			for (int attempt = 1; attempt <= SETTLE_ATTEMPTS; attempt++) {
				boolean applied = wasApplied(last);
				resolved(applied);
				if (applied) {
					return;
				}
				try {
					writeOnce(write);
					return;
				}
				catch (KvIndeterminateException ex) {
					last = ex;
				}
			}
			throw last;
		}
		catch (Throwable ex) {
			KvIndeterminateException outcome = unknown(ex);
			if (outcome != unknown) {
				outcome.addSuppressed(unknown);
			}
			throw fail("a write may or may not have been applied", outcome);
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Open the actor again, and find out whether the write that was to make the next
	 * commit was applied.
	 * @param unknown why that is not known
	 */
	private boolean wasApplied(KvIndeterminateException unknown) {
		if (this.failure != null) {
			throw unknown;
		}
		KvSession earlier = this.session;
		KvCommit before = earlier.lastCommit();
		KvCommit ours = before.next(earlier.fence());
		this.session = this.store.open(this.actorId, NO_KEYS).session();
		this.reopened++;
		earlier.close();
		if (this.failure != null) {
			// closed by force meanwhile, which closed the earlier session at most
			this.session.close();
		}
		KvCommit found = this.session.lastCommit();
		if (!found.equals(before) && !found.equals(ours)) {
			throw new KvIndeterminateException(
					("Whether commit %s of actor '%s' was applied cannot be told, for after commit %s the store has commit %s:"
							+ " another owner wrote since, or the store went back in time and lost what it had acknowledged")
						.formatted(ours, this.actorId, before, found));
		}
		return found.equals(ours);
	}

	/**
	 * Return an unknown outcome as what it is, whatever made it one or kept it from being
	 * settled.
	 */
	private KvIndeterminateException unknown(Throwable reason) {
		return (reason instanceof KvIndeterminateException unknown) ? unknown
				: new KvIndeterminateException("Whether commit %d of actor '%s' was applied is not known: %s"
					.formatted(commit() + 1, this.actorId, reason.getMessage()), reason);
	}

	void checkUsable() {
		ActorFailedException failure = this.failure;
		if (failure != null) {
			throw failure;
		}
	}

	@Nullable ActorFailedException failure() {
		return this.failure;
	}

	/**
	 * Make the actor unusable, unless it is already. A write whose outcome is unknown
	 * takes the place of any other failure, such as a close by force while it was under
	 * way: nobody must take it for one that was not applied.
	 * @return the failure that counts, to be thrown
	 */
	ActorFailedException fail(String problem, @Nullable Throwable cause) {
		synchronized (this) {
			ActorFailedException earlier = this.failure;
			if (earlier != null && (earlier.getCause() instanceof KvIndeterminateException
					|| !(cause instanceof KvIndeterminateException))) {
				return earlier;
			}
			ActorFailedException failure = new ActorFailedException(
					"Actor '%s' cannot be used any more, %s".formatted(this.actorId, problem)
							+ ((cause != null) ? ": " + cause.getMessage() : ""),
					cause);
			this.failure = failure;
			if (cause != null) {
				logger.warn("{}", failure.getMessage(), cause);
				this.listener.connectionPoisoned(this.actorId, cause);
			}
			return failure;
		}
	}

	CorruptedActorException corrupted(CorruptedActorException corruption) {
		logger.error("{}", corruption.getMessage());
		this.listener.corruptionFound(this.actorId, corruption);
		return corruption;
	}

	void close() {
		this.session.close();
	}

}
