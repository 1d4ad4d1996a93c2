package io.kvsqlite.vfs;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvStore;
import org.jspecify.annotations.Nullable;

/**
 * The files of one actor's database, opened under one ownership: what a connection is
 * opened on.
 *
 * <p>
 * Used by the thread that holds the connection. {@link #failure()}, {@link #fail} and the
 * numbers may be called by any thread.
 */
public final class ActorFiles implements AutoCloseable {

	private final ActorSession session;

	private final Transaction transaction;

	private final boolean created;

	private ActorFiles(ActorSession session, Transaction transaction, boolean created) {
		this.session = session;
		this.transaction = transaction;
		this.created = created;
	}

	/**
	 * Take ownership of an actor and open its files. A new actor gets an empty database.
	 * @param store the store
	 * @param actorId the actor
	 * @param settings how to use memory and the store
	 * @param listener hears what is done to the store
	 * @param sqliteVersionNumber the version that SQLite would note in a new database
	 * @return the files
	 * @throws io.kvsqlite.kv.KvActorOwnedException if another live owner holds the actor
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 * @throws CorruptedActorException if what is stored is damaged
	 * @throws UnsupportedDatabaseException if the database cannot be opened here
	 */
	public static ActorFiles open(KvStore store, String actorId, VfsSettings settings, VfsListener listener,
			int sqliteVersionNumber) {
		byte[][] keys = StoredFiles.keys(settings.preloadChunks());
		long start = System.nanoTime();
		KvOpening opening;
		try {
			opening = store.open(actorId, keys);
		}
		catch (Throwable ex) {
			listener.storeRead(actorId, keys.length, System.nanoTime() - start, ex);
			throw ex;
		}
		ActorSession session = null;
		ActorFiles files = null;
		try {
			listener.storeRead(actorId, keys.length, System.nanoTime() - start, null);
			session = new ActorSession(store, opening.session(), listener);
			StoredFiles found = new StoredFiles(session, opening.values());
			boolean created = !found.exists();
			if (created) {
				found.create(sqliteVersionNumber);
			}
			files = new ActorFiles(session, new Transaction(session, settings, found), created);
			return files;
		}
		finally {
			if (files == null && session != null) {
				session.close();
			}
			else if (files == null) {
				opening.session().close();
			}
		}
	}

	/**
	 * Return the actor.
	 * @return the actor's id
	 */
	public String actorId() {
		return this.session.actorId();
	}

	/**
	 * Return whether this open created the actor.
	 * @return whether the actor is new
	 */
	public boolean isCreated() {
		return this.created;
	}

	/**
	 * Return the main database file.
	 * @return the file
	 */
	public VfsFile main() {
		return this.transaction.main();
	}

	/**
	 * Return the rollback journal.
	 * @return the file, which may be empty
	 */
	public VfsFile journal() {
		return this.transaction.journal();
	}

	/**
	 * Return a new file without a name, kept in memory.
	 * @return the file
	 */
	public static VfsFile temporary() {
		return new TemporaryFile();
	}

	/**
	 * Return whether SQLite would find a journal beside the database.
	 * @return whether there is one
	 */
	public boolean journalExists() {
		return this.transaction.journal().exists();
	}

	/**
	 * Delete the journal: the end of the transaction.
	 */
	public void deleteJournal() {
		this.transaction.journalEnded();
	}

	/**
	 * The commit point: all pages of the transaction were written to the main file.
	 */
	public void commitPoint() {
		this.transaction.commitPoint();
	}

	/**
	 * Have the next transaction verified before it commits. A transaction that is rolled
	 * back is not verified.
	 * @param verification looks at the transaction, and may refuse it
	 */
	public void verifyNextCommit(CommitVerification verification) {
		this.transaction.verifyNext(verification);
	}

	/**
	 * Return whether SQLite has written anything since the last commit or rollback.
	 * @return whether a transaction is being written
	 */
	public boolean isWriting() {
		return !this.transaction.isClean();
	}

	/**
	 * Return whether the commit point would store a transaction none of which is stored:
	 * then it can still be refused, and SQLite rolls back.
	 * @return whether it would
	 */
	public boolean isCommitting() {
		return this.transaction.isCommitting();
	}

	/**
	 * Begin a batch-atomic write: what is written to the main file from here on is
	 * {@linkplain #commitAtomically() committed} or {@linkplain #rollBackAtomic() rolled
	 * back} without a journal.
	 */
	public void beginAtomic() {
		this.transaction.beginAtomic();
	}

	/**
	 * Commit what was written as one atomic write, or not at all: the commit point where
	 * SQLite was built with batch-atomic writes.
	 * @return whether it fits into one write; if not, nothing was written
	 */
	public boolean commitAtomically() {
		return this.transaction.commitAtomically();
	}

	/**
	 * Forget what was written since the last commit, none of which is stored.
	 */
	public void rollBackAtomic() {
		this.transaction.rollBackAtomic();
	}

	/**
	 * Fail everything from now on.
	 * @param problem why, as the second half of a sentence
	 * @param cause what caused it, or {@code null} if nobody needs to be told
	 * @return the failure, the first one if there was one already
	 */
	public ActorFailedException fail(String problem, @Nullable Throwable cause) {
		return this.session.fail(problem, cause);
	}

	/**
	 * Return why the files cannot be used any more.
	 * @return the failure, or {@code null} if there was none
	 */
	public @Nullable ActorFailedException failure() {
		return this.session.failure();
	}

	/**
	 * Return the epoch of the ownership.
	 * @return the epoch
	 */
	public long epoch() {
		return this.session.epoch();
	}

	/**
	 * Return the last commit.
	 * @return its number and its writer
	 */
	public KvCommit lastCommit() {
		return this.session.lastCommit();
	}

	/**
	 * Return the number of the last commit.
	 * @return the commit number
	 */
	public long commit() {
		return this.session.commit();
	}

	/**
	 * Give up memory that an idle actor does not need.
	 */
	public void trim() {
		this.transaction.trim();
	}

	/**
	 * Give the ownership up. Idempotent.
	 */
	@Override
	public void close() {
		this.session.close();
	}

}
