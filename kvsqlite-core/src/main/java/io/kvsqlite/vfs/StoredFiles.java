package io.kvsqlite.vfs;

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

	private static final int FORMAT_OFFSET = 18;

	private static final byte WAL_FORMAT = 2;

	private final ActorSession session;

	private final byte @Nullable [][] values;

	private long mainSize;

	private long journalSize = -1;

	private boolean journalIsHot;

	/**
	 * Return the keys to read with the open, in the order that the constructor expects.
	 */
	static byte[][] keys(int preloadChunks) {
		List<byte[]> keys = new ArrayList<>();
		keys.add(ChunkKeys.metadata(FileTag.MAIN));
		keys.add(ChunkKeys.metadata(FileTag.JOURNAL));
		for (int i = 0; i < preloadChunks; i++) {
			keys.add(ChunkKeys.chunk(FileTag.MAIN, i));
		}
		return keys.toArray(byte[][]::new);
	}

	StoredFiles(ActorSession session, byte @Nullable [][] values) {
		this.session = session;
		this.values = values;
		byte[] main = values[0];
		byte[] journal = values[1];
		if (main == null) {
			this.mainSize = -1;
			if (journal != null || values[2] != null) {
				throw damaged(FileTag.MAIN, "it is missing", null);
			}
			return;
		}
		this.mainSize = decode(FileTag.MAIN, main);
		if (journal != null) {
			examineJournal(decode(FileTag.JOURNAL, journal));
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
			byte[] first = this.session.read(new byte[][] { ChunkKeys.chunk(FileTag.JOURNAL, 0) })[0];
			if (first == null || first.length != ChunkKeys.chunkLength(0, size)) {
				throw this.session.corrupted(CorruptedActorException
					.chunk(this.session.actorId(), FileTag.JOURNAL, 0, (first == null) ? "is missing"
							: "has %d bytes instead of %d".formatted(first.length, ChunkKeys.chunkLength(0, size))));
			}
			this.journalIsHot = first[0] != 0;
		}
	}

	private void requireRollbackFormat() {
		byte[] first = this.values[2];
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
		this.values[2] = page;
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

	/**
	 * Hand the first chunks to the buffer of the main file.
	 */
	void preload(StoredChunks chunks) {
		long count = ChunkKeys.chunkCount(this.mainSize);
		for (int i = 2; i < this.values.length && i - 2 < count; i++) {
			byte[] value = this.values[i];
			if (value != null) {
				chunks.preload(i - 2, value);
			}
		}
	}

}
