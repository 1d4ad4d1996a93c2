package io.kvsqlite.data;

import java.nio.ByteBuffer;
import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.EmptyDatabase;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvWrite;
import org.jspecify.annotations.Nullable;

/**
 * Fills an empty actor with a database's chunks, in order, in as few atomic writes as the
 * limits allow. Whatever was written when it breaks off, the actor is then an empty
 * database to whoever opens it, and {@linkplain StoredDatabase#isUnfinished() known} for
 * what it is to whoever lists actors.
 *
 * <p>
 * A database that fits goes in one write. A larger one is written behind a
 * {@link ProtectiveJournal}: an empty database and the beginning of the journal, in the
 * actor's first commit; the rest of the journal and its metadata; the size, the chunks.
 * What is stored is then read back and compared with what was to be written. Last the
 * journal is deleted, which is the commit point. Used by one thread.
 */
final class ChunkedWrite {

	private static final int CHUNK_KEY_LENGTH = 8;

	private static final int METADATA_KEY_LENGTH = 4;

	private static final int SQLITE_VERSION_OFFSET = 96;

	private static final byte[] ABSENT = {};

	private final KvSession session;

	private final KvLimits limits;

	private final long size;

	private final boolean protectedByJournal;

	private KvWrite write = new KvWrite();

	/**
	 * Begin.
	 * @param session owns the actor, of which nothing is stored
	 * @param limits the store's
	 * @param size the size of the database in bytes
	 */
	ChunkedWrite(KvSession session, KvLimits limits, long size) {
		this.session = session;
		this.limits = limits;
		this.size = size;
		long chunks = ChunkKeys.chunkCount(size);
		long bytes = size + chunks * CHUNK_KEY_LENGTH + METADATA_KEY_LENGTH + FileMetadata.LENGTH;
		this.protectedByJournal = chunks + 1 > limits.maxKeys() || bytes > limits.maxBytes();
	}

	/**
	 * Add the next chunk.
	 */
	void add(long index, byte[] chunk) {
		if (index == 0) {
			if (this.protectedByJournal) {
				protect(EmptyDatabase.page(ByteBuffer.wrap(chunk).getInt(SQLITE_VERSION_OFFSET)));
			}
			put(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode(this.size));
		}
		put(ChunkKeys.chunk(FileTag.MAIN, index), chunk);
	}

	/**
	 * Store the journal with what it leaves, in two writes of three keys, the fewest that
	 * a store must take.
	 */
	private void protect(byte[] emptyPage) {
		byte[] journal = ProtectiveJournal.bytes(emptyPage);
		List<byte[]> chunks = ProtectiveJournal.chunks(journal);
		this.write.put(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode(emptyPage.length));
		this.write.put(ChunkKeys.chunk(FileTag.MAIN, 0), emptyPage);
		this.write.put(ChunkKeys.chunk(FileTag.JOURNAL, 0), chunks.get(0));
		flush();
		for (int i = 1; i < chunks.size(); i++) {
			this.write.put(ChunkKeys.chunk(FileTag.JOURNAL, i), chunks.get(i));
		}
		this.write.put(ChunkKeys.metadata(FileTag.JOURNAL), FileMetadata.encode(journal.length));
		flush();
	}

	private void put(byte[] key, byte[] value) {
		if (this.write.keys() + 1 > this.limits.maxKeys()
				|| this.write.bytes() + key.length + value.length > this.limits.maxBytes()) {
			flush();
		}
		this.write.put(key, value);
	}

	private void flush() {
		this.session.write(this.write);
		this.write = new KvWrite();
	}

	/**
	 * Make it count.
	 * @param expected the content hash of the database
	 * @throws CopyVerificationException if that of what is stored is another; nothing of
	 * it counts. What goes in one write is not looked at before
	 */
	void commit(String expected) {
		if (!this.write.isEmpty()) {
			flush();
		}
		if (this.protectedByJournal) {
			verify(expected);
			this.session.write(new KvWrite().delete(ChunkKeys.metadata(FileTag.JOURNAL))
				.deleteRange(ChunkKeys.chunk(FileTag.JOURNAL, 0), ChunkKeys.endOfChunks(FileTag.JOURNAL)));
		}
	}

	private void verify(String expected) {
		ContentHash hash = new ContentHash(this.size);
		long count = ChunkKeys.chunkCount(this.size);
		for (long from = 0; from < count; from += StoredDatabase.CHUNKS_PER_READ) {
			byte[][] keys = new byte[(int) Math.min(StoredDatabase.CHUNKS_PER_READ, count - from)][];
			for (int i = 0; i < keys.length; i++) {
				keys[i] = ChunkKeys.chunk(FileTag.MAIN, from + i);
			}
			byte[] @Nullable [] values = this.session.read(keys);
			for (int i = 0; i < values.length; i++) {
				byte[] chunk = values[i];
				// all were written, so one that is absent is not one of zeros
				hash.add(from + i, (chunk != null) ? chunk : ABSENT);
			}
		}
		String found = hash.finish();
		if (!found.equals(expected)) {
			throw new CopyVerificationException(this.session.actorId(), expected, found);
		}
	}

}
