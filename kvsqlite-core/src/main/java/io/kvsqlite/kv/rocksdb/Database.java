package io.kvsqlite.kv.rocksdb;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

import io.kvsqlite.kv.EpochCounter;
import io.kvsqlite.kv.KvCorruptionException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvWrite;

/**
 * One opened RocksDB database and all its native objects.
 *
 * <p>
 * Two column families: {@code default} has the keys of all actors (see
 * {@link RocksDbKeys}), {@code actors} has an {@link OwnerRecord} for each actor that
 * exists, under the plain bytes of its id; so listing reads nothing else. The empty key
 * of {@code actors}, which is no id, has the store's own record: a version (1 byte) and
 * the largest epoch that may have been handed out (8 bytes).
 *
 * <p>
 * A native object used after it was closed takes the JVM down. So whoever calls a method
 * of this class is between {@link #enter} and {@link #exit}, and {@link #close} waits
 * until no one is. A thread enters once at a time: entering again could wait for a close
 * that waits for that thread.
 */
final class Database {

	/**
	 * How many epochs are set aside with one write when the store is opened. Enough for
	 * one a microsecond for 12 days; 8 million openings of the store use them up.
	 */
	private static final long EPOCHS = 1L << 40;

	/**
	 * Ranges of up to this many keys are deleted key by key. A range tombstone costs
	 * every later read of the memory table it is in, a handful of deleted keys do not.
	 */
	private static final int POINT_DELETES = 128;

	private static final int STORE_RECORD_LENGTH = 1 + Long.BYTES;

	private static final byte STORE_RECORD_VERSION = 1;

	private static final byte[] STORE_RECORD_KEY = {};

	private static final byte[] ACTORS = "actors".getBytes(StandardCharsets.UTF_8);

	private final StampedLock guard = new StampedLock();

	private final Deque<AutoCloseable> natives;

	private final Set<OpenSnapshot> snapshots = ConcurrentHashMap.newKeySet();

	private final RocksDB db;

	private final ColumnFamilyHandle chunks;

	private final ColumnFamilyHandle actors;

	private final WriteOptions writeOptions;

	private final ReadOptions readOptions;

	private EpochCounter epochs = new EpochCounter(0);

	private volatile boolean failed;

	private boolean closed;

	private Database(Deque<AutoCloseable> natives, RocksDB db, List<ColumnFamilyHandle> handles, boolean sync) {
		this.natives = natives;
		this.db = db;
		this.chunks = handles.get(0);
		this.actors = handles.get(1);
		this.writeOptions = push(natives, new WriteOptions().setSync(sync));
		this.readOptions = push(natives, new ReadOptions());
	}

	/**
	 * Open the database of a directory, made if there is none.
	 */
	static Database open(RocksDbOptions options) {
		DatabaseDirectory directory = new DatabaseDirectory(options.directory());
		directory.prepare();
		Deque<AutoCloseable> natives = new ArrayDeque<>();
		try {
			Database database = open(options, natives);
			database.reserveEpochs(directory);
			return database;
		}
		catch (RocksDBException ex) {
			closeAll(natives);
			throw directory.failure(ex);
		}
		catch (Throwable ex) {
			closeAll(natives);
			throw ex;
		}
	}

	private static Database open(RocksDbOptions options, Deque<AutoCloseable> natives) throws RocksDBException {
		DBOptions dbOptions = push(natives, new DBOptions());
		ColumnFamilyOptions familyOptions = push(natives, new ColumnFamilyOptions());
		configure(dbOptions, options);
		configure(familyOptions, options, natives);
		options.dbCustomizer().accept(dbOptions);
		options.columnFamilyCustomizer().accept(familyOptions);
		List<ColumnFamilyHandle> handles = new ArrayList<>();
		RocksDB db = RocksDB.open(dbOptions, options.directory().toString(),
				List.of(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, familyOptions),
						new ColumnFamilyDescriptor(ACTORS, familyOptions)),
				handles);
		push(natives, db);
		handles.forEach(natives::push);
		return new Database(natives, db, handles, options.sync());
	}

	private static void configure(DBOptions dbOptions, RocksDbOptions options) {
		dbOptions.setCreateIfMissing(true);
		dbOptions.setCreateMissingColumnFamilies(true);
		// a log that overwrites an old one does not change its size, which halves the
		// work of
		// a synchronous write
		dbOptions.setRecycleLogFileNum(2);
		dbOptions.setMaxTotalWalSize(4 * options.writeBufferBytes());
		dbOptions.setBytesPerSync(1024 * 1024);
		dbOptions.setMaxOpenFiles(1000);
		dbOptions.setKeepLogFileNum(3);
		dbOptions.setMaxLogFileSize(4 * 1024 * 1024);
	}

	private static void configure(ColumnFamilyOptions familyOptions, RocksDbOptions options,
			Deque<AutoCloseable> natives) {
		familyOptions.setWriteBufferSize(options.writeBufferBytes());
		familyOptions.setMaxWriteBufferNumber(3);
		familyOptions.setCompressionType(options.compression().type());
		// many range tombstones in one memory table make its reads slow
		familyOptions.setMemtableMaxRangeDeletions(256);
		BlockBasedTableConfig table = new BlockBasedTableConfig();
		table.setBlockSize(16 * 1024);
		table.setFormatVersion(6);
		table.setFilterPolicy(push(natives, new BloomFilter(10)));
		if (options.blockCacheBytes() == 0) {
			table.setNoBlockCache(true);
		}
		else {
			table.setBlockCache(push(natives, new LRUCache(options.blockCacheBytes())));
			table.setCacheIndexAndFilterBlocks(true);
			table.setPinL0FilterAndIndexBlocksInCache(true);
		}
		familyOptions.setTableFormatConfig(table);
	}

	private void reserveEpochs(DatabaseDirectory directory) throws RocksDBException {
		byte[] record = this.db.get(this.actors, STORE_RECORD_KEY);
		long last = 0;
		if (record != null) {
			ByteBuffer buffer = ByteBuffer.wrap(record);
			if (record.length != STORE_RECORD_LENGTH || buffer.get() != STORE_RECORD_VERSION) {
				throw directory.exception("holds data of a version that this release does not know", null);
			}
			last = buffer.getLong();
			if (last < EPOCHS) {
				throw new KvCorruptionException("The store's own record has epoch %d".formatted(last));
			}
		}
		else if (!isEmpty()) {
			throw directory.exception("holds a RocksDB database that is not of this store", null);
		}
		byte[] next = ByteBuffer.allocate(STORE_RECORD_LENGTH)
			.put(STORE_RECORD_VERSION)
			.putLong(Math.addExact(last, EPOCHS))
			.array();
		try (WriteOptions synchronous = new WriteOptions().setSync(true)) {
			this.db.put(this.actors, synchronous, STORE_RECORD_KEY, next);
		}
		this.epochs = new EpochCounter(last);
	}

	private boolean isEmpty() throws RocksDBException {
		for (ColumnFamilyHandle family : List.of(this.chunks, this.actors)) {
			try (RocksIterator iterator = this.db.newIterator(family)) {
				iterator.seekToFirst();
				if (iterator.isValid()) {
					return false;
				}
				iterator.status();
			}
		}
		return true;
	}

	/**
	 * Keep the database from being closed until {@link #exit}.
	 * @param whenClosed what to throw if it was closed
	 * @return what to pass to {@code exit}
	 */
	long enter(Supplier<? extends KvDefiniteException> whenClosed) {
		long stamp = this.guard.readLock();
		if (this.closed) {
			this.guard.unlockRead(stamp);
			throw whenClosed.get();
		}
		return stamp;
	}

	void exit(long stamp) {
		this.guard.unlockRead(stamp);
	}

	/**
	 * Remember that a write failed in such a way that the database has to be opened
	 * again: only a replay of the log settles what is in it.
	 */
	void fail() {
		this.failed = true;
	}

	boolean isFailed() {
		return this.failed;
	}

	/**
	 * Return the epochs of this directory.
	 */
	EpochCounter epochs() {
		return this.epochs;
	}

	@Nullable OwnerRecord owner(String actorId, byte[] id) throws RocksDBException {
		return owner(actorId, id, this.readOptions);
	}

	private @Nullable OwnerRecord owner(String actorId, byte[] id, ReadOptions options) throws RocksDBException {
		byte[] record = this.db.get(this.actors, options, id);
		return (record != null) ? OwnerRecord.decode(record, actorId) : null;
	}

	byte @Nullable [][] read(RocksDbKeys space, byte[][] keys) throws RocksDBException {
		return read(space, keys, this.readOptions);
	}

	private byte @Nullable [][] read(RocksDbKeys space, byte[][] keys, ReadOptions options) throws RocksDBException {
		byte @Nullable [][] values = new byte[keys.length][];
		if (keys.length == 0) {
			return values;
		}
		if (keys.length == 1) {
			values[0] = this.db.get(this.chunks, options, space.of(keys[0]));
			return values;
		}
		List<byte[]> storeKeys = new ArrayList<>(keys.length);
		for (byte[] key : keys) {
			storeKeys.add(space.of(key));
		}
		return this.db.multiGetAsList(options, storeKeys).toArray(values);
	}

	/**
	 * Apply a write and the owner record that goes with it.
	 */
	void write(byte[] id, RocksDbKeys space, KvWrite write, OwnerRecord record) throws RocksDBException {
		int bytes = (int) Math.min(Integer.MAX_VALUE / 2,
				write.bytes() + (long) write.keys() * (space.prefixLength() + 16) + 64);
		try (WriteBatch batch = new WriteBatch(bytes)) {
			write.forEach(new BatchFiller(space, batch));
			batch.put(this.actors, id, record.encode());
			this.db.write(this.writeOptions, batch);
		}
	}

	/**
	 * Make an actor's keys and its owner record absent.
	 */
	void delete(byte[] id, RocksDbKeys space) throws RocksDBException {
		try (WriteBatch batch = new WriteBatch()) {
			deleteRange(batch, space.from(), space.to());
			batch.delete(this.actors, id);
			this.db.write(this.writeOptions, batch);
		}
	}

	private void deleteRange(WriteBatch batch, byte[] from, byte[] to) throws RocksDBException {
		if (Arrays.compareUnsigned(from, to) >= 0) {
			return;
		}
		List<byte[]> few = new ArrayList<>();
		try (Slice bound = new Slice(to);
				ReadOptions options = new ReadOptions().setIterateUpperBound(bound);
				RocksIterator iterator = this.db.newIterator(this.chunks, options)) {
			for (iterator.seek(from); iterator.isValid() && few.size() <= POINT_DELETES; iterator.next()) {
				few.add(iterator.key());
			}
			iterator.status();
		}
		if (few.size() > POINT_DELETES) {
			batch.deleteRange(from, to);
			return;
		}
		for (byte[] key : few) {
			batch.delete(key);
		}
	}

	/**
	 * Return the ids of the actors from one on, while they begin with a prefix.
	 * @param from the first
	 * @param prefix the prefix
	 * @param limit the most ids to return
	 */
	List<byte[]> actors(byte[] from, byte[] prefix, int limit) throws RocksDBException {
		List<byte[]> ids = new ArrayList<>();
		try (RocksIterator iterator = this.db.newIterator(this.actors, this.readOptions)) {
			for (iterator.seek(from); iterator.isValid() && ids.size() < limit; iterator.next()) {
				byte[] id = iterator.key();
				if (!startsWith(id, prefix)) {
					break;
				}
				if (id.length > 0) {
					ids.add(id);
				}
			}
			iterator.status();
		}
		return ids;
	}

	KvSize size(RocksDbKeys space) throws RocksDBException {
		long keys = 0;
		long bytes = 0;
		byte[] nothing = new byte[1];
		try (Slice bound = new Slice(space.to());
				ReadOptions options = new ReadOptions().setIterateUpperBound(bound).setFillCache(false);
				RocksIterator iterator = this.db.newIterator(this.chunks, options)) {
			for (iterator.seek(space.from()); iterator.isValid(); iterator.next()) {
				keys++;
				// both return the whole length, however little room there is for a copy
				bytes += iterator.key(nothing) - space.prefixLength() + iterator.value(nothing);
			}
			iterator.status();
		}
		return new KvSize(keys, bytes);
	}

	void ping() throws RocksDBException {
		this.db.get(this.actors, this.readOptions, STORE_RECORD_KEY);
	}

	/**
	 * Take a view of an actor as of now.
	 */
	OpenSnapshot snapshot(String actorId, byte[] id) throws RocksDBException {
		OpenSnapshot snapshot = new OpenSnapshot(this.db.getSnapshot());
		this.snapshots.add(snapshot);
		try {
			OwnerRecord record = owner(actorId, id, snapshot.options);
			snapshot.commit = (record != null) ? record.commit() : 0;
			return snapshot;
		}
		catch (RocksDBException | RuntimeException ex) {
			release(snapshot);
			throw ex;
		}
	}

	/**
	 * Let go of a view. Idempotent.
	 */
	void release(OpenSnapshot snapshot) {
		// whoever takes it out of the set releases it: so it happens once
		if (this.snapshots.remove(snapshot)) {
			snapshot.options.close();
			this.db.releaseSnapshot(snapshot.snapshot);
			snapshot.snapshot.close();
		}
	}

	byte @Nullable [][] read(RocksDbKeys space, byte[][] keys, OpenSnapshot snapshot) throws RocksDBException {
		return read(space, keys, snapshot.options);
	}

	byte[][] keys(RocksDbKeys space, byte[] from, int limit, OpenSnapshot snapshot) throws RocksDBException {
		List<byte[]> keys = new ArrayList<>();
		byte[] prefix = space.from();
		try (RocksIterator iterator = this.db.newIterator(this.chunks, snapshot.options)) {
			for (iterator.seek(space.of(from)); iterator.isValid() && keys.size() < limit; iterator.next()) {
				byte[] key = iterator.key();
				if (!startsWith(key, prefix)) {
					break;
				}
				keys.add(space.strip(key));
			}
			iterator.status();
		}
		return keys.toArray(byte[][]::new);
	}

	/**
	 * Wait until no one is inside, then close everything. Idempotent.
	 */
	void close() {
		long stamp = this.guard.writeLock();
		try {
			if (!this.closed) {
				this.closed = true;
				for (OpenSnapshot snapshot : this.snapshots) {
					release(snapshot);
				}
				closeAll(this.natives);
			}
		}
		finally {
			this.guard.unlockWrite(stamp);
		}
	}

	private static boolean startsWith(byte[] bytes, byte[] prefix) {
		return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
	}

	private static <T extends AutoCloseable> T push(Deque<AutoCloseable> natives, T object) {
		natives.push(object);
		return object;
	}

	/**
	 * Close native objects, the latest first, each once.
	 */
	private static void closeAll(Deque<AutoCloseable> natives) {
		while (!natives.isEmpty()) {
			AutoCloseable object = natives.pop();
			try {
				object.close();
			}
			catch (Exception ex) {
				throw new IllegalStateException("Closing " + object + " failed, which RocksDB does not do", ex);
			}
		}
	}

	/**
	 * A view of the database as of one moment.
	 */
	static final class OpenSnapshot {

		private final Snapshot snapshot;

		private final ReadOptions options;

		private long commit;

		private OpenSnapshot(Snapshot snapshot) {
			this.snapshot = snapshot;
			this.options = new ReadOptions().setSnapshot(snapshot);
		}

		long commit() {
			return this.commit;
		}

	}

	private final class BatchFiller implements KvWrite.Visitor<RocksDBException> {

		private final RocksDbKeys space;

		private final WriteBatch batch;

		BatchFiller(RocksDbKeys space, WriteBatch batch) {
			this.space = space;
			this.batch = batch;
		}

		@Override
		public void put(byte[] key, byte[] value) throws RocksDBException {
			this.batch.put(this.space.of(key), value);
		}

		@Override
		public void delete(byte[] key) throws RocksDBException {
			this.batch.delete(this.space.of(key));
		}

		@Override
		public void deleteRange(byte[] from, byte[] to) throws RocksDBException {
			Database.this.deleteRange(this.batch, this.space.of(from), this.space.of(to));
		}

	}

}
