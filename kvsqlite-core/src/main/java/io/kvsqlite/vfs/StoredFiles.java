package io.kvsqlite.vfs;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.EmptyDatabase;
import io.kvsqlite.codec.FileMetadata;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.codec.MalformedMetadataException;
import io.kvsqlite.kv.KvWrite;
import org.jspecify.annotations.Nullable;

/**
 * What an open finds of an actor: how large its database is, whether a journal was left,
 * and the first chunks, all from the round trip that also took the ownership.
 */
final class StoredFiles {

	private static final int MAIN_METADATA = 0;

	private static final int JOURNAL_METADATA = 1;

	private static final int JOURNAL_START = 2;

	private static final int MAIN_CHUNKS = 3;

	private static final int RECORD_COUNT_OFFSET = 8;

	private static final int RECORD_COUNT_LENGTH = 4;

	private static final int PAGE_COUNT_OFFSET = 16;

	private static final int PAGE_SIZE_OFFSET = 24;

	private static final int MOST_PAGE_SIZE = 65536;

	private static final int FORMAT_OFFSET = 18;

	private static final byte WAL_FORMAT = 2;

	private final ActorSession session;

	private final byte[] @Nullable [] values;

	private long mainSize;

	private long journalSize = -1;

	private boolean journalIsHot;

	private boolean journalHasParts;

	/**
	 * Return the keys to read with the open, in the order that the constructor expects.
	 */
	static byte[][] keys(int preloadChunks) {
		List<byte[]> keys = new ArrayList<>();
		keys.add(ChunkKeys.metadata(FileTag.MAIN));
		keys.add(ChunkKeys.metadata(FileTag.JOURNAL));
		keys.add(ChunkKeys.chunk(FileTag.JOURNAL, 0));
		for (int i = 0; i < preloadChunks; i++) {
			keys.add(ChunkKeys.chunk(FileTag.MAIN, i));
		}
		return keys.toArray(byte[][]::new);
	}

	StoredFiles(ActorSession session, byte[] @Nullable [] values) {
		this.session = session;
		this.values = values;
		byte[] main = values[MAIN_METADATA];
		byte[] journal = values[JOURNAL_METADATA];
		if (main == null) {
			this.mainSize = -1;
			if (journal != null || values[MAIN_CHUNKS] != null || session.commit() > 0) {
				throw damaged(FileTag.MAIN, "it is missing", null);
			}
			return;
		}
		this.mainSize = decode(FileTag.MAIN, main);
		if (journal != null) {
			examineJournal(decode(FileTag.JOURNAL, journal));
		}
		else if (values[JOURNAL_START] != null) {
			// a crash before the metadata: the journal never counted, its chunks are
			// waste
			this.journalSize = 0;
		}
		requireRollbackFormat();
	}

	private long decode(FileTag file, byte[] value) {
		try {
			return FileMetadata.decode(value);
		}
		catch (MalformedMetadataException ex) {
			throw damaged(file, ex.getMessage(), ex);
		}
	}

	private CorruptedActorException damaged(FileTag file, @Nullable String problem, @Nullable Throwable cause) {
		return this.session
			.corrupted(CorruptedActorException.metadata(this.session.actorId(), file, String.valueOf(problem), cause));
	}

	/**
	 * A journal whose first byte is zero was ended by overwriting its header, which is
	 * how connections in exclusive locking mode end theirs. SQLite looks at the same
	 * byte.
	 */
	private void examineJournal(long size) {
		this.journalSize = size;
		if (size > 0) {
			byte[] first = this.values[JOURNAL_START];
			if (first == null || first.length != ChunkKeys.chunkLength(0, size)) {
				throw this.session.corrupted(CorruptedActorException
					.chunk(this.session.actorId(), FileTag.JOURNAL, 0, (first == null) ? "is missing"
							: "has %d bytes instead of %d".formatted(first.length, ChunkKeys.chunkLength(0, size))));
			}
			this.journalIsHot = first[0] != 0;
			this.journalHasParts = hasParts(first);
			if (this.journalIsHot) {
				requirePossibleOriginalSize(first);
			}
		}
	}

	/**
	 * SQLite begins a rollback by giving the database the size that the journal's header
	 * says it had. Where that is more than what is stored, because the transaction had
	 * cut the file already, every page that it lacks is in the journal. A header that
	 * says more is damaged, and following it would fill the store with zeros.
	 * @see <a href="https://www.sqlite.org/fileformat2.html#the_rollback_journal">The
	 * Rollback Journal</a>
	 */
	private void requirePossibleOriginalSize(byte[] journalStart) {
		if (journalStart.length < PAGE_SIZE_OFFSET + Integer.BYTES) {
			return;
		}
		ByteBuffer header = ByteBuffer.wrap(journalStart);
		long pages = Integer.toUnsignedLong(header.getInt(PAGE_COUNT_OFFSET));
		long pageSize = Integer.toUnsignedLong(header.getInt(PAGE_SIZE_OFFSET));
		if (pageSize <= MOST_PAGE_SIZE && (pages - 1) * pageSize >= this.mainSize + this.journalSize) {
			throw this.session.corrupted(CorruptedActorException.chunk(this.session.actorId(), FileTag.JOURNAL, 0,
					"says that the database had %d pages of %d bytes, of which %d bytes are stored".formatted(pages,
							pageSize, this.mainSize)));
		}
	}

	/**
	 * Return whether a journal counts its records, so that it may have several parts,
	 * each of which begins on the next sector, and nothing written between. Ours never
	 * do: SQLite writes no count where a file is safe to append to.
	 */
	private static boolean hasParts(byte[] journalStart) {
		for (int i = 0; i < RECORD_COUNT_LENGTH; i++) {
			if (journalStart.length > RECORD_COUNT_OFFSET + i && journalStart[RECORD_COUNT_OFFSET + i] != -1) {
				return true;
			}
		}
		return false;
	}

	private void requireRollbackFormat() {
		byte[] first = this.values[MAIN_CHUNKS];
		if (first != null && first.length > FORMAT_OFFSET + 1
				&& (first[FORMAT_OFFSET] == WAL_FORMAT || first[FORMAT_OFFSET + 1] == WAL_FORMAT)) {
			throw new UnsupportedDatabaseException(
					"Actor '%s' cannot be opened: its database asks for a write-ahead log, which kvsqlite does not keep; "
						.formatted(this.session.actorId()) + "import it anew, the import converts it");
		}
	}

	boolean exists() {
		return this.mainSize >= 0;
	}

	/**
	 * Make the actor's database, empty, in one write.
	 */
	void create(int sqliteVersionNumber) {
		byte[] page = EmptyDatabase.page(sqliteVersionNumber);
		this.session.write(new KvWrite().put(ChunkKeys.metadata(FileTag.MAIN), FileMetadata.encode(page.length))
			.put(ChunkKeys.chunk(FileTag.MAIN, 0), page));
		this.values[MAIN_CHUNKS] = page;
		this.mainSize = page.length;
	}

	long mainSize() {
		return this.mainSize;
	}

	/**
	 * Return the size of the journal that was left, -1 if there is none.
	 */
	long journalSize() {
		return this.journalSize;
	}

	boolean journalIsHot() {
		return this.journalIsHot;
	}

	boolean journalHasParts() {
		return this.journalHasParts;
	}

	/**
	 * Hand the first chunks to the buffer of the main file.
	 */
	void preload(StoredChunks chunks) {
		long count = ChunkKeys.chunkCount(this.mainSize);
		for (int i = 0; MAIN_CHUNKS + i < this.values.length && i < count; i++) {
			byte[] value = this.values[MAIN_CHUNKS + i];
			if (value != null) {
				chunks.preload(i, value);
			}
		}
	}

}
