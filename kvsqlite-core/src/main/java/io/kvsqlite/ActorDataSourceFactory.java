package io.kvsqlite;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

import javax.sql.DataSource;

import io.kvsqlite.data.ActorCheck;
import io.kvsqlite.data.ActorCopy;
import io.kvsqlite.data.ActorExport;
import io.kvsqlite.data.ActorImport;
import io.kvsqlite.data.CheckReport;
import io.kvsqlite.data.CopiedActor;
import io.kvsqlite.jdbc.ConnectionScope;
import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.sqlite.SqliteSettings;
import io.kvsqlite.vfs.VfsSettings;
import org.jspecify.annotations.Nullable;

/**
 * Gives each actor a {@link DataSource} on a SQLite database of its own, kept in a
 * {@link KvStore}.
 *
 * <pre>
 * KvStore store = ...;
 * ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
 * DataSource notes = factory.dataSource("notes/42");
 * </pre>
 *
 * <p>
 * An actor is opened when its first connection is asked for, created if it does not
 * exist, and stays open until it has been idle for a while, makes room for another, or is
 * closed. It has one connection, handed out exclusively: another thread that asks for it
 * waits, first come, first served, up to the connection time-out. Closing a connection
 * rolls back what was left open.
 *
 * <p>
 * Thread-safe. The factory does not close the store. Use one factory a store: a second
 * one would take the actors of the first away from it.
 */
public final class ActorDataSourceFactory implements AutoCloseable {

	private final KvStore store;

	private final SqliteSettings sqlite;

	private final OpenActors actors;

	private final Duration connectionTimeout;

	private final Duration closeTimeout;

	private ActorDataSourceFactory(Builder builder) {
		this.store = builder.store;
		this.connectionTimeout = builder.connectionTimeout;
		this.closeTimeout = builder.closeTimeout;
		this.sqlite = new SqliteSettings(builder.cacheSize, builder.pragmas);
		int preload = (builder.preloadChunks != null) ? builder.preloadChunks : builder.store.preloadChunks();
		this.actors = new OpenActors(builder.store, builder.maxOpenActors, builder.idleTimeout,
				new VfsSettings(builder.transactionMemory, Math.max(1, preload), builder.readAheadChunks), this.sqlite,
				builder.statementCacheSize, builder.listener, builder.initializers);
	}

	/**
	 * Start to build a factory.
	 * @param store where the actors' databases are kept
	 * @return a builder with defaults for everything
	 */
	public static Builder builder(KvStore store) {
		return new Builder(store);
	}

	/**
	 * Return the data source of an actor. Touches nothing: the actor is opened when a
	 * connection is asked for, and again after it was closed, so the data source can be
	 * kept. Two of the same actor are equal. Unwraps to this factory.
	 * @param actorId the actor: a non-empty string of at most
	 * {@value KvStore#MAX_ACTOR_ID_BYTES} bytes in UTF-8
	 * @return the data source
	 * @throws IllegalArgumentException if the id is empty, too long or not valid
	 */
	public DataSource dataSource(String actorId) {
		ActorIds.utf8(actorId);
		return new ActorDataSource(this, actorId, null);
	}

	/**
	 * Return the data source of an actor whose connections serve only within a scope.
	 * Nothing gets around it: a connection with a scope hands out no object of
	 * sqlite-jdbc. Equal to the actor's data source without one. Unwraps to its scope.
	 * @param actorId the actor: a non-empty string of at most
	 * {@value KvStore#MAX_ACTOR_ID_BYTES} bytes in UTF-8
	 * @param scope where its connections may be used
	 * @return the data source
	 * @throws IllegalArgumentException if the id is empty, too long or not valid
	 */
	public DataSource dataSource(String actorId, ConnectionScope scope) {
		ActorIds.utf8(actorId);
		Objects.requireNonNull(scope, "'scope' must not be null");
		return new ActorDataSource(this, actorId, scope);
	}

	Connection connection(String actorId, @Nullable Duration timeout) throws SQLException {
		return this.actors.connection(actorId, (timeout != null) ? timeout : this.connectionTimeout);
	}

	/**
	 * Open a plain SQLite file as this factory opens actors, with its PRAGMAs and the
	 * same rules for SQL: a place to rehearse what is to be done to an actor, on an
	 * exported copy.
	 * @param file the file, made if it does not exist
	 * @return a connection that belongs to the caller alone
	 * @throws SQLException if SQLite cannot open the file
	 */
	public Connection openFile(Path file) throws SQLException {
		return new PlainFile(file).open(this.sqlite);
	}

	/**
	 * Return the store.
	 * @return where the actors' databases are kept
	 */
	public KvStore store() {
		return this.store;
	}

	/**
	 * Return the most actors that are open at once.
	 * @return the bound
	 */
	public int maxOpenActors() {
		return this.actors.capacity();
	}

	/**
	 * Return how many actors are open now.
	 * @return the number, those in use included
	 */
	public int openActors() {
		return this.actors.open();
	}

	/**
	 * Return how many connections are in use now.
	 * @return the number of actors that somebody uses
	 */
	public int activeConnections() {
		return this.actors.active();
	}

	/**
	 * Return how many threads wait for a connection now.
	 * @return an estimate
	 */
	public int waitingThreads() {
		return this.actors.waiting();
	}

	/**
	 * Return a page of the open actors, ordered by id.
	 * @param after the id after which the page starts, or {@code null} for the first page
	 * @param limit the most actors to return
	 * @return the actors as they are now
	 */
	public List<ActorStatus> openActors(@Nullable String after, int limit) {
		return this.actors.statuses()
			.filter((status) -> after == null || status.actorId().compareTo(after) > 0)
			.sorted(Comparator.comparing(ActorStatus::actorId))
			.limit(limit)
			.toList();
	}

	/**
	 * Return an open actor as it is now.
	 * @param actorId the actor
	 * @return the actor, empty if it is not open
	 */
	public Optional<ActorStatus> openActor(String actorId) {
		return this.actors.status(actorId);
	}

	/**
	 * List the actors that exist, open or not, in the order of their UTF-8 bytes.
	 * @param prefix what the ids must begin with; empty for all
	 * @param after the id after which the page starts, or {@code null} for the first page
	 * @param limit the most ids to return, at least 1
	 * @return a page of ids
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 */
	public KvActorPage actors(String prefix, @Nullable String after, int limit) {
		return this.store.actors(prefix, after, limit);
	}

	/**
	 * Close an actor, waiting for whoever uses it up to the close time-out. The next
	 * connection opens it again. Does nothing if the actor is not open.
	 * @param actorId the actor
	 * @return whether it was open
	 * @throws SQLException if it is still in use after the time-out; it then stays open
	 */
	public boolean close(String actorId) throws SQLException {
		return this.actors.close(actorId, this.closeTimeout);
	}

	/**
	 * Close an actor at once: if somebody uses it, their connection fails from now on and
	 * what they did not commit is rolled back.
	 * @param actorId the actor
	 * @return whether it was open
	 */
	public boolean closeForcibly(String actorId) {
		return this.actors.closeForcibly(actorId);
	}

	/**
	 * Delete an actor for good: its database, and everything the store keeps of it.
	 * Deleting an actor that does not exist does nothing.
	 * @param actorId the actor
	 * @param force whether to delete it even while somebody uses it
	 * @return whether it existed
	 * @throws KvActorOwnedException if it is in use, here or elsewhere, and {@code force}
	 * is not set
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 */
	public boolean delete(String actorId, boolean force) {
		ActorIds.utf8(actorId);
		return this.actors.delete(actorId, force);
	}

	/**
	 * Delete an actor as {@link #delete} does, and leave no byte of it in the store's
	 * files. Takes seconds; see {@link KvStore#purge(String, boolean)}.
	 * @param actorId the actor
	 * @param force whether to delete it even while somebody uses it
	 * @return whether it existed
	 * @throws UnsupportedOperationException if the store cannot promise it; then nothing
	 * was deleted
	 * @throws KvActorOwnedException if it is in use, here or elsewhere, and {@code force}
	 * is not set
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 */
	public boolean purge(String actorId, boolean force) {
		ActorIds.utf8(actorId);
		return this.actors.purge(actorId, force);
	}

	/**
	 * Export an actor to a SQLite file, as of its last commit, while others go on using
	 * it.
	 * @param actorId the actor
	 * @param target the file, which must not exist
	 * @throws io.kvsqlite.data.UnknownActorException if there is no such actor
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 * @throws IOException if the file could not be written; there is none then
	 * @see ActorExport
	 */
	public void exportActor(String actorId, Path target) throws IOException {
		new ActorExport(this.store).toFile(actorId, target);
	}

	/**
	 * Import a SQLite file as an actor. Whoever uses the actor is waited for, up to the
	 * close time-out, and gets the new database with the next connection.
	 * @param source the file, with what SQLite keeps beside it
	 * @param actorId the actor
	 * @param replace whether an actor that exists is replaced
	 * @throws io.kvsqlite.data.DatabaseRefusedException if the file is no database, or
	 * damaged
	 * @throws io.kvsqlite.data.ActorExistsException if the actor exists, and
	 * {@code replace} is not set
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 * @throws SQLException if the actor is still in use after the time-out
	 * @throws IOException if the file could not be read
	 * @see ActorImport
	 */
	public void importActor(Path source, String actorId, boolean replace) throws SQLException, IOException {
		ActorIds.utf8(actorId);
		this.actors.whileClosed(actorId, this.closeTimeout, () -> {
			new ActorImport(this.store).replacing(replace).fromFile(source, actorId);
			return actorId;
		});
	}

	/**
	 * Copy an actor, as of its last commit, while others go on using it.
	 * @param sourceId the actor
	 * @param targetId the copy, which must not exist
	 * @return what was copied
	 * @throws io.kvsqlite.data.UnknownActorException if there is no such actor
	 * @throws io.kvsqlite.data.ActorExistsException if the target exists
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 * @throws SQLException if the target is still in use after the close time-out
	 * @throws IOException if a temporary file failed
	 * @see ActorCopy
	 */
	public CopiedActor copyActor(String sourceId, String targetId) throws SQLException, IOException {
		ActorIds.utf8(targetId);
		return this.actors.whileClosed(targetId, this.closeTimeout,
				() -> new ActorCopy(this.store, this.store).copy(sourceId, targetId));
	}

	/**
	 * Check an actor, as of its last commit, while others go on using it.
	 * @param actorId the actor
	 * @return what was found
	 * @throws io.kvsqlite.data.UnknownActorException if there is no such actor
	 * @throws io.kvsqlite.kv.KvException if the store failed
	 * @throws IOException if the temporary copy failed
	 * @see ActorCheck
	 */
	public CheckReport checkActor(String actorId) throws IOException {
		return new ActorCheck(this.store).check(actorId);
	}

	/**
	 * Close all actors and hand out no connections until {@link #start()}: those in use
	 * are waited for and then closed by force. Ends within the close time-out, whatever
	 * the store does, however many actors are open, and also in a thread that is
	 * interrupted or has a connection itself. A warning in the log says what could not be
	 * closed in that time. The store is told by up to 8 daemon threads, which end with
	 * what they do then.
	 */
	public void stop() {
		this.actors.stop(this.closeTimeout);
	}

	/**
	 * Hand out connections again after {@link #stop()}.
	 * @throws IllegalStateException if the factory was closed
	 */
	public void start() {
		this.actors.start();
	}

	/**
	 * {@linkplain #stop() Stop}, for good. Idempotent. Does not close the store.
	 */
	@Override
	public void close() {
		this.actors.shutDown(this.closeTimeout);
	}

	/**
	 * Builds a factory. Not thread-safe.
	 */
	public static final class Builder {

		private static final int DEFAULT_MAX_OPEN = 1_000;

		private static final int MIB = 1024 * 1024;

		private final KvStore store;

		private int maxOpenActors = DEFAULT_MAX_OPEN;

		private Duration idleTimeout = Duration.ofMinutes(10);

		private Duration connectionTimeout = Duration.ofSeconds(30);

		private Duration closeTimeout = Duration.ofSeconds(10);

		private long transactionMemory = 16 * MIB;

		private long cacheSize = SqliteSettings.DEFAULT_CACHE_SIZE;

		private int statementCacheSize = 8;

		private @Nullable Integer preloadChunks;

		private int readAheadChunks = 256;

		private final Map<String, String> pragmas = new HashMap<>();

		private ActorListener listener = new ActorListener() {
		};

		private List<ActorInitializer> initializers = List.of();

		private Builder(KvStore store) {
			this.store = store;
		}

		/**
		 * Set the most actors that are open at once. Default: 1,000.
		 * @param maxOpenActors the bound, at least 1
		 * @return this builder
		 */
		public Builder maxOpenActors(int maxOpenActors) {
			require(maxOpenActors >= 1, "maxOpenActors", "at least 1", maxOpenActors);
			this.maxOpenActors = maxOpenActors;
			return this;
		}

		/**
		 * Set after how long without use an actor is closed. Default: 10 minutes.
		 * @param idleTimeout the time, more than zero
		 * @return this builder
		 */
		public Builder idleTimeout(Duration idleTimeout) {
			this.idleTimeout = requirePositive(idleTimeout, "idleTimeout");
			return this;
		}

		/**
		 * Set how long to wait for an actor's connection. Default: 30 seconds.
		 * @param connectionTimeout the time, more than zero
		 * @return this builder
		 */
		public Builder connectionTimeout(Duration connectionTimeout) {
			this.connectionTimeout = requirePositive(connectionTimeout, "connectionTimeout");
			return this;
		}

		/**
		 * Set how long a close waits for whoever uses an actor, and how long the close of
		 * the factory takes at most; a quarter of that, at most a second, is kept for
		 * those that have to be closed by force. Default: 10 seconds.
		 * @param closeTimeout the time, more than zero
		 * @return this builder
		 */
		public Builder closeTimeout(Duration closeTimeout) {
			this.closeTimeout = requirePositive(closeTimeout, "closeTimeout");
			return this;
		}

		/**
		 * Set the most memory that a transaction takes before it goes to the store in
		 * parts. Default: 16 MiB.
		 * @param bytes the memory in bytes, at least 64 KiB
		 * @return this builder
		 */
		public Builder transactionMemory(long bytes) {
			require(bytes >= VfsSettings.LEAST_MEMORY, "transactionMemory",
					"at least " + VfsSettings.LEAST_MEMORY + " bytes", bytes);
			this.transactionMemory = bytes;
			return this;
		}

		/**
		 * Set the most memory of SQLite's page cache, for each open actor. Default:
		 * SQLite's own, 2000 KiB.
		 * @param bytes the memory in bytes
		 * @return this builder
		 */
		public Builder cacheSize(long bytes) {
			require(bytes >= 0, "cacheSize", "not negative", bytes);
			this.cacheSize = bytes;
			return this;
		}

		/**
		 * Set how many prepared statements each open actor keeps for whoever prepares the
		 * same SQL next. An actor that nobody has used for some seconds closes them.
		 * Default: 8.
		 * @param statements the most statements, 0 for none
		 * @return this builder
		 */
		public Builder statementCacheSize(int statements) {
			require(statements >= 0, "statementCacheSize", "not negative", statements);
			this.statementCacheSize = statements;
			return this;
		}

		/**
		 * Set how many of a database's first chunks, of 4 KiB each, are read with the
		 * open. Default: what the store thinks best.
		 * @param chunks the number of chunks, at least 1
		 * @return this builder
		 */
		public Builder preloadChunks(int chunks) {
			require(chunks >= 1, "preloadChunks", "at least 1", chunks);
			this.preloadChunks = chunks;
			return this;
		}

		/**
		 * Set the most chunks, of 4 KiB each, that are fetched at once when reads run in
		 * a direction. Default: 256.
		 * @param chunks the number of chunks; 1 switches read-ahead off
		 * @return this builder
		 */
		public Builder readAheadChunks(int chunks) {
			require(chunks >= 1, "readAheadChunks", "at least 1", chunks);
			this.readAheadChunks = chunks;
			return this;
		}

		/**
		 * Set a PRAGMA on each connection, such as {@code foreign_keys} to {@code ON}.
		 * @param name its name
		 * @param value its value, a plain word or number
		 * @return this builder
		 */
		public Builder pragma(String name, String value) {
			this.pragmas.put(name, value);
			return this;
		}

		/**
		 * Set who hears what happens to actors.
		 * @param listener the listener
		 * @return this builder
		 */
		public Builder listener(ActorListener listener) {
			this.listener = listener;
			return this;
		}

		/**
		 * Set what prepares a database each time it is opened.
		 * @param initializer the initializer, {@code null} for none
		 * @return this builder
		 */
		public Builder initializer(@Nullable ActorInitializer initializer) {
			return initializers((initializer != null) ? List.of(initializer) : List.of());
		}

		/**
		 * Set what prepares a database each time it is opened, one after the other, each
		 * in a transaction of its own or in none.
		 * @param initializers the initializers, in their order
		 * @return this builder
		 */
		public Builder initializers(List<ActorInitializer> initializers) {
			this.initializers = List.copyOf(initializers);
			return this;
		}

		/**
		 * Build the factory.
		 * @return a new factory
		 * @throws IllegalArgumentException if a PRAGMA is not allowed
		 */
		public ActorDataSourceFactory build() {
			return new ActorDataSourceFactory(this);
		}

		private static Duration requirePositive(Duration value, String name) {
			require(!value.isNegative() && !value.isZero(), name, "more than zero", value);
			return value;
		}

		private static void require(boolean condition, String name, String rule, Object actual) {
			if (!condition) {
				throw new IllegalArgumentException("'%s' must be %s, but is %s".formatted(name, rule, actual));
			}
		}

	}

}
