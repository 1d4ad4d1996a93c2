package io.kvsqlite.data;

import java.io.IOException;
import java.nio.file.Files;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.sqlite.SqliteSettings;
import io.kvsqlite.vfs.CorruptedActorException;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.core.DB;

/**
 * Puts a database into the place of an actor's, as one transaction of SQLite's, however
 * large it is.
 *
 * <p>
 * The transaction commits only if what it leaves is equal to the database, which is
 * looked at when all of it was written and nothing counts yet. So whatever fails before,
 * the looking included, leaves the old actor, byte for byte; and after the commit nothing
 * is a failure any more. Where the reply to the commit was lost, the actor is taken
 * afresh, so that the commit cannot arrive late, and compared again.
 *
 * <p>
 * Immutable and safe for use by many threads.
 */
final class ActorReplacement {

	private static final Logger logger = LoggerFactory.getLogger(ActorReplacement.class);

	private static final int PAGES_PER_STEP = 256;

	private static final VfsSettings FILES = new VfsSettings(16 * 1024 * 1024, 1, 64);

	private static final SqliteSettings SETTINGS = new SqliteSettings(2 * 1024 * 1024, Map.of());

	private final KvStore store;

	private final boolean onlyEmpty;

	private final ProgressListener listener;

	/**
	 * Create a replacement.
	 * @param store where the actor is
	 * @param onlyEmpty whether an actor that is not empty is left alone
	 * @param listener hears how far it has come
	 */
	ActorReplacement(KvStore store, boolean onlyEmpty, ProgressListener listener) {
		this.store = store;
		this.onlyEmpty = onlyEmpty;
		this.listener = listener;
	}

	/**
	 * Replace.
	 * @param database a sound database that {@link NormalForm} has been through
	 * @return its content hash
	 * @throws ActorExistsException if the actor is not empty and was to be left alone
	 * @throws CopyVerificationException if what would have been committed is not equal
	 * @throws KvIndeterminateException if it is not known whether it was replaced
	 * @throws KvException if the store failed
	 * @throws CorruptedActorException if what is to be replaced is damaged
	 */
	String perform(TemporaryDatabase database, String actorId) throws IOException {
		long size = Files.size(database.file());
		String hash = ContentHash.ofFile(database.file());
		VerifiedCommit commit = null;
		boolean created = false;
		KvCommit lastCommit = KvCommit.NONE;
		try (ActorDatabase actor = open(actorId)) {
			created = actor.files().isCreated();
			// this also rolls back what a crash left, before there is something to verify
			if (!isEmpty(actor) && this.onlyEmpty) {
				throw new ActorExistsException(actorId, this.store.type());
			}
			commit = new VerifiedCommit(actor.files(), size, hash);
			try {
				restore(actor, database, size, commit);
			}
			finally {
				lastCommit = actor.files().lastCommit();
			}
		}
		catch (SQLException | RuntimeException ex) {
			if (!isCommitted(commit, ex) && !(commit != null && commit.isVerified() && holds(actorId, hash, ex))) {
				if (created) {
					removeCreated(actorId, lastCommit);
				}
				throw failure(actorId, ex);
			}
		}
		return hash;
	}

	private ActorDatabase open(String actorId) throws SQLException {
		return ActorDatabase.open(this.store, actorId, FILES, SETTINGS, new VfsListener() {
		});
	}

	private static boolean isEmpty(ActorDatabase actor) throws SQLException {
		SQLiteConnection connection = actor.connection();
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
			return rows.next() && rows.getLong(1) == 0;
		}
		catch (SQLException ex) {
			throw actor.translate(ex);
		}
	}

	/**
	 * Restore. What SQLite and sqlite-jdbc report of the side that is written is not
	 * relied on: it worked if the transaction was verified and the store has confirmed
	 * it.
	 */
	private void restore(ActorDatabase actor, TemporaryDatabase database, long size, VerifiedCommit commit)
			throws SQLException {
		DB.ProgressObserver observer = (remaining, pages) -> this.listener.progress(actor.actorId(),
				size * (pages - remaining) / Math.max(1, pages), size);
		actor.files().verifyNextCommit(commit);
		try {
			int code = actor.connection()
				.getDatabase()
				.restore("main", database.file().toString(), observer, 0, 0, PAGES_PER_STEP);
			if (!commit.isCommitted()) {
				throw new SQLiteException("SQLite could not copy the database into the actor",
						SQLiteErrorCode.getErrorCode(code));
			}
		}
		catch (SQLException ex) {
			SQLException translated = actor.translate(ex);
			RuntimeException refused = commit.failure();
			if (refused != null) {
				refused.addSuppressed(translated);
				throw refused;
			}
			throw translated;
		}
	}

	private static boolean isCommitted(@Nullable VerifiedCommit commit, Exception afterwards) {
		if (commit == null || !commit.isCommitted()) {
			return false;
		}
		logger.warn("A database was replaced, and something failed after its commit", afterwards);
		return true;
	}

	/**
	 * Return whether the actor holds the database all the same, which may be so whatever
	 * failed after it was verified.
	 * @throws KvIndeterminateException if that cannot be found out
	 */
	private boolean holds(String actorId, String hash, Exception exception) {
		try (KvSession fencing = FreeActor.take(this.store, actorId)) {
			return ContentHash.ofActor(this.store, fencing.actorId()).equals(hash);
		}
		catch (IOException | KvException | CorruptedActorException ex) {
			exception.addSuppressed(ex);
			throw new KvIndeterminateException("It is not known whether actor '%s' was replaced: %s"
				.formatted(Printable.id(actorId), exception.getMessage()), exception);
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
			logger.warn("Actor '{}' could not be written, and is left empty", Printable.id(actorId), ex);
		}
	}

	private static @Nullable RuntimeException storeFailure(Exception exception) {
		for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
			if (cause instanceof KvException || cause instanceof CorruptedActorException) {
				return (RuntimeException) cause;
			}
		}
		return null;
	}

	private static IOException failure(String actorId, Exception exception) {
		RuntimeException storeFailure = storeFailure(exception);
		if (storeFailure != null) {
			if (storeFailure != exception) {
				storeFailure.addSuppressed(exception);
			}
			throw storeFailure;
		}
		if (exception instanceof RuntimeException unchecked) {
			throw unchecked;
		}
		return new IOException(
				"Actor '%s' could not be written: %s".formatted(Printable.id(actorId), exception.getMessage()),
				exception);
	}

}
