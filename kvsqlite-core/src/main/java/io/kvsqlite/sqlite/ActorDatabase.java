package io.kvsqlite.sqlite;

import java.security.SecureRandom;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.Printable;
import io.kvsqlite.vfs.ActorFailedException;
import io.kvsqlite.vfs.ActorFiles;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteLimits;
import org.sqlite.jdbc4.JDBC4Connection;

/**
 * An open actor: its files, and SQLite's one connection on them.
 *
 * <p>
 * The connection is used by one thread at a time; {@link #abort} and {@link #isUsable()}
 * may be called by any.
 */
public final class ActorDatabase implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ActorDatabase.class);

	private static final SecureRandom random = new SecureRandom();

	private static final int TOKEN_BYTES = 16;

	/**
	 * The longest pattern of LIKE and GLOB, in bytes. Each wildcard takes 125 bytes of
	 * stack; SQLite itself permits 50,000, which takes 3 MB and so more than most threads
	 * have.
	 */
	private static final int LONGEST_PATTERN = 5_000;

	private final SqliteVfs vfs;

	private final SqliteSettings settings;

	private final ActorFiles files;

	private volatile ActorBinding binding;

	private volatile SQLiteConnection connection;

	/**
	 * What the connection was when it was fresh; {@code null} until its first use.
	 */
	private @Nullable ConnectionState fresh;

	/**
	 * Keeps an interrupt from reaching a connection that is being closed. Held as long as
	 * that takes, so an abort only tries for it.
	 */
	private final ReentrantLock interruption = new ReentrantLock();

	/**
	 * Whether the connection is closed, for good or until there is a new one.
	 */
	private boolean closed;

	private ActorDatabase(SqliteVfs vfs, SqliteSettings settings, ActorBinding binding, SQLiteConnection connection) {
		this.vfs = vfs;
		this.settings = settings;
		this.files = binding.files();
		this.binding = binding;
		this.connection = connection;
	}

	/**
	 * Open an actor. What an interrupted transaction left is rolled back when the
	 * database is first read.
	 * @param store the store
	 * @param actorId the actor
	 * @param files how its files use memory and the store
	 * @param settings how SQLite is set up
	 * @param listener hears what is done to the store
	 * @return the open actor
	 * @throws SQLException if the actor cannot be opened; its cause says why, where that
	 * is not SQLite's own reason
	 * @throws UnsupportedSqliteException if sqlite-jdbc is not one that is known to work
	 */
	public static ActorDatabase open(KvStore store, String actorId, VfsSettings files, SqliteSettings settings,
			VfsListener listener) throws SQLException {
		SqliteVfs vfs = SqliteVfs.get();
		ActorFiles actorFiles;
		try {
			actorFiles = ActorFiles.open(store, actorId, files, listener, vfs.sqliteVersionNumber());
		}
		catch (RuntimeException ex) {
			throw new SQLException("Actor '%s' cannot be opened: %s".formatted(Printable.id(actorId), ex.getMessage()),
					ex);
		}
		ActorBinding binding = null;
		SQLiteConnection connection = null;
		ActorDatabase database = null;
		try {
			binding = new ActorBinding(newToken(), actorFiles);
			vfs.register(binding);
			connection = connect(binding, settings);
			database = new ActorDatabase(vfs, settings, binding, connection);
			return database;
		}
		finally {
			if (database == null) {
				giveUp(vfs, binding, connection, actorFiles);
			}
		}
	}

	/**
	 * Leave nothing of an open that failed.
	 */
	private static void giveUp(SqliteVfs vfs, @Nullable ActorBinding binding, @Nullable SQLiteConnection connection,
			ActorFiles files) {
		try {
			if (connection != null) {
				closeQuietly(connection);
			}
			if (binding != null) {
				vfs.unregister(binding);
			}
		}
		finally {
			files.close();
		}
	}

	private static String newToken() {
		byte[] token = new byte[TOKEN_BYTES];
		random.nextBytes(token);
		return "kvsqlite-" + HexFormat.of().formatHex(token);
	}

	private static SQLiteConnection connect(ActorBinding binding, SqliteSettings settings) throws SQLException {
		String name = "file:" + binding.token() + "?vfs=" + SqliteVfs.NAME;
		SQLiteConnection connection = null;
		boolean connected = false;
		try {
			connection = new JDBC4Connection("jdbc:sqlite:" + name, name, new Properties());
			connection.setLimit(SQLiteLimits.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN);
			try (Statement statement = connection.createStatement()) {
				// of several statements, this is the call that runs more than the first
				statement.executeUpdate(settings.sql());
			}
			settle(binding);
			connected = true;
			return connection;
		}
		catch (SQLException ex) {
			throw translate(binding, ex);
		}
		finally {
			if (!connected && connection != null) {
				closeQuietly(connection);
			}
		}
	}

	/**
	 * Close a connection that never served. Why it does not is what is reported.
	 */
	private static void closeQuietly(SQLiteConnection connection) {
		try {
			connection.close();
		}
		catch (SQLException ex) {
			logger.debug("A connection that could not be opened could not be closed either", ex);
		}
	}

	/**
	 * Return the actor.
	 * @return the actor's id
	 */
	public String actorId() {
		return this.files.actorId();
	}

	/**
	 * Return SQLite's connection.
	 * @return the one connection
	 */
	public SQLiteConnection connection() {
		return this.connection;
	}

	/**
	 * Return the actor's files.
	 * @return the files
	 */
	public ActorFiles files() {
		return this.files;
	}

	/**
	 * Note that the connection is about to be used by somebody else. What was refused to
	 * its last user is forgotten, and so is what that one changed.
	 */
	public void beginUse() {
		this.binding.takeRefusal();
		ConnectionState state = this.fresh;
		if (state == null) {
			state = ConnectionState.of(this.connection);
			this.fresh = state;
		}
		state.forgetChanges();
	}

	/**
	 * Return whether a use left nothing behind that SQLite keeps in its connection: no
	 * setting, no temporary or attached database, no function, no limit. Asked after the
	 * use, when the connection is open and nothing runs on it. What SQLite keeps
	 * elsewhere (the size of a cache, for example) does not show.
	 * @return whether it is as it was when the first use began
	 */
	public boolean isUnchanged() {
		return this.fresh != null && this.fresh.isUnchanged();
	}

	/**
	 * Close the connection and open a fresh one, on the same files and under the same
	 * ownership: for one that was used in a way that is not undone. Whoever kept the old
	 * one has a closed connection.
	 * @throws SQLException if that failed, or the old connection was in the middle of
	 * something. The actor has to be closed then
	 */
	public void renew() throws SQLException {
		try {
			closeConnection();
			settle();
		}
		catch (SQLException ex) {
			throw translate(ex);
		}
		finally {
			this.fresh = null;
			this.vfs.unregister(this.binding);
		}
		if (this.files.isWriting()) {
			throw new SQLException(
					"Actor '%s': SQLite closed its connection and left a transaction behind".formatted(actorId()),
					this.files.fail("a transaction was left behind by a closed connection", null));
		}
		ActorBinding renewed = new ActorBinding(newToken(), this.files);
		this.binding = renewed;
		this.vfs.register(renewed);
		SQLiteConnection opened = connect(renewed, this.settings);
		this.interruption.lock();
		try {
			this.connection = opened;
			this.closed = false;
		}
		finally {
			this.interruption.unlock();
		}
	}

	/**
	 * Refuse to switch the enforcement of foreign keys, or permit it again. Inside a
	 * transaction SQLite ignores the PRAGMA without a word, and whoever trusts in it
	 * loses rows.
	 * @param fixed whether it is refused
	 */
	public void fixForeignKeys(boolean fixed) {
		this.binding.fixForeignKeys(fixed);
	}

	/**
	 * Look at what came up in callbacks. To be called after every native call that
	 * returned as if all were well: SQLite drops some errors, and sqlite-jdbc others, and
	 * of a callback that vanished SQLite knows nothing.
	 * @throws SQLException if something came up that nobody was told of. To be
	 * {@linkplain #translate translated}
	 */
	public void settle() throws SQLException {
		settle(this.binding);
	}

	private static void settle(ActorBinding binding) throws SQLException {
		if (binding.isUntold()) {
			throw new SQLiteException("[SQLITE_IOERR] A callback failed, and SQLite went on",
					SQLiteErrorCode.SQLITE_IOERR);
		}
	}

	/**
	 * Give the connection up: a call into SQLite ended with something that is no
	 * {@link SQLException}, or did not end. What it has done is not known, and SQLite may
	 * have called for something that nobody of us heard of.
	 */
	public void giveUp() {
		this.binding.files()
			.fail("a call into SQLite did not end as it should",
					new IllegalStateException("What the call into SQLite has done is not known"));
	}

	/**
	 * Return whether the connection can be used any more.
	 * @return whether nothing fatal has happened
	 */
	public boolean isUsable() {
		return this.files.failure() == null;
	}

	/**
	 * Tell what is behind an exception of SQLite's: the store's exception becomes the
	 * cause and the actor's name part of the message. The name is all that is added where
	 * SQLite itself finds fault with the database. Any other exception is returned as it
	 * is.
	 * @param exception what sqlite-jdbc threw
	 * @return what to throw
	 */
	public SQLException translate(SQLException exception) {
		return translate(this.binding, exception);
	}

	private static SQLException translate(ActorBinding binding, SQLException exception) {
		String refusal = binding.takeRefusal();
		ActorFailedException failure = failure(binding, exception);
		if (failure != null && failure.getCause() != exception) {
			return translated(binding, exception, failure.getMessage(), rootOf(failure));
		}
		if (refusal != null) {
			return translated(binding, exception, refusal, null);
		}
		return isStorage(exception) ? translated(binding, exception, null, null) : exception;
	}

	/**
	 * Return why the connection cannot be used any more. A callback that failed, whatever
	 * SQLite made of it, is a reason, and so is an error with which SQLite has left its
	 * own state or ours in doubt: the next connection begins with what is stored.
	 */
	private static @Nullable ActorFailedException failure(ActorBinding binding, SQLException exception) {
		if (binding.isBroken()) {
			Throwable error = binding.error();
			ActorFailedException failure = (error != null) ? binding.files().fail("a callback failed", error)
					: binding.files()
						.fail("a callback did not end",
								new IllegalStateException("An error came up in a callback, and was lost on the way"));
			// not before it counts: there may be no memory to make it
			binding.tell();
			return failure;
		}
		return isDoubtful(exception) ? binding.files().fail("SQLite met an error", exception)
				: binding.files().failure();
	}

	private static @Nullable Throwable rootOf(ActorFailedException failure) {
		return (failure.getCause() != null) ? failure.getCause() : failure;
	}

	/**
	 * Return whether SQLite ran out of memory, failed to read or write, or found what it
	 * read not to be a database.
	 */
	private static boolean isDoubtful(SQLException exception) {
		return switch (primaryCode(exception)) {
			case 7, 10, 11, 26 -> true; // NOMEM, IOERR, CORRUPT, NOTADB
			default -> false;
		};
	}

	/**
	 * Return whether SQLite blames the file: other errors have reasons of their own.
	 */
	private static boolean isStorage(SQLException exception) {
		return switch (primaryCode(exception)) {
			case 7, 10, 11, 13, 14, 26 -> true; // NOMEM, IOERR, CORRUPT, FULL, CANTOPEN,
												// NOTADB
			default -> false;
		};
	}

	private static int primaryCode(SQLException exception) {
		return exception.getErrorCode() & 0xff;
	}

	private static SQLException translated(ActorBinding binding, SQLException exception, @Nullable String reason,
			@Nullable Throwable cause) {
		SQLiteErrorCode code = (exception instanceof SQLiteException sqlite) ? sqlite.getResultCode()
				: SQLiteErrorCode.SQLITE_ERROR;
		SQLiteException translated = new SQLiteException("%s (actor '%s'%s)".formatted(exception.getMessage(),
				Printable.id(binding.files().actorId()), (reason != null) ? ": " + reason : ""), code);
		if (cause != null) {
			translated.initCause(cause);
		}
		translated.addSuppressed(exception);
		return translated;
	}

	/**
	 * Give up memory that an idle actor does not need: buffers, and pages of SQLite's
	 * cache.
	 */
	public void trim() {
		this.files.trim();
	}

	/**
	 * Make everything on the connection fail from now on, a statement that is running
	 * included. Waits for nothing: where the connection is just being closed, or was
	 * interrupted by another, there is nothing to interrupt.
	 * @param reason why, as the second half of a sentence
	 */
	public void abort(String reason) {
		this.files.fail(reason, null);
		if (!this.interruption.tryLock()) {
			return;
		}
		try {
			if (!this.closed) {
				this.connection.getDatabase().interrupt();
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException("SQLite could not be interrupted", ex);
		}
		finally {
			this.interruption.unlock();
		}
	}

	private void closeConnection() throws SQLException {
		this.interruption.lock();
		try {
			this.closed = true;
			this.connection.close();
		}
		finally {
			this.interruption.unlock();
		}
	}

	/**
	 * Close the connection after an {@linkplain #abort}, without a call of the store: the
	 * ownership is not given up.
	 * @throws SQLException if SQLite could not close
	 */
	public void abandon() throws SQLException {
		try {
			closeConnection();
		}
		finally {
			this.vfs.unregister(this.binding);
		}
	}

	/**
	 * Close the connection and give the actor up. Idempotent.
	 * @throws SQLException if SQLite could not close; the actor is given up all the same
	 */
	@Override
	public void close() throws SQLException {
		boolean usable = isUsable();
		try {
			closeConnection();
			if (usable) {
				settle();
			}
		}
		catch (SQLException ex) {
			throw translate(ex);
		}
		finally {
			this.vfs.unregister(this.binding);
			this.files.close();
		}
	}

}
