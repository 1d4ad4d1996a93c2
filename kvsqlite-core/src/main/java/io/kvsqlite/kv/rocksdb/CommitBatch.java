package io.kvsqlite.kv.rocksdb;

import java.nio.ByteBuffer;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.kv.KvWrite;

/**
 * Writes commits that only put values, several together as one write to RocksDB. The
 * memory for it is kept, and RocksDB copies keys and values right out of it. Not for use
 * by several threads at once.
 */
final class CommitBatch implements GroupCommit.Log, KvWrite.Visitor<RocksDBException>, AutoCloseable {

	private static final int KEY_BYTES = 1024;

	private final RocksDB db;

	private final WriteOptions options;

	private final WriteBatch batch = new WriteBatch();

	private final ByteBuffer keyBuffer = ByteBuffer.allocateDirect(KEY_BYTES);

	private final ByteBuffer valueBuffer = ByteBuffer.allocateDirect(ChunkKeys.CHUNK_SIZE);

	private @Nullable RocksDbKeys space;

	CommitBatch(RocksDB db, WriteOptions options) {
		this.db = db;
		this.options = options;
	}

	@Override
	public void write(Commit group) throws RocksDBException {
		this.batch.clear();
		for (Commit commit = group; commit != null; commit = commit.next) {
			add(commit);
		}
		this.db.write(this.options, this.batch);
	}

	private void add(Commit commit) throws RocksDBException {
		commit.addOwnerTo(this.batch);
		this.space = commit.space();
		commit.write().forEach(this);
	}

	@Override
	public void put(byte[] key, byte[] value) throws RocksDBException {
		RocksDbKeys keys = Objects.requireNonNull(this.space);
		if (keys.prefixLength() + key.length > KEY_BYTES || value.length > ChunkKeys.CHUNK_SIZE) {
			this.batch.put(keys.of(key), value);
			return;
		}
		this.keyBuffer.clear();
		keys.put(this.keyBuffer, key);
		this.valueBuffer.clear();
		this.valueBuffer.put(value);
		this.batch.put(this.keyBuffer.flip(), this.valueBuffer.flip());
	}

	@Override
	public void delete(byte[] key) {
		throw new IllegalArgumentException("Only puts are written together");
	}

	@Override
	public void deleteRange(byte[] from, byte[] to) {
		throw new IllegalArgumentException("Only puts are written together");
	}

	@Override
	public void close() {
		this.batch.close();
	}

}
