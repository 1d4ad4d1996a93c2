package io.kvsqlite.vfs;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOpening;
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
 * which takes the epoch up and so keeps the write from arriving late, and the commit
 * number says whether it had arrived. That answer is only taken when the epoch went up by
 * exactly one; otherwise someone else may have owned the actor in between, and the same
 * number may stand for another commit.
 *
 * <p>
 * Used by the thread that holds the connection; {@link #fail} may be called by any.
 */
final class ActorSession {

	private static final Logger logger = LoggerFactory.getLogger(ActorSession.class);

	private static final int RESOLVE_ATTEMPTS = 3;

	private static final byte[][] NO_KEYS = {};

	private final KvStore store;

	private final String actorId;

	private final VfsListener listener;

	private KvSession session;

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

	long commit() {
		return this.session.commit();
	}

	/**
	 * Return how often the actor was opened again: what was read under an earlier epoch
	 * is not to be used.
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
			resolve(write, ex);
		}
		catch (Throwable ex) {
			throw fail("a write failed", ex);
		}
	}

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
			// a store that breaks its contract: nothing is known of the write
			failure = new KvIndeterminateException("The store failed in an unexpected way", ex);
			throw (KvIndeterminateException) failure;
		}
		finally {
			this.listener.storeWritten(this.actorId, write.keys(), write.bytes(), System.nanoTime() - start, failure);
		}
	}

	/**
	 * Find out whether a write arrived, and write again if it did not. Works with the
	 * thread's interrupt held back: a commit's outcome matters more.
	 */
	private void resolve(KvWrite write, KvIndeterminateException unknown) {
		boolean interrupted = Thread.interrupted();
		try {
			KvIndeterminateException last = unknown;
			for (int attempt = 1; attempt <= RESOLVE_ATTEMPTS; attempt++) {
				boolean applied = reopen();
				this.listener.writeResolved(this.actorId, applied);
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
			if (ex != unknown) {
				ex.addSuppressed(unknown);
			}
			throw fail("a write may or may not have been applied", ex);
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Open the actor again.
	 * @return whether the write that carried the next commit number was applied
	 */
	private boolean reopen() {
		long epoch = this.session.epoch();
		long commit = this.session.commit();
		KvOpening opening = this.store.open(this.actorId, NO_KEYS);
		KvSession earlier = this.session;
		this.session = opening.session();
		this.reopened++;
		earlier.close();
		long found = this.session.commit();
		if (this.session.epoch() != epoch + 1 || found < commit || found > commit + 1) {
			throw new KvIndeterminateException(
					"Another owner may have written in between: epoch %d became %d, commit %d became %d"
						.formatted(epoch, this.session.epoch(), commit, found));
		}
		return found == commit + 1;
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
	 * Make the actor unusable, unless it is already.
	 * @return the first failure, to be thrown
	 */
	ActorFailedException fail(String problem, @Nullable Throwable cause) {
		synchronized (this) {
			ActorFailedException earlier = this.failure;
			if (earlier != null) {
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
