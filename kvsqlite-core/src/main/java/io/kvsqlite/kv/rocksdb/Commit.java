package io.kvsqlite.kv.rocksdb;

import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

import io.kvsqlite.kv.KvWrite;

/**
 * A write of an actor and the owner record that goes with it, on its way to the log. The
 * thread that made it waits until another, or itself, says what became of it.
 */
final class Commit {

	private static final byte[] NO_BYTES = {};

	private final RocksDbKeys space;

	private final KvWrite write;

	private final OwnerRecord record;

	private final Thread thread = Thread.currentThread();

	/**
	 * The commit behind this one in the list that it is in. Belongs to that list.
	 */
	@Nullable Commit next;

	/**
	 * Written before {@code done}, and not again.
	 */
	private @Nullable Throwable failure;

	private volatile boolean done;

	Commit(RocksDbKeys space, KvWrite write, OwnerRecord record) {
		this.space = space;
		this.write = write;
		this.record = record;
	}

	RocksDbKeys space() {
		return this.space;
	}

	KvWrite write() {
		return this.write;
	}

	OwnerRecord record() {
		return this.record;
	}

	/**
	 * Add the owner record, and with the actor's first commit its entry in the list.
	 */
	void addOwnerTo(WriteBatch batch) throws RocksDBException {
		if (this.record.lastCommit().number() == OwnerRecord.FIRST_COMMIT) {
			batch.put(this.space.listEntry(), NO_BYTES);
		}
		batch.put(this.space.ownerRecord(), this.record.encode());
	}

	/**
	 * Say what became of it.
	 * @param failure why it may not be in the log, {@code null} if it is
	 */
	void complete(@Nullable Throwable failure) {
		this.failure = failure;
		this.done = true;
		if (this.thread != Thread.currentThread()) {
			LockSupport.unpark(this.thread);
		}
	}

	/**
	 * Wait until it is known what became of it, with the thread's interrupt held back: a
	 * commit under way cannot be called off.
	 * @throws RocksDBException if RocksDB failed
	 * @throws IllegalStateException if something else did
	 */
	void await() throws RocksDBException {
		boolean interrupted = false;
		while (!this.done) {
			LockSupport.park(this);
			if (Thread.interrupted()) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
		Throwable failure = this.failure;
		if (failure instanceof RocksDBException ex) {
			// one for each thread: each adds to it what it knows
			RocksDBException own = new RocksDBException(ex.getMessage(), ex.getStatus());
			own.initCause(ex);
			throw own;
		}
		if (failure != null) {
			throw new IllegalStateException("The write that a commit was a part of failed", failure);
		}
	}

}
