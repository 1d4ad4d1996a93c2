package io.kvsqlite.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.vfs.CorruptedActorException;
import io.kvsqlite.vfs.UnwrittenPages;
import org.jspecify.annotations.Nullable;

/**
 * An actor's database as a snapshot shows it, read in pieces of {@value #CHUNKS_PER_READ}
 * chunks or more.
 *
 * <p>
 * Where a {@linkplain #hasHotJournal() hot journal} lies beside it, a transaction was
 * under way, or was cut off: the main file then holds some of that transaction's pages,
 * and of what it grew by perhaps nothing yet. What counts is the part up to the size that
 * the journal notes; SQLite makes the rest good when it plays the journal back.
 *
 * <p>
 * Used by one thread.
 */
final class StoredDatabase {

	static final int CHUNKS_PER_READ = 256;

	private static final byte[] JOURNAL_MAGIC = { (byte) 0xd9, (byte) 0xd5, 0x05, (byte) 0xf9, 0x20, (byte) 0xa1, 0x63,
			(byte) 0xd7 };

	private static final int INITIAL_PAGES_OFFSET = 16;

	private static final int JOURNAL_PAGE_SIZE_OFFSET = 24;

	private static final int JOURNAL_HEADER_LENGTH = 28;

	private static final int PAGE_SIZE_OFFSET = 16;

	private static final int SCHEMA_ROOT_OFFSET = 100;

	private static final int CELL_COUNT_OFFSET = 3;

	private static final byte TABLE_LEAF = 0x0d;

	private final String actorId;

	private final KvSnapshot snapshot;

	private final int chunksPerRead;

	private final UnwrittenPages unwritten;

	private final long mainSize;

	private final long journalSize;

	private final byte[] journalHeader;

	private final boolean unfinished;

	/**
	 * Read what there is.
	 * @throws CorruptedActorException if the metadata cannot be used
	 */
	StoredDatabase(String actorId, KvSnapshot snapshot) {
		this(actorId, snapshot, CHUNKS_PER_READ);
	}

	/**
	 * Read what there is.
	 * @param chunksPerRead how many chunks to read at a time
	 * @throws CorruptedActorException if the metadata cannot be used
	 */
	StoredDatabase(String actorId, KvSnapshot snapshot, int chunksPerRead) {
		this.actorId = actorId;
		this.chunksPerRead = chunksPerRead;
		this.snapshot = snapshot;
		this.unwritten = new UnwrittenPages(snapshot::read, snapshot::commit);
		byte[] @Nullable [] values = snapshot
			.read(new byte[][] { ChunkKeys.metadata(FileTag.MAIN), ChunkKeys.metadata(FileTag.JOURNAL),
					ChunkKeys.chunk(FileTag.MAIN, 0), ChunkKeys.chunk(FileTag.JOURNAL, 0) });
		this.mainSize = decode(FileTag.MAIN, values[0]);
		this.journalSize = Math.max(0, decode(FileTag.JOURNAL, values[1]));
		if (this.mainSize < 0 && (values[1] != null || values[2] != null)) {
			throw CorruptedActorException.metadata(actorId, FileTag.MAIN, "it is missing", null);
		}
		byte[] header = values[3];
		if (this.journalSize > 0 && header == null) {
			throw CorruptedActorException.chunk(actorId, FileTag.JOURNAL, 0, "is missing");
		}
		this.journalHeader = (this.journalSize > 0 && header != null) ? header : new byte[0];
		// the beginning alone is stored with the first commit; whoever went on from there
		// made an actor of it
		this.unfinished = header != null && ProtectiveJournal.isBeginning(header)
				&& (this.journalSize > 0 || snapshot.commit() == 1);
	}

	private long decode(FileTag file, byte @Nullable [] metadata) {
		if (metadata == null) {
			return -1;
		}
		try {
			return FileMetadata.decode(metadata);
		}
		catch (MalformedMetadataException ex) {
			throw CorruptedActorException.metadata(this.actorId, file, String.valueOf(ex.getMessage()), ex);
		}
	}

	/**
	 * Return whether there is a database. One that is {@linkplain #isUnfinished()
	 * unfinished} is none.
	 */
	boolean exists() {
		return this.mainSize >= 0 && !this.unfinished;
	}

	/**
	 * Return whether this is a copy or an import that is under way, or was broken off:
	 * nothing of it counts yet. Whoever opens it finds an empty database.
	 */
	boolean isUnfinished() {
		return this.unfinished;
	}

	/**
	 * Return the size of the main database in bytes.
	 */
	long mainSize() {
		return Math.max(0, this.mainSize);
	}

	long journalSize() {
		return this.journalSize;
	}

	boolean hasJournal() {
		return this.journalSize > 0;
	}

	/**
	 * Return whether SQLite would play the journal back: an ended one begins with a zero.
	 */
	boolean hasHotJournal() {
		return this.journalHeader.length > 0 && this.journalHeader[0] != 0;
	}

	/**
	 * Return up to where the main file counts: its size, or what it was before the
	 * transaction that a hot journal belongs to, if that is less.
	 */
	long sizeThatCounts() {
		if (!hasHotJournal() || this.journalHeader.length < JOURNAL_HEADER_LENGTH || !Arrays.equals(this.journalHeader,
				0, JOURNAL_MAGIC.length, JOURNAL_MAGIC, 0, JOURNAL_MAGIC.length)) {
			return mainSize();
		}
		ByteBuffer header = ByteBuffer.wrap(this.journalHeader);
		long pages = Integer.toUnsignedLong(header.getInt(INITIAL_PAGES_OFFSET));
		int pageSize = header.getInt(JOURNAL_PAGE_SIZE_OFFSET);
		boolean plausible = pageSize >= 512 && pageSize <= 65536 && Integer.bitCount(pageSize) == 1;
		return plausible ? Math.min(mainSize(), pages * pageSize) : mainSize();
	}

	/**
	 * Return whether there is no database, or one without any content: its one page is
	 * the root of a schema that has no entries. Where a hot journal lies beside it, that
	 * page is the first thing in the journal.
	 */
	boolean isEmpty() {
		if (!exists()) {
			return true;
		}
		long size = sizeThatCounts();
		if (size > 65536) {
			return false;
		}
		ByteBuffer page = firstPage();
		return page != null && size == pageSize(page) && page.get(SCHEMA_ROOT_OFFSET) == TABLE_LEAF
				&& page.getShort(SCHEMA_ROOT_OFFSET + CELL_COUNT_OFFSET) == 0;
	}

	private @Nullable ByteBuffer firstPage() {
		byte[][] keys = { ChunkKeys.chunk(FileTag.MAIN, 0), ChunkKeys.chunk(FileTag.JOURNAL, 1) };
		byte[] @Nullable [] values = this.snapshot.read(keys);
		byte[] chunk = hasHotJournal() ? values[1] : values[0];
		if (chunk == null) {
			return null;
		}
		ByteBuffer page = ByteBuffer.wrap(chunk);
		if (hasHotJournal() && (chunk.length < Integer.BYTES || page.getInt() != 1)) {
			return null;
		}
		ByteBuffer begin = page.slice();
		return (begin.limit() > SCHEMA_ROOT_OFFSET + CELL_COUNT_OFFSET + 1) ? begin : null;
	}

	private static int pageSize(ByteBuffer page) {
		int stated = Short.toUnsignedInt(page.getShort(PAGE_SIZE_OFFSET));
		return (stated == 1) ? 65536 : stated;
	}

	/**
	 * Hand out the chunks of the main file up to a size, in order. A chunk that need not
	 * be stored comes as {@code null}; with a hot journal only SQLite can tell which
	 * those are, so there every absent one does.
	 * @throws CorruptedActorException if a chunk is missing or has a wrong length
	 */
	void readMain(long upTo, ChunkSink sink) throws IOException {
		read(FileTag.MAIN, ChunkKeys.chunkCount(upTo), (index, chunk) -> {
			int expected = ChunkKeys.chunkLength(index, this.mainSize);
			if (chunk != null && chunk.length != expected) {
				throw wrongLength(FileTag.MAIN, index, chunk, expected);
			}
			if (chunk == null && !hasHotJournal() && !this.unwritten.cover(index, this.mainSize)) {
				throw CorruptedActorException.chunk(this.actorId, FileTag.MAIN, index, "is missing");
			}
			sink.chunk(index, chunk);
		});
	}

	/**
	 * Hand out the chunks of the journal, in order. Their ends may be missing: SQLite
	 * does not write what lies between two parts of a journal.
	 * @throws CorruptedActorException if a chunk is missing or too long
	 */
	void readJournal(ChunkSink sink) throws IOException {
		read(FileTag.JOURNAL, ChunkKeys.chunkCount(this.journalSize), (index, chunk) -> {
			int expected = ChunkKeys.chunkLength(index, this.journalSize);
			if (chunk == null) {
				throw CorruptedActorException.chunk(this.actorId, FileTag.JOURNAL, index, "is missing");
			}
			// chunks are stored before the size that counts them
			boolean last = index == ChunkKeys.chunkCount(this.journalSize) - 1;
			if (chunk.length > ChunkKeys.CHUNK_SIZE || (chunk.length > expected && !last)) {
				throw wrongLength(FileTag.JOURNAL, index, chunk, expected);
			}
			sink.chunk(index, (chunk.length > expected) ? Arrays.copyOf(chunk, expected) : chunk);
		});
	}

	private CorruptedActorException wrongLength(FileTag file, long index, byte[] chunk, int expected) {
		return CorruptedActorException.chunk(this.actorId, file, index,
				"has %d bytes instead of %d".formatted(chunk.length, expected));
	}

	private void read(FileTag file, long count, ChunkSink sink) throws IOException {
		for (long from = 0; from < count; from += this.chunksPerRead) {
			byte[][] keys = new byte[(int) Math.min(this.chunksPerRead, count - from)][];
			for (int i = 0; i < keys.length; i++) {
				keys[i] = ChunkKeys.chunk(file, from + i);
			}
			byte[] @Nullable [] values = this.snapshot.read(keys);
			for (int i = 0; i < keys.length; i++) {
				sink.chunk(from + i, values[i]);
			}
		}
	}

	/**
	 * Receives chunks.
	 */
	@FunctionalInterface
	interface ChunkSink {

		/**
		 * Take a chunk.
		 * @param index its index
		 * @param chunk its bytes, or {@code null} if it is not stored
		 */
		void chunk(long index, byte @Nullable [] chunk) throws IOException;

	}

}
