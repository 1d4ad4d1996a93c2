package io.kvsqlite.vfs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.vfs.ReadAhead.Run;
import io.kvsqlite.vfs.ReadAhead.Window;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a file that are in the store, with a small buffer of chunks that were
 * fetched before SQLite asked for them.
 *
 * <p>
 * SQLite's page cache keeps what was read, so a chunk leaves the buffer once its last
 * byte was handed out. Nothing in the buffer is older than the last write to its chunk,
 * the last cut of the file before it, or the session's epoch. A chunk that was absent is
 * not remembered: it is read again when asked for, and then reported.
 */
final class StoredChunks {

	private final ActorSession session;

	private final FileTag file;

	private final ReadAhead readAhead;

	private UnwrittenPages unwritten;

	private final int bufferBound;

	private final ChunkMap buffer = new ChunkMap();

	/**
	 * Those of the buffer that were fetched for no request and that none has asked for
	 * yet: each is counted once when it is fetched, and once at most when it is used.
	 */
	private final ChunkMap ahead = new ChunkMap();

	private final LentArrays lent;

	private int bufferEpoch;

	private boolean gaps;

	StoredChunks(ActorSession session, FileTag file, int readAheadChunks) {
		this.session = session;
		this.file = file;
		this.readAhead = new ReadAhead(readAheadChunks);
		this.unwritten = new UnwrittenPages(session::read, session::commit);
		this.bufferBound = 2 * readAheadChunks;
		this.lent = new LentArrays(this.buffer, this.bufferBound);
	}

	/**
	 * Tell what a transaction that is stored in part has done to the main database.
	 */
	void follow(StoredState state) {
		this.unwritten = new UnwrittenPages(this.session::read, state);
	}

	/**
	 * Accept chunks that are shorter than they could be: what they lack was never
	 * written.
	 */
	void acceptGaps() {
		this.gaps = true;
	}

	/**
	 * Take chunks that came with the open.
	 */
	void preload(long index, byte[] value) {
		this.buffer.put(index, value);
	}

	/**
	 * Return a chunk.
	 * @param index the chunk's index, within the stored file
	 * @param last the last chunk that the same request needs, fetched along with it
	 * @param storedSize the size of the stored file in bytes
	 * @return the chunk, not to be changed, and not to be used after the next call: its
	 * array may be lent to the store again
	 */
	byte[] get(long index, long last, long storedSize) {
		this.session.checkUsable();
		Run run = this.readAhead.read(index);
		byte[] chunk = buffered(index);
		if (chunk == null) {
			chunk = fetch(index, last, this.readAhead.window(index, run), storedSize);
		}
		else if (this.ahead.remove(index) != null) {
			this.session.listener().readAheadUsed(this.session.actorId());
		}
		int expected = ChunkKeys.chunkLength(index, storedSize);
		if (chunk != null && chunk.length == expected) {
			return chunk;
		}
		forget(index);
		return completed(index, chunk, expected, storedSize);
	}

	/**
	 * Return a chunk that is not stored in full, where the format allows that: SQLite
	 * does not write all pages of a database, nor all of a journal that has parts.
	 */
	private byte[] completed(long index, byte @Nullable [] chunk, int expected, long storedSize) {
		if (this.gaps && chunk != null && chunk.length < expected) {
			return Arrays.copyOf(chunk, expected);
		}
		if (this.file == FileTag.MAIN && chunk == null && this.unwritten.cover(index, storedSize)) {
			return new byte[expected];
		}
		throw this.session.corrupted(CorruptedActorException.chunk(this.session.actorId(), this.file, index,
				(chunk == null) ? "is missing" : "has %d bytes instead of %d".formatted(chunk.length, expected)));
	}

	private byte @Nullable [] buffered(long index) {
		if (this.bufferEpoch != this.session.reopened()) {
			clearBuffer();
			this.bufferEpoch = this.session.reopened();
		}
		return this.buffer.get(index);
	}

	/**
	 * Fetch a chunk, those up to the last one needed, and the window around it.
	 */
	private byte @Nullable [] fetch(long index, long last, Window window, long storedSize) {
		long count = ChunkKeys.chunkCount(storedSize);
		long from = Math.max(0, window.from());
		long to = Math.min(count, Math.max(last + 1, window.to()));
		List<byte[]> keys = new ArrayList<>((int) (to - from));
		long[] indexes = new long[(int) (to - from)];
		for (long i = from; i < to; i++) {
			if (i == index || buffered(i) == null) {
				indexes[keys.size()] = i;
				keys.add(ChunkKeys.chunk(this.file, i));
			}
		}
		byte[] @Nullable [] arrays = this.lent.take(indexes, keys.size());
		byte[] @Nullable [] values = this.session.read(keys.toArray(byte[][]::new), arrays);
		this.lent.filled(arrays, values);
		if (this.buffer.size() + values.length > this.bufferBound) {
			clearBuffer();
		}
		byte[] result = null;
		int fetchedAhead = 0;
		for (int i = 0; i < values.length; i++) {
			byte[] value = values[i];
			if (value != null && indexes[i] == index) {
				result = value;
			}
			if (value != null) {
				this.buffer.put(indexes[i], value);
				if (indexes[i] < index || indexes[i] > last) {
					this.ahead.put(indexes[i], value);
					fetchedAhead++;
				}
			}
		}
		if (fetchedAhead > 0) {
			this.session.listener().readAhead(this.session.actorId(), fetchedAhead);
		}
		return result;
	}

	/**
	 * Note that a chunk was handed out to its end, or is about to be written.
	 */
	void forget(long index) {
		this.buffer.remove(index);
		this.ahead.remove(index);
	}

	/**
	 * Note that a chunk was written to the store: it is not absent any more.
	 */
	void written(long index) {
		forget(index);
		this.unwritten.written(index);
	}

	/**
	 * Note that the file was cut before a chunk.
	 */
	void forgetFrom(long index) {
		this.buffer.removeIf((buffered) -> buffered >= index);
		this.ahead.removeIf((buffered) -> buffered >= index);
	}

	/**
	 * Forget everything that was fetched ahead.
	 */
	void clear() {
		clearBuffer();
		this.gaps = false;
	}

	private void clearBuffer() {
		this.buffer.clear();
		this.ahead.clear();
	}

}
