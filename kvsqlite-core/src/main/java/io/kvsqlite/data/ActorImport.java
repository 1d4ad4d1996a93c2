package io.kvsqlite.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import io.kvsqlite.data.DatabaseRefusedException.Reason;
import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.sqlite.SqliteSettings;
import io.kvsqlite.vfs.CorruptedActorException;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.core.DB;

/**
 * Makes actors of ordinary SQLite files, of any page size, in rollback or WAL mode, with
 * whatever journal or log a crash left beside them.
 *
 * <p>
 * The file is never opened, only copied; on the copy SQLite rolls back or recovers what
 * is to be, takes it out of WAL mode, and looks for damage. Only then is the actor
 * written to: as one transaction, which either happens or does not, however large it is.
 * So whoever reads the actor sees the old database or the new, and a crash leaves the
 * old; of an actor that did not exist, a crash may leave an empty database, which the
 * next import takes for none.
 *
 * <p>
 * The actor is owned meanwhile. Immutable and safe for use by many threads.
 */
public final class ActorImport {

	private static final Logger logger = LoggerFactory.getLogger(ActorImport.class);

	private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

	private static final int PAGES_PER_STEP = 256;

	private static final VfsSettings FILES = new VfsSettings(16 * 1024 * 1024, 1, 64);

	private static final SqliteSettings SETTINGS = new SqliteSettings(2 * 1024 * 1024, Map.of());

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
	 * @throws CopyVerificationException if what was read back is not equal
	 * @throws KvException if the store failed
	 * @throws IOException if the file or its copy failed
	 */
	public void fromFile(Path source, String actorId) throws IOException {
		ActorIds.utf8(actorId);
		String description = "'" + source + "'";
		if (!Files.exists(source)) {
			throw new NoSuchFileException(source.toString(), null,
					"there is nothing to import for actor '%s'".formatted(actorId));
		}
		if (!Files.isRegularFile(source)) {
			throw notADatabase(description, "it is not a file");
		}
		requireMagic(description, source);
		requireFree(actorId);
		try (TemporaryDatabase copy = TemporaryDatabase.create()) {
			new SourceFiles(source).copyTo(copy, actorId, this.listener);
			importCopy(description, copy, actorId);
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
	 * @throws CopyVerificationException if what was read back is not equal
	 * @throws KvException if the store failed
	 * @throws IOException if the stream or the temporary file failed
	 */
	public void fromStream(InputStream source, String actorId) throws IOException {
		ActorIds.utf8(actorId);
		requireFree(actorId);
		try (TemporaryDatabase copy = TemporaryDatabase.create()) {
			Files.copy(source, copy.file(), StandardCopyOption.REPLACE_EXISTING);
			importCopy("What the stream held", copy, actorId);
		}
	}

	private void importCopy(String description, TemporaryDatabase copy, String actorId) throws IOException {
		requireMagic(description, copy.file());
		prepare(description, copy);
		write(copy, actorId);
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
		long size;
		try (PlainDatabase plain = new PlainDatabase(copy.file())) {
			plain.recover();
			plain.useRollbackJournal();
			problems = plain.check(true);
			size = plain.size();
		}
		catch (SQLException ex) {
			throw new DatabaseRefusedException(description, Reason.DAMAGED,
					"SQLite cannot use it, it is damaged or encrypted: " + ex.getMessage(), ex);
		}
		if (!problems.isEmpty()) {
			throw new DatabaseRefusedException(description, Reason.DAMAGED,
					"it is damaged: " + String.join("; ", problems), null);
		}
		// bytes behind the last page belong to nothing
		try (FileChannel channel = FileChannel.open(copy.file(), StandardOpenOption.WRITE)) {
			channel.truncate(size);
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

	private void requireEmpty(ActorDatabase actor) throws SQLException {
		if (!isEmpty(actor.connection())) {
			throw new ActorExistsException(actor.actorId(), this.store.type());
		}
	}

	private static boolean isEmpty(SQLiteConnection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
			return rows.next() && rows.getLong(1) == 0;
		}
	}

	private ActorDatabase open(String actorId) throws SQLException {
		return ActorDatabase.open(this.store, actorId, FILES, SETTINGS, new VfsListener() {
		});
	}

	/**
	 * Write a sound database in rollback mode to an actor, as one transaction.
	 * @return its content hash
	 */
	String write(TemporaryDatabase database, String actorId) throws IOException {
		String hash = ContentHash.ofFile(database.file());
		boolean created = false;
		boolean written = false;
		KvCommit lastCommit = KvCommit.NONE;
		try (ActorDatabase actor = open(actorId)) {
			created = actor.files().isCreated();
			try {
				if (!created && !this.replacing) {
					requireEmpty(actor);
				}
				restore(actor, database);
				// sqlite-jdbc reports no failure of the side that is written
				String found = ContentHash.ofActor(this.store, actorId);
				if (!found.equals(hash)) {
					throw new CopyVerificationException(actorId, hash, found);
				}
				written = true;
				return hash;
			}
			finally {
				lastCommit = actor.files().lastCommit();
			}
		}
		catch (SQLException ex) {
			throw failure(actorId, ex);
		}
		finally {
			if (created && !written) {
				removeCreated(actorId, lastCommit);
			}
		}
	}

	private void restore(ActorDatabase actor, TemporaryDatabase database) throws SQLException {
		long size = database.file().toFile().length();
		DB.ProgressObserver observer = (remaining, pages) -> this.listener.progress(actor.actorId(),
				size * (pages - remaining) / Math.max(1, pages), size);
		try {
			int code = actor.connection()
				.getDatabase()
				.restore("main", database.file().toString(), observer, 0, 0, PAGES_PER_STEP);
			if (code != SQLiteErrorCode.SQLITE_OK.code || !actor.isUsable()) {
				throw new SQLiteException("SQLite could not copy the database into the actor",
						SQLiteErrorCode.getErrorCode(code));
			}
		}
		catch (SQLException ex) {
			throw actor.translate(ex);
		}
	}

	/**
	 * Leave no empty actor behind where there was none. What another owner made of it
	 * meanwhile is not ours.
	 */
	private void removeCreated(String actorId, KvCommit lastCommit) {
		try {
			FreeActor.deleteLeftOver(this.store, actorId, lastCommit);
		}
		catch (KvException | CorruptedActorException ex) {
			logger.warn("Actor '{}' could not be imported, and is left empty", actorId, ex);
		}
	}

	private static IOException failure(String actorId, SQLException exception) {
		for (Throwable cause = exception.getCause(); cause != null; cause = cause.getCause()) {
			if (cause instanceof KvException || cause instanceof CorruptedActorException) {
				cause.addSuppressed(exception);
				throw (RuntimeException) cause;
			}
		}
		return new IOException("Actor '%s' could not be imported: %s".formatted(actorId, exception.getMessage()),
				exception);
	}

}
