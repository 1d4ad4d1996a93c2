package io.kvsqlite.kv.rocksdb;

import java.util.Arrays;

import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/**
 * One request for values of an actor. Keys that are likely to be neighbours are read on
 * one iterator, the others one by one.
 */
final class ActorRead {

	/**
	 * From how many keys in a row on an iterator reads them faster than as many gets: 256
	 * chunks in 0.7 of the time, 64 in 0.6, 8 in 0.8.
	 */
	private static final int SHORTEST_RUN = 6;

	/**
	 * From how many keys in a row on the blocks that are read do not go into the cache,
	 * and are read {@value #READ_AHEAD_BYTES} bytes at once. Read-ahead begins with 64
	 * chunks.
	 */
	private static final int LONG_RUN = 64;

	/**
	 * How much of a table a long run reads at once, in bytes of the file. By itself
	 * RocksDB begins with a block and doubles that up to 256 KiB. Runs of 256 chunks take
	 * 0.87 of that time with these 64 KiB on tables in the operating system's cache, and
	 * the same from the disk; with all of the run at once 0.77 and 1.09.
	 */
	private static final long READ_AHEAD_BYTES = 64 * 1024;

	/**
	 * How many keys that were not asked for an iterator walks over before it seeks.
	 */
	private static final int MOST_STRANGERS = 8;

	/**
	 * Up to how many keys are sorted, which takes quadratic time in the worst case.
	 */
	private static final int MOST_TO_SORT = 1024;

	private final RocksDB db;

	private final ReadOptions options;

	private final RocksDbKeys space;

	private final byte[][] keys;

	/**
	 * The places of the keys in ascending order.
	 */
	private final int[] order;

	/**
	 * The arrays that are lent for the values, in the order of the keys.
	 */
	private final byte[] @Nullable [] arrays;

	private final byte[] @Nullable [] values;

	ActorRead(RocksDB db, ReadOptions options, RocksDbKeys space, byte[][] keys) {
		this(db, options, space, keys, new byte[keys.length][]);
	}

	ActorRead(RocksDB db, ReadOptions options, RocksDbKeys space, byte[][] keys, byte[] @Nullable [] arrays) {
		this.db = db;
		this.options = options;
		this.space = space;
		this.keys = keys;
		this.order = order(keys);
		this.arrays = arrays;
		this.values = new byte[keys.length][];
	}

	/**
	 * Return the values of the keys, in the order in which the keys were given.
	 */
	byte[] @Nullable [] values() throws RocksDBException {
		readFrom(0);
		return this.values;
	}

	/**
	 * Return the values together with the actor's owner record. It stands right before
	 * them, so it is read on the same iterator as the first. Blocks that were not in the
	 * cache do not go there: SQLite keeps what is read here for as long as the actor is
	 * open, and with many actors each open would drive the block of another out.
	 */
	Found withOwnerRecord(String actorId) throws RocksDBException {
		int end = (this.keys.length > 0) ? endOfRun(0) : 0;
		byte[] record;
		if (end < SHORTEST_RUN) {
			record = this.db.get(this.options, this.space.ownerRecord());
			readFrom(0);
		}
		else {
			try (Run run = new Run(0, end, false)) {
				record = run.seek(this.space.ownerRecord());
				run.read();
			}
			readFrom(end);
		}
		return new Found((record != null) ? OwnerRecord.decode(record, actorId) : null, this.values);
	}

	private void readFrom(int place) throws RocksDBException {
		int start = place;
		while (start < this.order.length) {
			int end = endOfRun(start);
			if (end - start >= SHORTEST_RUN) {
				try (Run run = new Run(start, end, true)) {
					run.iterator.seek(this.space.of(key(start)));
					run.read();
				}
			}
			else {
				for (int i = start; i < end; i++) {
					this.values[this.order[i]] = get(this.space.of(key(i)), this.arrays[this.order[i]]);
				}
			}
			start = end;
		}
	}

	private byte @Nullable [] get(byte[] key, byte @Nullable [] array) throws RocksDBException {
		if (array != null) {
			int length = this.db.get(this.options, key, array);
			if (length == RocksDB.NOT_FOUND) {
				return null;
			}
			if (length <= array.length) {
				return withLength(array, length);
			}
			// what does not fit was cut off
		}
		return this.db.get(this.options, key);
	}

	private static byte[] withLength(byte[] array, int length) {
		return (length == array.length) ? array : Arrays.copyOf(array, length);
	}

	private byte[] key(int place) {
		return this.keys[this.order[place]];
	}

	/**
	 * Return the places of the keys in ascending order, or as they come if that would be
	 * much work. Most requests ascend already, or but for a key.
	 */
	private static int[] order(byte[][] keys) {
		int[] order = new int[keys.length];
		for (int i = 0; i < order.length; i++) {
			int place = i;
			if (keys.length <= MOST_TO_SORT) {
				while (place > 0 && Arrays.compareUnsigned(keys[order[place - 1]], keys[i]) > 0) {
					order[place] = order[place - 1];
					place--;
				}
			}
			order[place] = i;
		}
		return order;
	}

	/**
	 * Return the place behind the longest run of keys that are likely to be neighbours:
	 * each is its predecessor plus one, or longer. The metadata of files, which are
	 * short, stand right before the first chunk.
	 */
	private int endOfRun(int start) {
		int end = start + 1;
		while (end < this.order.length) {
			byte[] previous = key(end - 1);
			byte[] key = key(end);
			boolean longer = key.length > previous.length && Arrays.compareUnsigned(previous, key) < 0;
			if (!longer && !isSuccessor(previous, key)) {
				break;
			}
			end++;
		}
		return end;
	}

	/**
	 * Return whether a key is another plus one, both taken for numbers of the same
	 * length.
	 */
	private static boolean isSuccessor(byte[] key, byte[] next) {
		if (key.length != next.length) {
			return false;
		}
		int i = key.length - 1;
		while (i >= 0 && key[i] == (byte) 0xff && next[i] == 0) {
			i--;
		}
		return i >= 0 && next[i] == (byte) (key[i] + 1) && next[i] != 0 && Arrays.equals(key, 0, i, next, 0, i);
	}

	/**
	 * What is stored of an actor.
	 *
	 * @param record its owner record, {@code null} if it does not exist
	 * @param values the values of the keys asked for
	 */
	record Found(@Nullable OwnerRecord record, byte[] @Nullable [] values) {

	}

	/**
	 * An iterator over some of the keys, up to the last of them. One that is long leaves
	 * the block cache alone: SQLite keeps what it needs of a scan, blocks that are read
	 * once would drive out those that are read often, and putting them there takes as
	 * long as reading them.
	 */
	private final class Run implements AutoCloseable {

		private final int start;

		private final int end;

		/**
		 * Keeps the iterator from walking through what was deleted behind the run.
		 */
		private final Slice bound;

		private final ReadOptions bounded;

		private final RocksIterator iterator;

		/**
		 * One byte more than any key of the run, so a longer key is seen to be another.
		 */
		private final byte[] found;

		Run(int start, int end, boolean caching) {
			this.start = start;
			this.end = end;
			byte[] last = ActorRead.this.space.of(key(end - 1));
			this.found = new byte[last.length + 1];
			this.bound = new Slice(Arrays.copyOf(last, last.length + 1));
			this.bounded = new ReadOptions(ActorRead.this.options).setIterateUpperBound(this.bound);
			boolean isLong = end - start >= LONG_RUN;
			this.bounded.setFillCache(caching && !isLong);
			if (isLong) {
				this.bounded.setReadaheadSize(READ_AHEAD_BYTES);
			}
			this.iterator = ActorRead.this.db.newIterator(this.bounded);
		}

		/**
		 * Go behind a key before the run, or to where it would be.
		 * @return its value, {@code null} if it is absent
		 */
		byte @Nullable [] seek(byte[] key) {
			this.iterator.seek(key);
			if (!this.iterator.isValid() || this.iterator.key(this.found) != key.length
					|| !Arrays.equals(this.found, 0, key.length, key, 0, key.length)) {
				return null;
			}
			byte[] value = this.iterator.value();
			this.iterator.next();
			return value;
		}

		/**
		 * Read the values, from where the iterator stands.
		 */
		void read() throws RocksDBException {
			RocksDbKeys space = ActorRead.this.space;
			int i = this.start;
			int strangers = 0;
			while (i < this.end && this.iterator.isValid()) {
				int length = Math.min(this.found.length, this.iterator.key(this.found));
				byte[] key = key(i);
				int comparison = Arrays.compareUnsigned(key, 0, key.length, this.found, space.prefixLength(), length);
				if (comparison < 0) {
					// absent
					i++;
					continue;
				}
				if (comparison == 0) {
					int place = ActorRead.this.order[i++];
					ActorRead.this.values[place] = value(ActorRead.this.arrays[place]);
					strangers = 0;
				}
				else if (++strangers > MOST_STRANGERS) {
					this.iterator.seek(space.of(key));
					strangers = 0;
					continue;
				}
				this.iterator.next();
			}
			this.iterator.status();
		}

		private byte[] value(byte @Nullable [] array) {
			if (array != null) {
				int length = this.iterator.value(array);
				if (length <= array.length) {
					return withLength(array, length);
				}
				// what does not fit was cut off
			}
			return this.iterator.value();
		}

		@Override
		public void close() {
			this.iterator.close();
			this.bounded.close();
			this.bound.close();
		}

	}

}
