package io.kvsqlite.data;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvSnapshotLostException;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.vfs.CorruptedActorException;
import io.kvsqlite.vfs.UnwrittenPages;
import org.jspecify.annotations.Nullable;

/**
 * Takes actors' databases away as ordinary SQLite files.
 *
 * <p>
 * An export holds one commit, whole, and does not disturb whoever uses the actor: it
 * reads a snapshot and owns nothing. A transaction that was under way, or that a crash
 * cut off, is rolled back in the exported file by SQLite itself. A store that cannot keep
 * a snapshot while the actor goes on makes the export start over, a bounded number of
 * times and in larger reads; so there, an actor that is written to all the time and is
 * larger than 16 MiB may not be exported before it pauses.
 *
 * <p>
 * The database is read in pieces of 1 MiB (up to 16 where it had to start over) and put
 * together in a {@link WorkDirectory} beside the target. The file takes the target's name
 * when it is complete and on the disk. So a target is either whole or not there, and
 * nobody but its owner can read it. Immutable and safe for use by many threads.
 */
public final class ActorExport {

	private final KvStore store;

	private final boolean replacing;

	private final ProgressListener listener;

	/**
	 * Create an export that replaces nothing and tells nobody.
	 * @param store where the actors are
	 */
	public ActorExport(KvStore store) {
		this(store, false, ProgressListener.NONE);
	}

	private ActorExport(KvStore store, boolean replacing, ProgressListener listener) {
		this.store = store;
		this.replacing = replacing;
		this.listener = listener;
	}

	/**
	 * Return the same export, with another rule for targets that exist.
	 * @param replacing whether an existing file is replaced, in one step
	 * @return an export
	 */
	public ActorExport replacing(boolean replacing) {
		return new ActorExport(this.store, replacing, this.listener);
	}

	/**
	 * Return the same export with another listener.
	 * @param listener hears how far an export has come
	 * @return an export
	 */
	public ActorExport listener(ProgressListener listener) {
		return new ActorExport(this.store, this.replacing, listener);
	}

	/**
	 * Export an actor to a file.
	 * @param actorId the actor
	 * @param target the file, which must not exist unless it may be
	 * {@linkplain #replacing replaced}. Nothing may lie beside it that SQLite would take
	 * for its journal or log
	 * @throws UnknownActorException if there is no such actor
	 * @throws FileAlreadyExistsException if the target exists
	 * @throws CorruptedActorException if what is stored is damaged
	 * @throws KvSnapshotLostException if the actor was written to during every attempt
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 * @throws IOException if the file could not be written
	 */
	public void toFile(String actorId, Path target) throws IOException {
		requireFree(actorId, target);
		try (TemporaryDatabase temporary = TemporaryDatabase.beside(target)) {
			fetch(actorId, temporary);
			temporary.force();
			requireFree(actorId, target);
			temporary.moveTo(target, this.replacing);
		}
		catch (FileAlreadyExistsException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw failed(actorId, "'" + target + "'", ex);
		}
	}

	private void requireFree(String actorId, Path target) throws IOException {
		if (Files.isDirectory(target)) {
			throw new FileAlreadyExistsException(target.toString(), null,
					"Actor '%s' is not exported there: it is a directory".formatted(Printable.id(actorId)));
		}
		if (!this.replacing && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
			throw new FileAlreadyExistsException(target.toString(), null,
					"Actor '%s' is not exported there: the file exists, and replacing it was not asked for"
						.formatted(Printable.id(actorId)));
		}
		for (String suffix : TemporaryDatabase.COMPANIONS) {
			Path companion = TemporaryDatabase.companion(target, suffix);
			if (Files.exists(companion, LinkOption.NOFOLLOW_LINKS)) {
				throw new FileAlreadyExistsException(companion.toString(), null,
						"Actor '%s' is not exported beside it: SQLite would take it for a part of the new database"
							.formatted(Printable.id(actorId)));
			}
		}
	}

	/**
	 * Export an actor to a stream. It goes through a temporary file, so that nothing is
	 * written before all of it was read.
	 * @param actorId the actor
	 * @param target the stream, which is flushed and not closed
	 * @throws UnknownActorException if there is no such actor
	 * @throws CorruptedActorException if what is stored is damaged
	 * @throws KvSnapshotLostException if the actor was written to during every attempt
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 * @throws IOException if the stream or the temporary file could not be written
	 */
	public void toStream(String actorId, OutputStream target) throws IOException {
		try (TemporaryDatabase temporary = TemporaryDatabase.create()) {
			fetch(actorId, temporary);
			Files.copy(temporary.file(), target);
			target.flush();
		}
		catch (IOException ex) {
			throw failed(actorId, "a stream", ex);
		}
	}

	private static IOException failed(String actorId, String target, IOException cause) {
		String reason = cause.getMessage();
		if (cause instanceof FileSystemException problem && problem.getReason() == null) {
			reason = "%s (%s)".formatted(cause.getMessage(), cause.getClass().getSimpleName());
		}
		return new IOException(
				"Actor '%s' could not be exported to %s: %s".formatted(Printable.id(actorId), target, reason), cause);
	}

	/**
	 * Fill a file with an actor's database as of its last commit.
	 */
	void fetch(String actorId, TemporaryDatabase target) throws IOException {
		ConsistentRead.perform(this.store, actorId, "export it", (snapshot, chunksPerRead) -> {
			fetch(actorId, target, snapshot, chunksPerRead);
			return actorId;
		});
	}

	/**
	 * Fill a file with the database that a snapshot shows.
	 */
	void fetch(String actorId, TemporaryDatabase target, KvSnapshot snapshot, int chunksPerRead) throws IOException {
		Fetched fetched = read(actorId, target, snapshot, chunksPerRead);
		if (fetched != null) {
			fetched.rollBack();
		}
	}

	/**
	 * Write what a snapshot shows.
	 * @return what is to be rolled back, {@code null} if there is nothing
	 */
	private @Nullable Fetched read(String actorId, TemporaryDatabase target, KvSnapshot snapshot, int chunksPerRead)
			throws IOException {
		StoredDatabase stored = new StoredDatabase(actorId, snapshot, chunksPerRead);
		if (!stored.exists()) {
			throw MissingDatabase.of(this.store, actorId);
		}
		long size = stored.sizeThatCounts();
		List<Long> absent = new ArrayList<>();
		this.listener.progress(actorId, 0, size);
		try (FileChannel channel = open(target.file())) {
			stored.readMain(size, (index, chunk) -> {
				if (chunk == null) {
					absent.add(index);
					chunk = new byte[ChunkKeys.chunkLength(index, stored.mainSize())];
				}
				write(channel, chunk, index * ChunkKeys.CHUNK_SIZE);
				long done = index + 1;
				if (done % StoredDatabase.CHUNKS_PER_READ == 0 || done == ChunkKeys.chunkCount(size)) {
					this.listener.progress(actorId, Math.min(size, done * ChunkKeys.CHUNK_SIZE), size);
				}
			});
		}
		if (!stored.hasHotJournal()) {
			return null;
		}
		try (FileChannel channel = open(target.companion(TemporaryDatabase.JOURNAL))) {
			stored.readJournal((index, chunk) -> write(channel, chunk, index * ChunkKeys.CHUNK_SIZE));
			pad(channel, stored.journalSize());
		}
		return new Fetched(actorId, target, absent);
	}

	private static FileChannel open(Path file) throws IOException {
		return TemporaryDatabase.write(file);
	}

	private static void write(FileChannel channel, byte @Nullable [] chunk, long offset) throws IOException {
		ByteBuffer buffer = ByteBuffer.wrap((chunk != null) ? chunk : new byte[0]);
		while (buffer.hasRemaining()) {
			channel.write(buffer, offset + buffer.position());
		}
	}

	/**
	 * Make a file as long as it was: what SQLite did not write at its end are zeros.
	 */
	private static void pad(FileChannel channel, long size) throws IOException {
		if (channel.size() < size) {
			write(channel, new byte[1], size - 1);
		}
	}

	/**
	 * A database with a hot journal, as files.
	 *
	 * @param actorId the actor
	 * @param database the files
	 * @param absent the chunks of the main database that are not stored
	 */
	private record Fetched(String actorId, TemporaryDatabase database, List<Long> absent) {

		void rollBack() throws IOException {
			try (PlainDatabase plain = new PlainDatabase(this.database.file())) {
				plain.recover();
			}
			catch (SQLException ex) {
				if (PlainDatabase.isDamage(ex)) {
					throw CorruptedActorException.chunk(this.actorId, FileTag.JOURNAL, 0,
							"and those that follow cannot be played back: " + ex.getMessage());
				}
				throw new IOException(
						"SQLite could not roll back the transaction that was under way: " + ex.getMessage(), ex);
			}
			if (Files.exists(this.database.companion(TemporaryDatabase.JOURNAL))) {
				throw new IOException("SQLite did not roll back the transaction that was under way");
			}
			requireAbsentOnesToBeUnwritten();
		}

		private void requireAbsentOnesToBeUnwritten() throws IOException {
			if (this.absent.isEmpty()) {
				return;
			}
			try (FileChannel channel = FileChannel.open(this.database.file(), StandardOpenOption.READ)) {
				long size = channel.size();
				UnwrittenPages unwritten = new UnwrittenPages(new FileChunks(channel, size), () -> 0);
				for (long index : this.absent) {
					if (index < ChunkKeys.chunkCount(size) && !unwritten.cover(index, size)) {
						throw CorruptedActorException.chunk(this.actorId, FileTag.MAIN, index, "is missing");
					}
				}
			}
			catch (UncheckedIOException ex) {
				throw ex.getCause();
			}
		}

	}

}
