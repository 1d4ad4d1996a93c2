package io.kvsqlite.testing;

import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

/**
 * Counts the round trips to another store by kind, those that fail included. Safe for use
 * by many threads.
 */
public final class CountingKvStore extends ForwardingKvStore {

	private final AtomicLong opens = new AtomicLong();

	private final AtomicLong reads = new AtomicLong();

	private final AtomicLong keysRead = new AtomicLong();

	private final AtomicLong writes = new AtomicLong();

	private final AtomicLong keysWritten = new AtomicLong();

	private final AtomicLong deletes = new AtomicLong();

	private final AtomicLong snapshots = new AtomicLong();

	private final AtomicLong snapshotReads = new AtomicLong();

	private final AtomicLong closes = new AtomicLong();

	/**
	 * Create a store that counts.
	 * @param delegate the store that does the work; closed with this one
	 */
	public CountingKvStore(KvStore delegate) {
		super(delegate);
	}

	/**
	 * Return what was counted since this store was made or last reset.
	 * @return the counts as of now
	 */
	public Counts counts() {
		return new Counts(this.opens.get(), this.reads.get(), this.keysRead.get(), this.writes.get(),
				this.keysWritten.get(), this.deletes.get(), this.snapshots.get(), this.snapshotReads.get(),
				this.closes.get());
	}

	/**
	 * Start again from zero.
	 */
	public void reset() {
		this.opens.set(0);
		this.reads.set(0);
		this.keysRead.set(0);
		this.writes.set(0);
		this.keysWritten.set(0);
		this.deletes.set(0);
		this.snapshots.set(0);
		this.snapshotReads.set(0);
		this.closes.set(0);
	}

	@Override
	public KvOpening open(String actorId, byte[][] keys) {
		this.opens.incrementAndGet();
		this.keysRead.addAndGet(keys.length);
		return super.open(actorId, keys);
	}

	@Override
	public KvSnapshot snapshot(String actorId) {
		this.snapshots.incrementAndGet();
		return super.snapshot(actorId);
	}

	@Override
	protected KvSession wrap(KvSession session) {
		return new CountingKvSession(session);
	}

	@Override
	protected KvSnapshot wrap(KvSnapshot snapshot) {
		return new CountingKvSnapshot(snapshot);
	}

	/**
	 * Round trips by kind.
	 *
	 * @param opens how often an actor was opened
	 * @param reads how often a session read; an open with keys is no read
	 * @param keysRead how many keys were asked for by opens and by reads of sessions
	 * @param writes how often a session wrote
	 * @param keysWritten how many keys those writes had, as {@link KvWrite#keys()} counts
	 * @param deletes how often a session deleted its actor
	 * @param snapshots how often a snapshot was taken
	 * @param snapshotReads how often a snapshot was read or its keys were listed
	 * @param closes how often a session was closed
	 */
	public record Counts(long opens, long reads, long keysRead, long writes, long keysWritten, long deletes,
			long snapshots, long snapshotReads, long closes) {

		/**
		 * Return the round trips of opening, reading, writing and deleting. Closes are
		 * left out: the embedded stores need none for them.
		 * @return their number
		 */
		public long roundTrips() {
			return this.opens + this.reads + this.writes + this.deletes + this.snapshots + this.snapshotReads;
		}

	}

	private final class CountingKvSession extends ForwardingKvSession {

		CountingKvSession(KvSession delegate) {
			super(delegate);
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			CountingKvStore.this.reads.incrementAndGet();
			CountingKvStore.this.keysRead.addAndGet(keys.length);
			return super.read(keys);
		}

		@Override
		public void write(KvWrite write) {
			CountingKvStore.this.writes.incrementAndGet();
			CountingKvStore.this.keysWritten.addAndGet(write.keys());
			super.write(write);
		}

		@Override
		public void delete() {
			CountingKvStore.this.deletes.incrementAndGet();
			super.delete();
		}

		@Override
		public void close() {
			CountingKvStore.this.closes.incrementAndGet();
			super.close();
		}

	}

	private final class CountingKvSnapshot extends ForwardingKvSnapshot {

		CountingKvSnapshot(KvSnapshot delegate) {
			super(delegate);
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			CountingKvStore.this.snapshotReads.incrementAndGet();
			return super.read(keys);
		}

		@Override
		public byte[][] keys(byte[] from, int limit) {
			CountingKvStore.this.snapshotReads.incrementAndGet();
			return super.keys(from, limit);
		}

	}

}
