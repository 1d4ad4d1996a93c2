package io.kvsqlite.kv.rocksdb;

import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.rocksdb.Database.OpenSnapshot;

/**
 * A snapshot of the whole database, of which one actor is shown.
 */
final class RocksDbSnapshot implements KvSnapshot {

	private final RocksDbKvStore store;

	private final String actorId;

	private final RocksDbKeys space;

	private final Database database;

	private final OpenSnapshot snapshot;

	private volatile boolean closed;

	RocksDbSnapshot(RocksDbKvStore store, String actorId, RocksDbKeys space, Database database, OpenSnapshot snapshot) {
		this.store = store;
		this.actorId = actorId;
		this.space = space;
		this.database = database;
		this.snapshot = snapshot;
	}

	@Override
	public long commit() {
		return this.snapshot.commit();
	}

	@Override
	public byte[] @Nullable [] read(byte[][] keys) {
		long stamp = enter();
		try {
			return this.database.read(this.space, keys, this.snapshot);
		}
		catch (RocksDBException ex) {
			throw failure(ex);
		}
		finally {
			this.database.exit(stamp);
		}
	}

	@Override
	public byte[][] keys(byte[] from, int limit) {
		RocksDbKvStore.requirePositive(limit);
		long stamp = enter();
		try {
			return this.database.keys(this.space, from, limit, this.snapshot);
		}
		catch (RocksDBException ex) {
			throw failure(ex);
		}
		finally {
			this.database.exit(stamp);
		}
	}

	@Override
	public void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		long stamp;
		try {
			stamp = this.database.enter(this::gone);
		}
		catch (KvDefiniteException ex) {
			// the database was closed, and its snapshots with it
			return;
		}
		try {
			this.database.release(this.snapshot);
		}
		finally {
			this.database.exit(stamp);
		}
	}

	private long enter() {
		if (this.closed) {
			throw new KvClosedException("The snapshot of actor '%s' was closed".formatted(this.actorId));
		}
		return this.database.enter(this::gone);
	}

	private KvDefiniteException gone() {
		return this.store.isClosed() ? this.store.closedException() : new KvSnapshotLostException(
				"The snapshot of actor '%s' was lost when the database was opened again".formatted(this.actorId));
	}

	private KvDefiniteException failure(RocksDBException cause) {
		return RocksDbFailures.definite("Reading a snapshot of actor '%s' failed".formatted(this.actorId), cause);
	}

}
