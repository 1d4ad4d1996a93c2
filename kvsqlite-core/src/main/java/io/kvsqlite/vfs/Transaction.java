package io.kvsqlite.vfs;

import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvWrite;
import org.jspecify.annotations.Nullable;

/**
 * The commit protocol: what SQLite's writes mean for the store, by the phase in which the
 * transaction is.
 *
 * <p>
 * SQLite writes before-images to its journal and then pages to the main file; both are
 * kept in memory. The file control {@code SQLITE_FCNTL_SYNC} on the main file is the
 * <em>commit point</em>: everything the transaction changed goes to the store in one
 * atomic write, and the journal never does. What follows, SQLite's end of the journal,
 * drops memory.
 *
 * <p>
 * A transaction that does not fit, into the store's limits or into memory, is
 * <em>journaled</em>: journal chunks, then journal metadata, then main chunks, in that
 * order at every moment, so that whatever a crash leaves is a hot journal that SQLite
 * rolls back at the next open. Its commit point is the deletion of the journal's
 * metadata.
 *
 * <pre>
 *            write               commit point            end of journal
 *   CLEAN ----------> BUFFERED ----------------> COMMITTED ------------> CLEAN
 *                      |    |                        |
 *                      |    | playback               | does not fit, or
 *                      |    v                        | too much memory
 *                      |  ROLLING_BACK --> CLEAN     v
 *                      +------------------------> JOURNALED -----------> CLEAN
 *                                                     ^
 *                            hot journal at the open -+
 * </pre>
 *
 * <p>
 * An SQLite that was built with batch-atomic writes announces the pages of a transaction,
 * which is the phase ATOMIC, and leads from CLEAN to CLEAN: by one write, by a rollback,
 * or by an answer that it does not fit, after which SQLite starts over with a journal.
 *
 * <p>
 * A rollback of what the store never saw costs nothing: the buffer is dropped when SQLite
 * starts to play the journal back, and what it writes then is what the store holds. In
 * the phase COMMITTED a playback is no such thing: a transaction over several databases
 * was stored here and failed there, so its before-images are written like a transaction.
 *
 * @see <a href="https://www.sqlite.org/atomiccommit.html">Atomic Commit In SQLite</a>
 */
final class Transaction {

	private enum Phase {

		CLEAN, BUFFERED, ATOMIC, ROLLING_BACK, COMMITTED, JOURNALED

	}

	private final ActorSession session;

	private final long memoryLimit;

	private final MainFile main;

	private final JournalFile journal;

	private Phase phase;

	/**
	 * The number of the last commit before the journaled transaction.
	 */
	private long commitBefore;

	/**
	 * What looks at the next transaction before it commits.
	 */
	private @Nullable CommitVerification verification;

	/**
	 * What has looked at this transaction, and is to be told when it committed.
	 */
	private @Nullable CommitVerification verified;

	Transaction(ActorSession session, VfsSettings settings, StoredFiles found) {
		this.session = session;
		this.memoryLimit = settings.transactionMemory();
		StoredChunks mainChunks = new StoredChunks(session, FileTag.MAIN, settings.readAheadChunks());
		found.preload(mainChunks);
		this.main = new MainFile(mainChunks, this, found.mainSize());
		this.journal = new JournalFile(new StoredChunks(session, FileTag.JOURNAL, settings.readAheadChunks()), this);
		if (found.journalSize() >= 0) {
			this.journal.found(found.journalSize(), found.journalIsHot(), found.journalHasParts());
		}
		this.phase = found.journalIsHot() ? Phase.JOURNALED : Phase.CLEAN;
		this.commitBefore = session.commit();
		mainChunks.follow(new MainState());
	}

	MainFile main() {
		return this.main;
	}

	JournalFile journal() {
		return this.journal;
	}

	/**
	 * Return whether nothing is under way.
	 */
	boolean isClean() {
		return this.phase == Phase.CLEAN;
	}

	/**
	 * The main file is about to be written.
	 * @return whether the bytes matter; while rolling back they are those that are stored
	 */
	boolean beginMainWrite() {
		this.session.checkUsable();
		if (this.phase == Phase.CLEAN) {
			this.phase = Phase.BUFFERED;
		}
		return this.phase != Phase.ROLLING_BACK;
	}

	/**
	 * The main file is about to be cut. SQLite does that after a commit, too: then the
	 * phase stays as it is, and nothing is done where nothing serves any more.
	 * @return whether that matters
	 */
	boolean beginMainTruncate() {
		if (this.phase == Phase.CLEAN) {
			return this.session.failure() == null;
		}
		this.session.checkUsable();
		return this.phase != Phase.ROLLING_BACK;
	}

	void beginJournalWrite() {
		this.session.checkUsable();
		if (this.phase == Phase.CLEAN) {
			this.phase = Phase.BUFFERED;
		}
	}

	/**
	 * SQLite is about to play back the journal and end the transaction.
	 */
	void playbackStarts() {
		this.verification = null;
		this.verified = null;
		if (this.phase == Phase.BUFFERED) {
			this.main.discard();
			this.phase = Phase.ROLLING_BACK;
		}
	}

	/**
	 * A file was written: keep to the memory limit. A batch-atomic write has no journal
	 * to be stored; all its pages are in SQLite's cache, which bounds them.
	 */
	void written() {
		if (this.phase != Phase.ATOMIC && this.main.memory() + this.journal.memory() > this.memoryLimit) {
			spill();
		}
	}

	/**
	 * Cut or extend the main file. After a commit that is a write of its own: the
	 * transaction is durable, so whatever fails here is not its failure. It leaves a tail
	 * that the database's header does not count, and an actor to be opened afresh.
	 */
	void resizeMain(Runnable change) {
		if (this.phase != Phase.CLEAN) {
			change.run();
			return;
		}
		try {
			change.run();
			this.session.write(this.main.toWrite());
			this.main.flushed();
		}
		catch (Throwable ex) {
			this.session.fail("its file could not be cut after a commit", ex);
		}
	}

	/**
	 * Return whether the commit point would store a transaction of which nothing is
	 * stored.
	 */
	boolean isCommitting() {
		return this.phase == Phase.BUFFERED && this.main.isChanged();
	}

	/**
	 * All pages of the transaction were written.
	 */
	void commitPoint() {
		this.session.checkUsable();
		if (this.main.isChanged()) {
			switch (this.phase) {
				case BUFFERED, COMMITTED -> commit();
				case JOURNALED -> finishJournaled();
				case ATOMIC, ROLLING_BACK, CLEAN -> throw this.session
					.fail("its file was changed outside of a transaction, in phase " + this.phase, null);
			}
		}
		if (this.phase == Phase.JOURNALED) {
			// all of it is stored, and the journal's end, which makes it count, follows
			verify();
		}
	}

	/**
	 * Have the next transaction verified at the last moment at which it can be refused.
	 * That is forgotten when the transaction is rolled back.
	 */
	void verifyNext(CommitVerification verification) {
		this.verification = verification;
	}

	private void verify() {
		CommitVerification verification = this.verification;
		this.verification = null;
		if (verification != null) {
			verification.verify();
			this.verified = verification;
		}
	}

	private void tellVerified() {
		CommitVerification verified = this.verified;
		this.verified = null;
		if (verified != null) {
			verified.committed();
		}
	}

	private void commit() {
		if (this.main.fits(this.session.limits(), this.journal.isStale() ? 2 : 0)) {
			verify();
			KvWrite write = this.main.toWrite();
			if (this.journal.isStale()) {
				this.journal.addDeletion(write);
			}
			this.session.write(write);
			tellVerified();
			this.phase = Phase.COMMITTED;
			committed();
		}
		else {
			becomeJournaled();
			finishJournaled();
		}
	}

	/**
	 * A transaction is durable. Whatever fails from here on is not its failure: it leaves
	 * an actor to be opened afresh.
	 */
	private void committed() {
		try {
			this.main.flushed();
			if (this.journal.isStale()) {
				this.journal.deleted();
			}
		}
		catch (Throwable ex) {
			this.session.fail("its buffers could not be emptied after a commit", ex);
		}
	}

	/**
	 * What is written from here on is to be committed atomically, or rolled back: SQLite
	 * keeps its journal to itself.
	 */
	void beginAtomic() {
		this.session.checkUsable();
		if (this.phase == Phase.CLEAN) {
			this.phase = Phase.ATOMIC;
		}
	}

	/**
	 * The commit point of a transaction whose journal SQLite keeps to itself, because it
	 * was built with batch-atomic writes. There is no end of journal to follow.
	 * @return whether it fits into one write; if not, SQLite starts over with a journal
	 */
	boolean commitAtomically() {
		this.session.checkUsable();
		if (this.main.isChanged()) {
			if (!this.main.fits(this.session.limits(), this.journal.isStale() ? 2 : 0)) {
				return false;
			}
			commit();
		}
		this.phase = Phase.CLEAN;
		return true;
	}

	void rollBackAtomic() {
		if (this.phase == Phase.ATOMIC) {
			this.main.discard();
			this.phase = Phase.CLEAN;
		}
	}

	private void finishJournaled() {
		BatchWriter out = new BatchWriter(this.session);
		this.journal.spill(out);
		this.main.finish(out, this.session);
	}

	private void spill() {
		if (this.phase != Phase.JOURNALED) {
			becomeJournaled();
		}
		BatchWriter out = new BatchWriter(this.session);
		this.journal.spill(out);
		this.main.spill(out);
		out.flushUnlessSomethingWasWritten();
	}

	private void becomeJournaled() {
		if (this.journal.size() == 0) {
			throw this.session.fail("a change without a journal is too large for one write", null);
		}
		if (this.journal.isStale()) {
			KvWrite deletion = new KvWrite();
			this.journal.addDeletion(deletion);
			this.session.write(deletion);
			this.journal.deleted();
		}
		this.phase = Phase.JOURNALED;
		this.commitBefore = this.session.commit();
		this.session.listener().transactionJournaled(this.session.actorId());
	}

	/**
	 * SQLite ended the journal: it zeroed its header, cut it to nothing, or deleted it.
	 * Where the transaction is stored already, this only drops memory, and does not ask
	 * whether the actor still serves: a close by force that came after the commit point
	 * must not make the commit fail.
	 */
	void journalEnded() {
		if (this.phase != Phase.COMMITTED && this.phase != Phase.CLEAN) {
			this.session.checkUsable();
		}
		if (this.phase == Phase.JOURNALED) {
			requireUnchanged();
			KvWrite deletion = new KvWrite();
			this.journal.addDeletion(deletion);
			this.session.write(deletion);
			tellVerified();
		}
		else if (this.phase != Phase.ROLLING_BACK) {
			requireUnchanged();
		}
		Phase ended = this.phase;
		this.phase = Phase.CLEAN;
		try {
			if (ended == Phase.JOURNALED) {
				this.journal.deleted();
			}
			else if (ended == Phase.ROLLING_BACK) {
				this.main.discard();
			}
			this.journal.clear();
		}
		catch (Throwable ex) {
			this.session.fail("its journal could not be emptied after a transaction", ex);
		}
	}

	/**
	 * Return the error to be thrown where a chunk of the main file cannot be what SQLite
	 * asks for.
	 */
	CorruptedActorException damaged(long chunk, String problem) {
		return this.session
			.corrupted(CorruptedActorException.chunk(this.session.actorId(), FileTag.MAIN, chunk, problem));
	}

	private void requireUnchanged() {
		if (this.main.isChanged()) {
			throw this.session.fail("its journal ended before its pages were stored, in phase " + this.phase, null);
		}
	}

	/**
	 * Give up memory that an idle actor does not need.
	 */
	void trim() {
		if (this.phase == Phase.CLEAN) {
			this.main.trim();
			this.journal.trim();
		}
	}

	/**
	 * The main database as this transaction has left it in the store so far.
	 */
	private final class MainState implements StoredState {

		@Override
		public long version() {
			return isJournaled() ? Transaction.this.commitBefore : Transaction.this.session.commit();
		}

		@Override
		public boolean isWritten(long index) {
			return Transaction.this.main.isSpilled(index);
		}

		@Override
		public @Nullable JournaledPages beforeImages() {
			return isJournaled() ? new JournaledPages(Transaction.this.journal) : null;
		}

		private boolean isJournaled() {
			return Transaction.this.phase == Phase.JOURNALED;
		}

	}

}
