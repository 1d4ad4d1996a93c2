package io.kvsqlite.vfs;

import java.util.Arrays;
import java.util.BitSet;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvWrite;

/**
 * The rollback journal. It lives in memory; only when its transaction outgrows one atomic
 * write do its chunks go to the store, and those that will not change are then dropped
 * from memory and read back if SQLite rolls back.
 *
 * <p>
 * In the store the journal counts from the moment its metadata is there with a size over
 * zero, and ends when the metadata is deleted. Its metadata is stored after its chunks,
 * together with the chunk in whose middle the stored journal ended before, so at every
 * moment the stored chunks fit the stored size.
 */
final class JournalFile implements VfsFile {

	private static final int CHUNK_SIZE = ChunkKeys.CHUNK_SIZE;

	/**
	 * SQLite overwrites the start of the header with this many zeros to end the journal
	 * of a connection in exclusive locking mode. No other write at offset 0 is that
	 * short.
	 */
	private static final int END_MARK_LENGTH = 28;

	/**
	 * Where the name of a super-journal would end. Before SQLite plays the journal back
	 * to end a transaction it looks there for its length, and at no other time. (The
	 * record count in the header would not do: a rollback to an outermost savepoint reads
	 * it, too, and the transaction goes on.)
	 */
	private static final int SUPER_JOURNAL_FROM_END = 16;

	private static final int SUPER_JOURNAL_LENGTH_BYTES = 4;

	private final StoredChunks stored;

	private final Transaction transaction;

	private final ChunkList chunks = new ChunkList();

	private final BitSet unstored = new BitSet();

	private final byte[] endMark = new byte[END_MARK_LENGTH];

	private long storedSize;

	/**
	 * The end of the last chunk that was stored in full and dropped from memory. It lies
	 * behind the stored size while chunks are stored and their metadata is not.
	 */
	private long droppedEnd;

	private boolean stale;

	JournalFile(StoredChunks stored, Transaction transaction) {
		this.stored = stored;
		this.transaction = transaction;
	}

	/**
	 * Take over what an earlier connection left in the store.
	 * @param size the stored size in bytes
	 * @param hot whether it has to be rolled back; otherwise it ended, but was not
	 * deleted
	 */
	void found(long size, boolean hot, boolean hasParts) {
		if (hot) {
			if (hasParts) {
				this.stored.acceptGaps();
			}
			this.storedSize = size;
			this.chunks.setSize(size);
		}
		else {
			this.stale = true;
		}
	}

	/**
	 * Return whether SQLite would see this file in a directory.
	 */
	boolean exists() {
		return this.chunks.size() > 0;
	}

	@Override
	public int read(long offset, int length, ByteTarget target) {
		if (length == SUPER_JOURNAL_LENGTH_BYTES && offset == this.chunks.size() - SUPER_JOURNAL_FROM_END) {
			this.transaction.playbackStarts();
		}
		int available = (int) Math.max(0, Math.min(length, this.chunks.size() - offset));
		int done = 0;
		while (done < available) {
			long index = (offset + done) / CHUNK_SIZE;
			int within = (int) ((offset + done) % CHUNK_SIZE);
			int count = Math.min(available - done, CHUNK_SIZE - within);
			target.put(done, chunk((int) index), within, count);
			done += count;
		}
		if (available < length) {
			target.zero(available, length - available);
		}
		return available;
	}

	/**
	 * Return some of its bytes. Unlike {@link #read}, this is not SQLite's doing.
	 */
	byte[] bytes(long offset, int length) {
		byte[] bytes = new byte[length];
		int done = 0;
		while (done < length) {
			int within = (int) ((offset + done) % CHUNK_SIZE);
			int count = Math.min(length - done, CHUNK_SIZE - within);
			System.arraycopy(chunk((int) ((offset + done) / CHUNK_SIZE)), within, bytes, done, count);
			done += count;
		}
		return bytes;
	}

	private byte[] chunk(int index) {
		byte[] chunk = this.chunks.chunk(index);
		return (chunk != null) ? chunk : this.stored.get(index, index, readableSize());
	}

	private long readableSize() {
		return Math.max(this.storedSize, this.droppedEnd);
	}

	@Override
	public void write(long offset, int length, ByteSource source) {
		if (offset == 0 && length == END_MARK_LENGTH && isEndMark(source)) {
			this.transaction.journalEnded();
			return;
		}
		if (offset + length > (long) Integer.MAX_VALUE * CHUNK_SIZE) {
			throw new IllegalStateException("A journal can have at most 8 TiB");
		}
		this.transaction.beginJournalWrite();
		int done = 0;
		while (done < length) {
			int index = (int) ((offset + done) / CHUNK_SIZE);
			int within = (int) ((offset + done) % CHUNK_SIZE);
			int count = Math.min(length - done, CHUNK_SIZE - within);
			if (this.chunks.chunk(index) == null && (long) index * CHUNK_SIZE < readableSize()) {
				byte[] current = this.stored.get(index, index, readableSize());
				this.chunks.setChunk(index, Arrays.copyOf(current, CHUNK_SIZE));
				this.stored.forget(index);
			}
			this.chunks.write(index, within, count, done, source);
			this.unstored.set(index);
			done += count;
		}
		this.transaction.written();
	}

	private boolean isEndMark(ByteSource source) {
		source.get(0, this.endMark, 0, END_MARK_LENGTH);
		for (byte b : this.endMark) {
			if (b != 0) {
				return false;
			}
		}
		return true;
	}

	@Override
	public void truncate(long size) {
		if (size == 0) {
			this.transaction.journalEnded();
		}
		else if (size != this.chunks.size()) {
			throw new IllegalStateException("A journal is cut to %d bytes while it is in use".formatted(size));
		}
	}

	@Override
	public long size() {
		return this.chunks.size();
	}

	long memory() {
		return this.chunks.memory();
	}

	/**
	 * Return whether the store has an ended journal that is still to be deleted.
	 */
	boolean isStale() {
		return this.stale;
	}

	/**
	 * Put what the store lacks of this journal: chunks first, metadata last.
	 */
	void spill(BatchWriter out) {
		long size = this.chunks.size();
		if (this.unstored.isEmpty() && this.storedSize == size) {
			return;
		}
		int movingTail = (this.storedSize % CHUNK_SIZE != 0) ? (int) (this.storedSize / CHUNK_SIZE) : -1;
		for (int i = this.unstored.nextSetBit(0); i >= 0; i = this.unstored.nextSetBit(i + 1)) {
			int index = i;
			if (index != movingTail) {
				out.put(ChunkKeys.chunk(FileTag.JOURNAL, index), toStore(index, size), () -> stored(index, size));
			}
		}
		boolean moves = movingTail >= 0 && this.unstored.get(movingTail);
		out.putTogether(ChunkKeys.metadata(FileTag.JOURNAL), FileMetadata.encode(size),
				moves ? ChunkKeys.chunk(FileTag.JOURNAL, movingTail) : null, moves ? toStore(movingTail, size) : null,
				() -> {
					this.storedSize = size;
					if (moves) {
						stored(movingTail, size);
					}
				});
	}

	private byte[] toStore(int index, long size) {
		byte[] chunk = this.chunks.chunk(index);
		if (chunk == null) {
			throw new IllegalStateException("Journal chunk %d is neither in memory nor stored".formatted(index));
		}
		return Arrays.copyOf(chunk, ChunkKeys.chunkLength(index, size));
	}

	private void stored(int index, long size) {
		this.unstored.clear(index);
		this.stored.forget(index);
		long end = (long) (index + 1) * CHUNK_SIZE;
		if (end <= size) {
			this.chunks.dropChunk(index);
			this.droppedEnd = Math.max(this.droppedEnd, end);
		}
	}

	/**
	 * Add the deletion of what the store has of this journal.
	 */
	void addDeletion(KvWrite write) {
		write.delete(ChunkKeys.metadata(FileTag.JOURNAL));
		write.deleteRange(ChunkKeys.chunk(FileTag.JOURNAL, 0), ChunkKeys.endOfChunks(FileTag.JOURNAL));
	}

	/**
	 * Note that the store has nothing of this journal any more.
	 */
	void deleted() {
		this.storedSize = 0;
		this.droppedEnd = 0;
		this.stale = false;
		this.stored.clear();
	}

	/**
	 * Start over with an empty journal.
	 */
	void clear() {
		this.chunks.clear();
		this.unstored.clear();
	}

	void trim() {
		this.chunks.trim();
		this.stored.clear();
	}

}
