package io.kvsqlite.vfs;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.function.LongSupplier;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a database that SQLite need not have written: leaves of the free list,
 * which a transaction took and gave back, and the page of the lock bytes.
 *
 * <p>
 * kvsqlite stores zeros for them. The reference implementation of the format stores
 * nothing, so in a database that it wrote their chunks are absent, and SQLite asks for
 * them when it copies whole files (VACUUM, backup). Any other absent chunk is damage. The
 * free list is read only when a chunk turns out to be absent. Not thread-safe.
 *
 * @see <a href="https://www.sqlite.org/fileformat2.html#the_freelist">The Freelist</a>
 */
public final class UnwrittenPages {

	private static final int PAGE_SIZE_OFFSET = 16;

	private static final int FREE_LIST_OFFSET = 32;

	private static final int TRUNK_HEADER_LENGTH = 8;

	private static final long LOCK_BYTES_OFFSET = 1L << 30;

	private final ChunkReader reader;

	private final StoredState state;

	/**
	 * By page number, as the free list had them when it was last read and until they are
	 * written.
	 */
	private final BitSet pages = new BitSet();

	private int pageSize;

	private long readVersion = -1;

	/**
	 * Create an object that has read nothing yet.
	 * @param reader reads the main database's chunks
	 * @param version a number, not negative, that changes when what the reader reads does
	 */
	public UnwrittenPages(ChunkReader reader, LongSupplier version) {
		this(reader, new WholeCommits(version));
	}

	/**
	 * Create an object that has read nothing yet, for a database of which a transaction
	 * may be stored in part: free is what was free before it, for SQLite asks for the
	 * pages of before.
	 */
	UnwrittenPages(ChunkReader reader, StoredState state) {
		this.reader = reader;
		this.state = state;
	}

	/**
	 * Return whether a chunk may be absent.
	 * @param index the chunk's index
	 * @param storedSize the size of the stored file in bytes
	 * @return whether all pages of the chunk are such pages
	 */
	public boolean cover(long index, long storedSize) {
		if (index == 0 || this.state.isWritten(index)) {
			return false;
		}
		if (this.readVersion != this.state.version()) {
			read(storedSize, this.state.beforeImages());
			this.readVersion = this.state.version();
		}
		return this.pageSize > 0 && coverRead(index, storedSize);
	}

	/**
	 * Note that a chunk was written: from now on its absence is damage.
	 * @param index the chunk's index
	 */
	void written(long index) {
		if (!this.pages.isEmpty()) {
			long first = index * ChunkKeys.CHUNK_SIZE / this.pageSize + 1;
			long last = ((index + 1) * ChunkKeys.CHUNK_SIZE - 1) / this.pageSize + 1;
			if (last < Integer.MAX_VALUE) {
				this.pages.clear((int) first, (int) last + 1);
			}
		}
	}

	private boolean coverRead(long index, long storedSize) {
		long from = index * ChunkKeys.CHUNK_SIZE;
		long to = from + ChunkKeys.chunkLength(index, storedSize);
		for (long page = from / this.pageSize + 1; (page - 1) * this.pageSize < to; page++) {
			boolean holdsLockBytes = page == LOCK_BYTES_OFFSET / this.pageSize + 1;
			if (!holdsLockBytes && (page > Integer.MAX_VALUE || !this.pages.get((int) page))) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Walk the stored free list. What does not make sense ends the walk; the chunk in
	 * question is then reported as missing.
	 */
	private void read(long storedSize, @Nullable JournaledPages before) {
		this.pages.clear();
		ByteBuffer header = read(0, ChunkKeys.CHUNK_SIZE, storedSize, before);
		if (header == null) {
			return;
		}
		int stated = Short.toUnsignedInt(header.getShort(PAGE_SIZE_OFFSET));
		this.pageSize = (stated == 1) ? 65536 : stated;
		if (Integer.bitCount(this.pageSize) != 1 || this.pageSize < 512) {
			this.pageSize = 0;
			return;
		}
		long pageCount = Math.min(storedSize / this.pageSize, Integer.MAX_VALUE - 1);
		BitSet trunks = new BitSet();
		int trunk = header.getInt(FREE_LIST_OFFSET);
		while (trunk > 0 && trunk <= pageCount && !trunks.get(trunk)) {
			trunks.set(trunk);
			ByteBuffer page = read((trunk - 1L) * this.pageSize, this.pageSize, storedSize, before);
			if (page == null) {
				return;
			}
			trunk = page.getInt();
			int leaves = page.getInt();
			if (leaves < 0 || leaves > (this.pageSize - TRUNK_HEADER_LENGTH) / Integer.BYTES) {
				return;
			}
			for (int i = 0; i < leaves; i++) {
				int leaf = page.getInt();
				if (leaf > 1 && leaf <= pageCount) {
					this.pages.set(leaf);
				}
			}
		}
	}

	private @Nullable ByteBuffer read(long offset, int length, long storedSize, @Nullable JournaledPages before) {
		if (offset + length > storedSize) {
			return null;
		}
		long first = offset / ChunkKeys.CHUNK_SIZE;
		int count = (int) ((offset + length - 1) / ChunkKeys.CHUNK_SIZE - first + 1);
		byte[][] keys = new byte[count][];
		for (int i = 0; i < count; i++) {
			keys[i] = ChunkKeys.chunk(FileTag.MAIN, first + i);
		}
		ByteBuffer chunks = ByteBuffer.allocate(count * ChunkKeys.CHUNK_SIZE);
		byte[] @Nullable [] values = this.reader.read(keys);
		for (int i = 0; i < count; i++) {
			byte[] value = values[i];
			if (value == null || value.length != ChunkKeys.chunkLength(first + i, storedSize)) {
				return null;
			}
			if (before != null) {
				value = value.clone();
				before.restore(first + i, value);
			}
			chunks.put(i * ChunkKeys.CHUNK_SIZE, value);
		}
		return chunks.slice((int) (offset % ChunkKeys.CHUNK_SIZE), length);
	}

	/**
	 * A database that only ever has whole commits.
	 *
	 * @param number tells one commit from the next
	 */
	private record WholeCommits(LongSupplier number) implements StoredState {

		@Override
		public long version() {
			return this.number.getAsLong();
		}

		@Override
		public boolean isWritten(long index) {
			return false;
		}

		@Override
		public @Nullable JournaledPages beforeImages() {
			return null;
		}

	}

}
