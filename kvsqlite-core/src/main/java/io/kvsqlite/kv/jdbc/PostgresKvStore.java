package io.kvsqlite.kv.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.kv.BoundedClose;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvDefiniteException;
import io.kvsqlite.kv.KvIndeterminateException;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvUnavailableException;
import io.kvsqlite.kv.OwnerLease;
import io.kvsqlite.kv.Printable;

/**
 * A store in PostgreSQL, through the user's own DataSource. Safe for use by many threads
 * and, over the same tables, by many processes.
 *
 * <p>
 * Opening an actor, reading and committing are one statement and one round trip each, and
 * each statement is a transaction of its own, so no connection is held between calls and
 * a small pool serves many actors. Only a {@linkplain #snapshot snapshot} holds a
 * connection until it is closed. The DataSource must hand out connections of its own: one
 * that joins the transaction of the calling thread must not be given.
 *
 * <p>
 * Ownership: {@code actors} has a row for each actor with who holds it, epoch and fence
 * of that opening, and number and fence of its last commit. Every statement names the
 * actor and carries the fence; those that write lock that row, so that the writes to an
 * actor, its openings and its deletion happen one after the other. Whether a holder is
 * alive is decided by one row for each store object, with an expiry by the server's
 * clock, renewed in the background. No advisory locks, no LISTEN, nothing but plain
 * tables.
 *
 * <p>
 * What a failure means for a write, by SQLSTATE:
 * <table>
 * <caption>Definite and indeterminate failures</caption>
 * <tr>
 * <th>SQLSTATE</th>
 * <th>meaning</th>
 * <th>what the store does</th>
 * </tr>
 * <tr>
 * <td>40001, 40P01</td>
 * <td>definite: serialization failure, deadlock; rolled back</td>
 * <td>repeats within the time-out, then {@link KvUnavailableException}</td>
 * </tr>
 * <tr>
 * <td>53100</td>
 * <td>definite: disk full; rolled back</td>
 * <td>{@link io.kvsqlite.kv.KvStoreFullException}</td>
 * </tr>
 * <tr>
 * <td>53xxx, 55P03, 57014, 57P03, 25006</td>
 * <td>definite: out of memory or connections, lock not available, cancelled, starting or
 * shutting down, read-only (a standby)</td>
 * <td>{@link KvUnavailableException}</td>
 * </tr>
 * <tr>
 * <td>any, from {@code getConnection()}</td>
 * <td>definite: nothing was sent</td>
 * <td>{@link KvUnavailableException}; {@link KvDefiniteException} for wrong credentials
 * or database (28xxx, 3Dxxx)</td>
 * </tr>
 * <tr>
 * <td>XX001, XX002</td>
 * <td>definite: damaged table or index</td>
 * <td>{@link io.kvsqlite.kv.KvCorruptionException}</td>
 * </tr>
 * <tr>
 * <td>0A, 21 to 28, 2D, 2F, 34 to 3F, 40, 42, 44, 54, 55</td>
 * <td>definite: the statement was refused or rolled back</td>
 * <td>{@link KvDefiniteException}</td>
 * </tr>
 * <tr>
 * <td>08xxx without a time-out, 57P01, 57P02, 40003, XX000, none, any other</td>
 * <td>unknown: the connection broke, or the server ended it, before the answer</td>
 * <td>repeats twice on other connections, which is harmless because of the identity of
 * the commit; if that does not settle it,
 * {@link io.kvsqlite.kv.KvIndeterminateException}</td>
 * </tr>
 * <tr>
 * <td>a warning (not a notice) with success</td>
 * <td>unknown: committed, but the wait for the synchronous standby was given up</td>
 * <td>{@link io.kvsqlite.kv.KvIndeterminateException}; an open fails with
 * {@link KvUnavailableException} and is undone</td>
 * </tr>
 * <tr>
 * <td>no answer within the time-out</td>
 * <td>unknown: the server may still be at it</td>
 * <td>{@link io.kvsqlite.kv.KvIndeterminateException}</td>
 * </tr>
 * </table>
 *
 * <p>
 * A failed open, read or other call is definite always.
 */
public final class PostgresKvStore implements KvStore {

	static final Logger logger = LoggerFactory.getLogger(PostgresKvStore.class);

	/**
	 * What fits in one statement. The server would take more; beyond this, a statement
	 * costs memory on both sides and gains nothing.
	 */
	private static final KvLimits LIMITS = new KvLimits(2048, 9 * 1024 * 1024);

	/**
	 * How often an open is repeated that found the actor changing hands.
	 */
	private static final int OPEN_ATTEMPTS = 20;

	/**
	 * How much longer than an ordinary call one may take that goes over a whole actor.
	 */
	private static final int WHOLE_ACTOR_FACTOR = 30;

	/**
	 * No id begins with this byte, so all are below it.
	 */
	private static final byte[] BEHIND_ALL_IDS = { (byte) 0xff };

	private final Database database;

	private final Statements statements;

	private final Schema schema;

	private final OwnerLease lease;

	private final Replication replication;

	private final UUID leaseId;

	private final Openings openings;

	private final Set<PostgresSession> sessions = ConcurrentHashMap.newKeySet();

	private final Set<PostgresSnapshot> snapshots = ConcurrentHashMap.newKeySet();

	private final Runnable afterClose;

	private final ReentrantLock preparation = new ReentrantLock();

	private final BoundedClose end;

	private volatile boolean prepared;

	private volatile boolean closed;

	private PostgresKvStore(Builder builder) {
		Tables tables = new Tables(builder.tablePrefix);
		this.database = new Database(builder.dataSource, builder.timeout);
		this.statements = new Statements(tables);
		this.schema = new Schema(tables, builder.createTables);
		this.lease = new OwnerLease(builder.ownerName, builder.leaseDuration,
				new LeaseTable(this.database, this.statements));
		this.leaseId = UUID.fromString(this.lease.id());
		this.replication = new Replication(this.database, this.statements, this.leaseId);
		this.openings = new Openings(this.database, this.statements, this.lease);
		this.afterClose = builder.afterClose;
		this.end = new BoundedClose("The PostgreSQL store of owner '%s'".formatted(builder.ownerName), builder.timeout);
	}

	/**
	 * Return a builder for a store. The first call to the store, not the builder, goes to
	 * the database.
	 * @param dataSource where the connections come from; not closed by the store
	 * @return a builder
	 */
	public static Builder builder(DataSource dataSource) {
		return new Builder(dataSource);
	}

	@Override
	public String type() {
		return "postgresql";
	}

	@Override
	public KvLimits limits() {
		return LIMITS;
	}

	@Override
	public KvOpening open(String actorId, byte[][] keys) {
		byte[] id = ActorIds.utf8(actorId);
		prepare();
		for (int attempt = 1; attempt <= OPEN_ATTEMPTS; attempt++) {
			Openings.Opened opened = this.openings.take(actorId, id, keys);
			if (opened != null) {
				return begin(actorId, opened, keys);
			}
			OwnerRow row = ownerRow(actorId, id);
			if (row != null && row.live() && !this.leaseId.equals(row.lease())) {
				throw new KvActorOwnedException(actorId, String.valueOf(row.holder()));
			}
			pause(attempt);
		}
		throw new KvUnavailableException("Actor '%s' could not be opened: it keeps changing hands".formatted(actorId));
	}

	private KvOpening begin(String actorId, Openings.Opened opened, byte[][] keys) {
		PostgresSession session = new PostgresSession(this, actorId, opened.ownership(), opened.commit());
		this.sessions.add(session);
		// close() sets the flag before it takes the sessions, so either it finds this one
		// or this finds the flag
		if (this.closed) {
			this.sessions.remove(session);
			giveBackQuietly(List.of(session));
			throw closedException();
		}
		ChunkValues values = opened.values();
		try {
			return new KvOpening(session, (values != null) ? values.inOrderOf(keys) : session.read(keys));
		}
		catch (RuntimeException ex) {
			session.close();
			throw ex;
		}
	}

	@Override
	public KvSnapshot snapshot(String actorId) {
		byte[] id = ActorIds.utf8(actorId);
		prepare();
		String subject = "A snapshot of actor '%s' could not be taken".formatted(actorId);
		for (int attempt = 1;; attempt++) {
			Connection connection = this.database.borrow(subject);
			try {
				PostgresSnapshot snapshot = new PostgresSnapshot(this, actorId, id, connection);
				this.snapshots.add(snapshot);
				if (this.closed) {
					snapshot.close();
					throw closedException();
				}
				return snapshot;
			}
			catch (SQLException ex) {
				if (SqlFailure.of(ex) != SqlFailure.CUT || attempt > 1) {
					throw Database.definite(subject, ex);
				}
				logger.debug("Taking a snapshot of actor '{}' again", Printable.id(actorId), ex);
			}
		}
	}

	@Override
	public KvActorPage actors(String prefix, @Nullable String after, int limit) {
		requirePositive(limit);
		byte[] from = prefix.isEmpty() ? new byte[0] : ActorIds.utf8(prefix);
		byte[] bound = behind(from);
		byte[] afterId = (after != null) ? ActorIds.utf8(after) : null;
		boolean behindId = afterId != null && Arrays.compareUnsigned(afterId, from) >= 0;
		prepare();
		List<String> ids = this.database.call("Actors could not be listed", (connection) -> {
			try (PreparedStatement statement = connection
				.prepareStatement(behindId ? this.statements.actorsAfter : this.statements.actorsFrom)) {
				statement.setBytes(1, behindId ? afterId : from);
				statement.setBytes(2, bound);
				statement.setLong(3, limit + 1L);
				List<String> found = new ArrayList<>();
				try (ResultSet rows = statement.executeQuery()) {
					while (rows.next()) {
						found.add(new String(rows.getBytes(1), StandardCharsets.UTF_8));
					}
				}
				return found;
			}
		});
		if (ids.size() <= limit) {
			return new KvActorPage(ids, null);
		}
		return new KvActorPage(ids.subList(0, limit), ids.get(limit - 1));
	}

	/**
	 * Return the first id behind all that begin with a prefix. In UTF-8 no byte is the
	 * highest, so its last byte can be raised.
	 */
	private static byte[] behind(byte[] prefix) {
		if (prefix.length == 0) {
			return BEHIND_ALL_IDS;
		}
		byte[] bound = prefix.clone();
		bound[bound.length - 1]++;
		return bound;
	}

	@Override
	public @Nullable KvOwner owner(String actorId) {
		byte[] id = ActorIds.utf8(actorId);
		prepare();
		OwnerRow row = ownerRow(actorId, id);
		if (row == null || row.commit() == 0) {
			return null;
		}
		return new KvOwner(row.holder(), row.live(), row.epoch(), row.commit());
	}

	private @Nullable OwnerRow ownerRow(String actorId, byte[] id) {
		return this.database.call("The owner of actor '%s' could not be read".formatted(actorId),
				(connection) -> OwnerRow.read(connection, this.statements, id));
	}

	@Override
	public KvSize size(String actorId) {
		byte[] id = ActorIds.utf8(actorId);
		prepare();
		return this.database.call("The size of actor '%s' could not be read".formatted(actorId), wholeActorTimeout(),
				(connection) -> {
					try (PreparedStatement statement = connection.prepareStatement(this.statements.size)) {
						statement.setBytes(1, id);
						try (ResultSet row = statement.executeQuery()) {
							row.next();
							return new KvSize(row.getLong(1), row.getLong(2));
						}
					}
				});
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		byte[] id = ActorIds.utf8(actorId);
		prepare();
		Deletion deletion = new Deletion(this.statements, actorId, id, force);
		return deleted(actorId, deletion::run);
	}

	/**
	 * Delete an actor for the session that owns it.
	 * @return whether it is deleted, or was not owned any more
	 */
	OwnedDeletion.Result deleteOwned(String actorId, Ownership ownership) {
		OwnedDeletion deletion = new OwnedDeletion(this.statements, ownership);
		OwnedDeletion.Result result = deleted(actorId, deletion::run);
		if (result == OwnedDeletion.Result.UNKNOWN) {
			throw new KvIndeterminateException(
					"Actor '%s' was not deleted, or it may have been: another owner has it, ".formatted(actorId)
							+ "or a later actor of its id");
		}
		return result;
	}

	private <T> T deleted(String actorId, Database.Call<T> deletion) {
		String subject = "Actor '%s' was not deleted".formatted(actorId);
		Database.Outcome<T> outcome = this.database.write(subject, wholeActorTimeout(), deletion);
		if (outcome.uncertain()) {
			this.replication.confirm(subject);
		}
		return outcome.result();
	}

	Replication replication() {
		return this.replication;
	}

	@Override
	public void ping() {
		prepare();
		this.database.call("PostgreSQL did not answer", (connection) -> {
			try (PreparedStatement statement = connection.prepareStatement("SELECT 1");
					ResultSet row = statement.executeQuery()) {
				return row.next();
			}
		});
	}

	/**
	 * Close the store: release all actors and end the lease. The DataSource stays open. A
	 * failure of the database is logged and not reported: the actors are then free when
	 * the lease ends. Takes no longer than the {@linkplain Builder#timeout timeout}.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.end.close(this::close);
	}

	private void close(long deadline) {
		try {
			// their connections may be all that the pool has
			this.snapshots.forEach(PostgresSnapshot::close);
			if (giveBackQuietly(this.sessions.stream().filter(this.sessions::remove).toList())) {
				this.lease.close();
			}
			else {
				this.lease.leave();
			}
		}
		finally {
			this.afterClose.run();
		}
	}

	/**
	 * Release actors, or say that it was not done.
	 * @return whether the database answered
	 */
	private boolean giveBackQuietly(List<PostgresSession> open) {
		if (open.isEmpty()) {
			return true;
		}
		List<Ownership> owned = open.stream().map(PostgresSession::ownership).toList();
		Object[] actors = owned.stream().map(Ownership::actor).toArray();
		byte[][] ids = owned.stream().map(Ownership::id).toArray(byte[][]::new);
		Object[] fences = owned.stream().map((ownership) -> Ownership.uuid(ownership.fence())).toArray();
		try {
			this.database.call("The actors of owner '%s' could not be released".formatted(this.lease.name()),
					(connection) -> {
						// a row without commits is deleted, the others stay
						for (String sql : List.of(this.statements.forgetAll, this.statements.releaseAll)) {
							try (PreparedStatement statement = connection.prepareStatement(sql)) {
								statement.setArray(1, connection.createArrayOf("bigint", actors));
								WriteParts.bind(statement, 2, ids);
								statement.setArray(3, connection.createArrayOf("uuid", fences));
								statement.executeUpdate();
							}
						}
						return null;
					});
			return true;
		}
		catch (RuntimeException ex) {
			logger.warn(
					"{} actors of owner '{}' could not be released; they are free when its lease has ended, in at most {} ms",
					open.size(), this.lease.name(), this.lease.duration().toMillis(), ex);
			return !(ex instanceof KvUnavailableException);
		}
	}

	Database database() {
		return this.database;
	}

	Statements statements() {
		return this.statements;
	}

	OwnerLease lease() {
		return this.lease;
	}

	/**
	 * Forget a session.
	 * @param session the session
	 * @return whether it was still to be released
	 */
	boolean remove(PostgresSession session) {
		return this.sessions.remove(session);
	}

	void remove(PostgresSnapshot snapshot) {
		this.snapshots.remove(snapshot);
	}

	void requireOpen() {
		if (this.closed) {
			throw closedException();
		}
	}

	static void requirePositive(int limit) {
		if (limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, but is %d".formatted(limit));
		}
	}

	private KvClosedException closedException() {
		return new KvClosedException("The PostgreSQL store of owner '%s' was closed".formatted(this.lease.name()));
	}

	private Duration wholeActorTimeout() {
		return this.database.timeout().multipliedBy(WHOLE_ACTOR_FACTOR);
	}

	/**
	 * Make tables and lease ready on the first call that reaches the server. A thread
	 * that finds another at it waits for no longer than a call may take.
	 */
	private void prepare() {
		requireOpen();
		if (this.prepared) {
			return;
		}
		if (!lockPreparation()) {
			throw new KvUnavailableException(
					"The PostgreSQL store is not ready: another thread has been waiting for the server for %s"
						.formatted(this.database.timeout()));
		}
		try {
			if (!this.prepared) {
				this.database.call("The PostgreSQL store could not be made ready", (connection) -> {
					this.schema.prepare(connection);
					return null;
				});
				this.lease.start();
				this.prepared = true;
			}
		}
		finally {
			this.preparation.unlock();
		}
	}

	private boolean lockPreparation() {
		try {
			return this.preparation.tryLock(this.database.timeout().toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	private static void pause(int attempt) {
		try {
			Thread.sleep(ThreadLocalRandom.current().nextInt(1, 5 + 5 * attempt));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new KvUnavailableException("The thread was interrupted while it opened an actor", ex);
		}
	}

	/**
	 * Builds a store.
	 */
	public static final class Builder {

		private final DataSource dataSource;

		private String tablePrefix = Tables.DEFAULT_PREFIX;

		private String ownerName = OwnerLease.processName();

		private Duration leaseDuration = OwnerLease.DEFAULT_DURATION;

		private Duration timeout = Duration.ofSeconds(10);

		private boolean createTables = true;

		private Runnable afterClose = () -> {
		};

		private Builder(DataSource dataSource) {
			this.dataSource = dataSource;
		}

		/**
		 * Set what the names of the tables begin with.
		 * @param tablePrefix lower-case letters, digits and underscores, at most 40, with
		 * a schema and a dot in front or not; {@code kvsqlite_} unless set
		 * @return this builder
		 */
		public Builder tablePrefix(String tablePrefix) {
			this.tablePrefix = tablePrefix;
			return this;
		}

		/**
		 * Set the name of this owner, as it appears in messages and in the tables. It is
		 * for people: two owners of one name are still two.
		 * @param ownerName a name; host name and process id unless set
		 * @return this builder
		 */
		public Builder ownerName(String ownerName) {
			this.ownerName = ownerName;
			return this;
		}

		/**
		 * Set for how long this owner's actors stay its own after it was last heard of.
		 * @param leaseDuration at least a second; 15 seconds unless set. Renewed three
		 * times as often
		 * @return this builder
		 */
		public Builder leaseDuration(Duration leaseDuration) {
			requireAtLeastASecond("leaseDuration", leaseDuration);
			this.leaseDuration = leaseDuration;
			return this;
		}

		/**
		 * Set how long the server may take to answer. Calls that go over a whole actor,
		 * to delete it or to find its size, may take 30 times that.
		 * @param timeout at least a second; 10 seconds unless set
		 * @return this builder
		 */
		public Builder timeout(Duration timeout) {
			requireAtLeastASecond("timeout", timeout);
			this.timeout = timeout;
			return this;
		}

		/**
		 * Set whether the store makes its tables if they do not exist.
		 * @param createTables {@code true} unless set; where it is not, run the script
		 * {@code io/kvsqlite/kv/jdbc/schema-postgresql.sql}
		 * @return this builder
		 */
		public Builder createTables(boolean createTables) {
			this.createTables = createTables;
			return this;
		}

		/**
		 * Set what is to be closed after the store.
		 */
		Builder closing(Runnable afterClose) {
			this.afterClose = afterClose;
			return this;
		}

		/**
		 * Build the store.
		 * @return a new store
		 */
		public PostgresKvStore build() {
			return new PostgresKvStore(this);
		}

		private static void requireAtLeastASecond(String name, Duration duration) {
			if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
				throw new IllegalArgumentException(
						"'%s' must be at least a second, but is %s".formatted(name, duration));
			}
		}

	}

}
