package io.kvsqlite.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;

import io.kvsqlite.data.DatabaseRefusedException.Reason;
import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.vfs.CorruptedActorException;

/**
 * Makes actors of ordinary SQLite files, of any page size, in rollback or WAL mode, with
 * whatever journal or log a crash left beside them.
 *
 * <p>
 * The file is never opened, only copied; on the copy SQLite rolls back or recovers what
 * is to be, takes it out of WAL mode, and looks for damage. Every database of which
 * SQLite then says that it is sound is imported, in its {@linkplain NormalForm normal
 * form}. Only then is the actor written to, and all that was written is compared with the
 * file before it counts. So whoever reads the actor sees the old database or the new;
 * whatever fails, and a crash, leaves the old, byte for byte. Of an actor that did not
 * exist, a crash leaves nothing that is taken for one.
 *
 * <p>
 * The actor is owned meanwhile. Immutable and safe for use by many threads.
 */
public final class ActorImport {

	private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

	private final KvStore store;

	private final boolean replacing;

	private final ProgressListener listener;

	/**
	 * Create an import that replaces nothing and tells nobody.
	 * @param store where the actors shall be
	 */
	public ActorImport(KvStore store) {
		this(store, false, ProgressListener.NONE);
	}

	private ActorImport(KvStore store, boolean replacing, ProgressListener listener) {
		this.store = store;
		this.replacing = replacing;
		this.listener = listener;
	}

	/**
	 * Return the same import, with another rule for actors that exist.
	 * @param replacing whether an existing actor is replaced
	 * @return an import
	 */
	public ActorImport replacing(boolean replacing) {
		return new ActorImport(this.store, replacing, this.listener);
	}

	/**
	 * Return the same import with another listener.
	 * @param listener hears how far an import has come: first the copy, then the actor
	 * @return an import
	 */
	public ActorImport listener(ProgressListener listener) {
		return new ActorImport(this.store, this.replacing, listener);
	}

	/**
	 * Import a file, and what SQLite keeps beside it.
	 * @param source the database file. Nobody may write to it meanwhile
	 * @param actorId the actor, which must not exist or be empty unless it may be
	 * {@linkplain #replacing replaced}
	 * @throws NoSuchFileException if there is no such file
	 * @throws DatabaseRefusedException if it is no database, encrypted, damaged, or
	 * changed meanwhile; nothing was written
	 * @throws ActorExistsException if the actor exists; nothing was written
	 * @throws io.kvsqlite.kv.KvActorOwnedException if somebody else has the actor
	 * @throws CorruptedActorException if what is to be replaced is damaged
	 * @throws CopyVerificationException if what was read back, before it counted, was not
	 * equal
	 * @throws KvIndeterminateException if it is not known whether the actor was written
	 * @throws KvException if the store failed
	 * @throws IOException if the file or its copy failed
	 */
	public void fromFile(Path source, String actorId) throws IOException {
		ActorIds.utf8(actorId);
		String description = "'" + source + "'";
		if (!Files.exists(source)) {
			throw new NoSuchFileException(source.toString(), null,
					"there is nothing to import for actor '%s'".formatted(Printable.id(actorId)));
		}
		if (!Files.isRegularFile(source)) {
			throw notADatabase(description, "it is not a file");
		}
		Path log = TemporaryDatabase.companion(source, TemporaryDatabase.WAL);
		boolean allInLog = Files.size(source) == 0 && Files.exists(log) && Files.size(log) > 0;
		if (!allInLog) {
			requireMagic(description, source);
		}
		requireFree(actorId);
		try (TemporaryDatabase copy = TemporaryDatabase.create()) {
			new SourceFiles(source).copyTo(copy, actorId, this.listener);
			prepare(description, copy);
			requireMagic(description, copy.file());
			write(copy, actorId);
		}
	}

	/**
	 * Import a database from a stream, by way of a temporary file.
	 * @param source the bytes of a database file, read to the end and not closed
	 * @param actorId the actor, which must not exist or be empty unless it may be
	 * {@linkplain #replacing replaced}
	 * @throws DatabaseRefusedException if it is no database, encrypted or damaged;
	 * nothing was written
	 * @throws ActorExistsException if the actor exists; nothing was written
	 * @throws io.kvsqlite.kv.KvActorOwnedException if somebody else has the actor
	 * @throws CorruptedActorException if what is to be replaced is damaged
	 * @throws CopyVerificationException if what was read back, before it counted, was not
	 * equal
	 * @throws KvIndeterminateException if it is not known whether the actor was written
	 * @throws KvException if the store failed
	 * @throws IOException if the stream or the temporary file failed
	 */
	public void fromStream(InputStream source, String actorId) throws IOException {
		ActorIds.utf8(actorId);
		requireFree(actorId);
		try (TemporaryDatabase copy = TemporaryDatabase.create()) {
			try (OutputStream out = Channels.newOutputStream(TemporaryDatabase.write(copy.file()))) {
				source.transferTo(out);
			}
			String description = "What the stream held";
			requireMagic(description, copy.file());
			prepare(description, copy);
			write(copy, actorId);
		}
	}

	private static void requireMagic(String description, Path file) throws IOException {
		byte[] begin;
		try (InputStream in = Files.newInputStream(file)) {
			begin = in.readNBytes(MAGIC.length);
		}
		if (begin.length == 0) {
			throw notADatabase(description, "it is empty");
		}
		if (!Arrays.equals(begin, MAGIC)) {
			throw notADatabase(description,
					"it is not a SQLite database, or it is encrypted: it does not begin with 'SQLite format 3'");
		}
	}

	private static DatabaseRefusedException notADatabase(String description, String details) {
		return new DatabaseRefusedException(description, Reason.NOT_A_DATABASE, details, null);
	}

	/**
	 * Recover the copy, take it out of WAL mode, look for damage.
	 */
	private static void prepare(String description, TemporaryDatabase copy) throws IOException {
		List<String> problems;
		try (PlainDatabase plain = new PlainDatabase(copy.file())) {
			plain.recover();
			plain.useRollbackJournal();
			problems = plain.check(true);
		}
		catch (SQLException ex) {
			throw new DatabaseRefusedException(description, Reason.DAMAGED,
					"SQLite cannot use it, it is damaged or encrypted: " + ex.getMessage(), ex);
		}
		if (!problems.isEmpty()) {
			throw new DatabaseRefusedException(description, Reason.DAMAGED,
					"it is damaged: " + String.join("; ", problems), null);
		}
	}

	/**
	 * Look early, and without owning it, whether the actor may be written. What counts is
	 * looked at again when it is owned.
	 */
	private void requireFree(String actorId) {
		if (!this.replacing) {
			try (KvSnapshot snapshot = this.store.snapshot(actorId)) {
				if (!new StoredDatabase(actorId, snapshot).isEmpty()) {
					throw new ActorExistsException(actorId, this.store.type());
				}
			}
		}
	}

	/**
	 * Write a sound database in rollback mode, with nothing beside it, to an actor: all
	 * of it, or nothing.
	 * @return its content hash
	 */
	String write(TemporaryDatabase database, String actorId) throws IOException {
		NormalForm.apply(database.file());
		if (FreeActor.makeRoom(this.store, actorId)) {
			return new ActorCopy(this.store, this.store).listener(this.listener)
				.writeNew(actorId, actorId, database)
				.contentHash();
		}
		return new ActorReplacement(this.store, !this.replacing, this.listener).perform(database, actorId);
	}

}
