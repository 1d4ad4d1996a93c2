package io.kvsqlite.vfs;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvWrite;
import org.jspecify.annotations.Nullable;

/**
 * The main database file: what is stored, under a buffer of chunks that the transaction
 * has written and the store does not have yet.
 *
 * <p>
 * Three sizes are told apart. {@code size} is what SQLite sees. {@code storedSize} is
 * what the stored metadata says. {@code visible} is up to where stored chunks still
 * count: a transaction that cuts the file lowers it, so that nothing stale resurfaces
 * when the file grows again. Between transactions the three are equal. A chunk is looked
 * for in the buffer; then in the store, if it lies below {@code visible} or a part of
 * this transaction already put it there ({@code spilled}); otherwise it is zeros.
 *
 * <p>
 * A write into the middle of a chunk merges with what the chunk held. Where the file
 * grows or is cut in the middle of a chunk, that chunk goes through the buffer, so a
 * stored chunk always has the length that the stored size gives it.
 */
final class MainFile implements VfsFile {

	private static final int CHUNK_SIZE = ChunkKeys.CHUNK_SIZE;

	private static final byte[] ZEROS = new byte[CHUNK_SIZE];

	/**
	 * By how many bytes one write can make the file longer: more than any page cache has.
	 */
	private static final long MOST_GROWTH = 1L << 30;

	private static final int SPARES = 4;

	private static final int KEY_BYTES = 8;

	/**
	 * Bytes enough for what a write carries besides chunks: metadata and range deletes.
	 */
	private static final int OTHER_BYTES = 128;

	private final StoredChunks stored;

	private final Transaction transaction;

	private final ChunkMap dirty = new ChunkMap();

	private final BitSet spilled = new BitSet();

	private final byte[] @Nullable [] spares = new byte[SPARES][];

	private int spareCount;

	private long size;

	private long storedSize;

	private long visible;

	MainFile(StoredChunks stored, Transaction transaction, long storedSize) {
		this.stored = stored;
		this.transaction = transaction;
		this.size = storedSize;
		this.storedSize = storedSize;
		this.visible = storedSize;
	}

	@Override
	public int read(long offset, int length, ByteTarget target) {
		int available = (int) Math.max(0, Math.min(length, this.size - offset));
		long last = (offset + available - 1) / CHUNK_SIZE;
		int done = 0;
		while (done < available) {
			long index = (offset + done) / CHUNK_SIZE;
			int within = (int) ((offset + done) % CHUNK_SIZE);
			int count = Math.min(available - done, CHUNK_SIZE - within);
			readChunk(index, last, within, count, done, target);
			done += count;
		}
		if (available < length) {
			target.zero(available, length - available);
		}
		return available;
	}

	private void readChunk(long index, long last, int within, int count, int position, ByteTarget target) {
		byte[] chunk = this.dirty.get(index);
		if (chunk != null) {
			target.put(position, chunk, within, count);
			return;
		}
		if (!isStored(index)) {
			target.zero(position, count);
			return;
		}
		chunk = this.stored.get(index, last, this.storedSize);
		int present = Math.max(0, Math.min(count, chunk.length - within));
		target.put(position, chunk, within, present);
		if (present < count) {
			target.zero(position + present, count - present);
		}
		if (within + count == chunk.length) {
			this.stored.forget(index);
		}
	}

	private boolean isStored(long index) {
		return index * CHUNK_SIZE < this.visible || isSpilled(index);
	}

	/**
	 * Return whether a part of this transaction put a chunk into the store.
	 */
	boolean isSpilled(long index) {
		return index <= Integer.MAX_VALUE && this.spilled.get((int) index);
	}

	@Override
	public void write(long offset, int length, ByteSource source) {
		if (!this.transaction.beginMainWrite()) {
			return;
		}
		long end = offset + length;
		if (end > ChunkKeys.MAX_FILE_SIZE) {
			throw new IllegalArgumentException("A file can have at most %d bytes".formatted(ChunkKeys.MAX_FILE_SIZE));
		}
		if (end > this.size) {
			grow(end);
		}
		int done = 0;
		while (done < length) {
			long index = (offset + done) / CHUNK_SIZE;
			int within = (int) ((offset + done) % CHUNK_SIZE);
			int count = Math.min(length - done, CHUNK_SIZE - within);
			byte[] chunk = this.dirty.get(index);
			if (chunk == null) {
				chunk = (count == CHUNK_SIZE) ? newChunk() : load(index);
				this.dirty.put(index, chunk);
				this.stored.forget(index);
			}
			source.get(done, chunk, within, count);
			done += count;
		}
		this.transaction.written();
	}

	@Override
	public void truncate(long size) {
		if (size == this.size || !this.transaction.beginMainTruncate()) {
			return;
		}
		this.transaction.resizeMain(() -> {
			if (size > this.size) {
				grow(size);
			}
			else {
				shrink(size);
			}
		});
	}

	/**
	 * Make the file longer. Between its old end and the next write SQLite may leave pages
	 * out, and they are stored as zeros, but only as many as its page cache holds: a
	 * write that lies farther behind the end follows a page number that is wrong.
	 */
	private void grow(long size) {
		if (size - this.size > MOST_GROWTH) {
			throw this.transaction.damaged((size - 1) / CHUNK_SIZE,
					"would lie %d bytes behind its end".formatted(size - this.size));
		}
		pinTail(this.size);
		this.size = size;
	}

	private void shrink(long size) {
		byte[] tail = pinTail(size);
		if (tail != null) {
			Arrays.fill(tail, (int) (size % CHUNK_SIZE), CHUNK_SIZE, (byte) 0);
		}
		long count = ChunkKeys.chunkCount(size);
		this.dirty.removeIf((index) -> index >= count);
		if (count <= Integer.MAX_VALUE) {
			this.spilled.clear((int) count, Math.max((int) count, this.spilled.length()));
		}
		this.size = size;
		this.visible = Math.min(this.visible, size);
		this.stored.forgetFrom(count);
	}

	/**
	 * Bring the chunk in whose middle the file ends, or will end, into the buffer.
	 */
	private byte @Nullable [] pinTail(long end) {
		if (end % CHUNK_SIZE == 0) {
			return null;
		}
		long index = end / CHUNK_SIZE;
		byte[] tail = this.dirty.get(index);
		if (tail == null) {
			tail = load(index);
			this.dirty.put(index, tail);
			this.stored.forget(index);
		}
		return tail;
	}

	private byte[] load(long index) {
		byte[] chunk = newChunk();
		int length = 0;
		if (isStored(index)) {
			byte[] current = this.stored.get(index, index, this.storedSize);
			length = current.length;
			System.arraycopy(current, 0, chunk, 0, length);
		}
		Arrays.fill(chunk, length, CHUNK_SIZE, (byte) 0);
		return chunk;
	}

	private byte[] newChunk() {
		if (this.spareCount > 0) {
			byte[] spare = this.spares[--this.spareCount];
			this.spares[this.spareCount] = null;
			if (spare != null) {
				return spare;
			}
		}
		return new byte[CHUNK_SIZE];
	}

	@Override
	public long size() {
		return this.size;
	}

	long memory() {
		return (long) this.dirty.size() * CHUNK_SIZE;
	}

	/**
	 * Return whether the store lacks anything of this file.
	 */
	boolean isChanged() {
		return !this.dirty.isEmpty() || this.size != this.storedSize || this.visible != this.storedSize;
	}

	/**
	 * Return the one write that brings the store up to date, whether it fits or not.
	 */
	KvWrite toWrite() {
		fillGaps();
		KvWrite write = new KvWrite();
		if (this.size != this.storedSize) {
			write.put(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode(this.size));
		}
		addRangeDelete(write);
		for (long index : this.dirty.sortedIndexes()) {
			write.put(ChunkKeys.chunk(FileTag.MAIN, index), toStore(index));
		}
		return write;
	}

	/**
	 * Return whether one write can bring the store up to date.
	 * @param otherKeys how many keys it will have to carry besides
	 */
	boolean fits(KvLimits limits, int otherKeys) {
		long chunks = this.dirty.size() + gaps();
		long keys = chunks + otherKeys + ((this.size != this.storedSize) ? 1 : 0) + (isShrunk() ? 1 : 0);
		return keys <= limits.maxKeys() && chunks * (CHUNK_SIZE + KEY_BYTES) + OTHER_BYTES <= limits.maxBytes();
	}

	private long gaps() {
		long gaps = 0;
		for (long index = ChunkKeys.chunkCount(this.visible); index < ChunkKeys.chunkCount(this.size); index++) {
			if (this.dirty.get(index) == null && !isStored(index)) {
				gaps++;
			}
		}
		return gaps;
	}

	/**
	 * Chunks that a growing file left out are stored as zeros, so that a chunk that is
	 * missing always is damage.
	 */
	private void fillGaps() {
		for (long index = ChunkKeys.chunkCount(this.visible); index < ChunkKeys.chunkCount(this.size); index++) {
			if (this.dirty.get(index) == null && !isStored(index)) {
				this.dirty.put(index, ZEROS);
			}
		}
	}

	private boolean isShrunk() {
		return ChunkKeys.chunkCount(this.size) < ChunkKeys.chunkCount(this.storedSize);
	}

	private void addRangeDelete(KvWrite write) {
		if (isShrunk()) {
			write.deleteRange(ChunkKeys.chunk(FileTag.MAIN, ChunkKeys.chunkCount(this.size)),
					ChunkKeys.endOfChunks(FileTag.MAIN));
		}
	}

	/**
	 * Note that the write made by {@link #toWrite()} was applied.
	 */
	void flushed() {
		recycleAll();
		settle();
	}

	/**
	 * Put what the buffer holds, in parts, behind a journal that is stored. The stored
	 * size only grows here: until the commit point nothing is deleted.
	 */
	void spill(BatchWriter out) {
		if (ChunkKeys.chunkCount(this.size) > Integer.MAX_VALUE) {
			throw new IllegalStateException("A transaction on a database over 8 TiB cannot be journaled");
		}
		long movingTail = -1;
		if (this.size > this.storedSize) {
			movingTail = putGrowth(out);
		}
		else if (this.size < this.storedSize) {
			movingTail = tailOf(this.size);
		}
		for (long index : this.dirty.sortedIndexes()) {
			if (index != movingTail) {
				out.put(ChunkKeys.chunk(FileTag.MAIN, index), toStore(index), () -> spilled(index));
			}
		}
	}

	/**
	 * Put the metadata of a file that grew. The chunk in whose middle it ended changes
	 * its length with the metadata, in one write.
	 * @return that chunk's index, -1 if there is none
	 */
	private long putGrowth(BatchWriter out) {
		long newSize = this.size;
		long tail = tailOf(this.storedSize);
		if (tail >= 0 && this.dirty.get(tail) == null) {
			this.dirty.put(tail, load(tail));
		}
		out.putTogether(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode(newSize),
				(tail >= 0) ? ChunkKeys.chunk(FileTag.MAIN, tail) : null, (tail >= 0) ? toStore(tail) : null, () -> {
					this.storedSize = newSize;
					if (tail >= 0) {
						spilled(tail);
					}
				});
		return tail;
	}

	private static long tailOf(long size) {
		return (size % CHUNK_SIZE != 0) ? size / CHUNK_SIZE : -1;
	}

	private void spilled(long index) {
		recycle(index);
		this.spilled.set((int) index);
	}

	/**
	 * Bring the store up to date in parts, at the commit point of a journaled
	 * transaction.
	 */
	void finish(BatchWriter out, ActorSession session) {
		fillGaps();
		spill(out);
		out.flush();
		KvWrite rest = toWrite();
		if (!rest.isEmpty()) {
			session.write(rest);
		}
		flushed();
	}

	/**
	 * Forget what the transaction wrote: the store holds what counts.
	 */
	void discard() {
		recycleAll();
		this.size = this.storedSize;
		this.visible = this.storedSize;
	}

	private void settle() {
		this.storedSize = this.size;
		this.visible = this.size;
		this.spilled.clear();
	}

	/**
	 * Return a chunk of the buffer with the length that it has in a file of this size.
	 */
	private byte[] toStore(long index) {
		byte[] chunk = Objects.requireNonNull(this.dirty.get(index));
		int length = ChunkKeys.chunkLength(index, this.size);
		return (chunk.length == length) ? chunk : Arrays.copyOf(chunk, length);
	}

	/**
	 * Take a chunk out of the buffer. What was fetched ahead of it, before it reached the
	 * store, is out of date.
	 */
	private void recycle(long index) {
		byte[] chunk = this.dirty.remove(index);
		this.stored.written(index);
		if (chunk != null && chunk != ZEROS && this.spareCount < SPARES) {
			this.spares[this.spareCount++] = chunk;
		}
	}

	/**
	 * Drop the whole buffer, and the table that a large transaction made it grow to: each
	 * later one would look through all of it.
	 */
	private void recycleAll() {
		for (long index : this.dirty.sortedIndexes()) {
			recycle(index);
		}
		this.dirty.clear();
	}

	/**
	 * Give up memory that an idle actor does not need.
	 */
	void trim() {
		Arrays.fill(this.spares, null);
		this.spareCount = 0;
		this.stored.clear();
	}

}
