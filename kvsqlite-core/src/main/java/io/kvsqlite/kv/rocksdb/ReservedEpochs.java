package io.kvsqlite.kv.rocksdb;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteOptions;

import io.kvsqlite.kv.KvCorruptionException;

/**
 * The epochs that one opening of the database hands out. They are set aside, many at a
 * time, in the store's own record: a version (1 byte) and the first epoch that is not set
 * aside (8 bytes, big-endian). It is on the disk before any of them is handed out,
 * however the store is configured, so that none comes again after the machine had
 * stopped. Thread-safe, for those who are inside the {@linkplain Database#enter
 * database}.
 */
final class ReservedEpochs {

	/**
	 * How many epochs are set aside with one write, when the store is opened and when
	 * they are used up. 8 million openings of the store use up all there are.
	 */
	static final long RESERVATION = 1L << 40;

	private static final int RECORD_LENGTH = 1 + Long.BYTES;

	/**
	 * 1 had the owner records in the list.
	 */
	private static final byte RECORD_VERSION = 2;

	private final RocksDB db;

	private final long reservation;

	/**
	 * The first epoch that is not set aside.
	 */
	private volatile long end;

	private final AtomicLong last;

	/**
	 * Set epochs aside in a database that was just opened.
	 * @param db the database
	 * @param directory where it is
	 * @param reservation how many epochs to set aside at a time
	 */
	ReservedEpochs(RocksDB db, DatabaseDirectory directory, long reservation) throws RocksDBException {
		this.db = db;
		this.reservation = reservation;
		this.end = readEnd(db, directory);
		this.last = new AtomicLong(this.end);
		reserve(this.end);
	}

	private static long readEnd(RocksDB db, DatabaseDirectory directory) throws RocksDBException {
		byte[] record = db.get(RocksDbKeys.storeRecord());
		if (record == null) {
			if (!isEmpty(db)) {
				throw directory.exception("holds a RocksDB database that is not of this store", null);
			}
			return 0;
		}
		ByteBuffer buffer = ByteBuffer.wrap(record);
		if (record.length != RECORD_LENGTH || buffer.get() != RECORD_VERSION) {
			throw directory.exception("holds data of a version that this release does not know", null);
		}
		long end = buffer.getLong();
		if (end < 1) {
			throw new KvCorruptionException("The store's own record has epoch %d".formatted(end));
		}
		return end;
	}

	private static boolean isEmpty(RocksDB db) throws RocksDBException {
		try (RocksIterator iterator = db.newIterator()) {
			iterator.seekToFirst();
			iterator.status();
			return !iterator.isValid();
		}
	}

	/**
	 * Set epochs aside if one is not yet.
	 */
	private synchronized void reserve(long epoch) throws RocksDBException {
		if (epoch < this.end) {
			return;
		}
		long next = Math.addExact(this.end, this.reservation);
		write(next);
		this.end = next;
	}

	/**
	 * Write the record anew, as it is.
	 */
	synchronized void rewrite() throws RocksDBException {
		write(this.end);
	}

	private void write(long next) throws RocksDBException {
		byte[] record = ByteBuffer.allocate(RECORD_LENGTH).put(RECORD_VERSION).putLong(next).array();
		try (WriteOptions synchronous = new WriteOptions().setSync(true)) {
			this.db.put(synchronous, RocksDbKeys.storeRecord(), record);
		}
	}

	/**
	 * Return an epoch that no one ever had in this directory.
	 */
	long next() throws RocksDBException {
		long epoch = this.last.incrementAndGet();
		while (epoch >= this.end) {
			reserve(epoch);
		}
		return epoch;
	}

}
