package io.kvsqlite.kv.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.lettuce.core.KeyValue;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.kv.BoundedClose;
import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvClosedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvFence;
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
 * Keeps actors in Redis: in one server, in one that Sentinel watches, or in a Cluster.
 * Needs Redis 6.2 or something that speaks like it, with Lua scripts. Connects when it is
 * first used. Safe for use by many threads.
 *
 * <h2>Failures</h2>
 *
 * <p>
 * A write names the commit it follows and the commit it makes, and is answered with
 * success when the latter is there already; so it is repeated, for as long as the
 * {@linkplain Builder#timeout timeout} allows, when that may help. If it has no answer
 * then, its outcome is <em>definite</em> (nothing was applied) or <em>indeterminate</em>:
 *
 * <table>
 * <caption>Outcomes of a write whose every attempt ended so</caption>
 * <tr>
 * <th>what happened</th>
 * <th>outcome</th>
 * <th>because</th>
 * </tr>
 * <tr>
 * <td>no connection</td>
 * <td>definite, after repeating</td>
 * <td>no byte was sent: Lettuce is told to keep no commands for later</td>
 * </tr>
 * <tr>
 * <td>connection lost while waiting for the answer</td>
 * <td>repeated; else indeterminate</td>
 * <td>the command may have arrived before or not</td>
 * </tr>
 * <tr>
 * <td>no answer in time; the server is stopped or cut off</td>
 * <td>indeterminate</td>
 * <td>it may still arrive. Opening the actor again changes the fence, and it is refused
 * then</td>
 * </tr>
 * <tr>
 * <td>MOVED, ASK</td>
 * <td>followed by Lettuce</td>
 * <td>the node answers so instead of running the script</td>
 * </tr>
 * <tr>
 * <td>TRYAGAIN, CLUSTERDOWN, LOADING, MASTERDOWN, BUSY</td>
 * <td>definite, after repeating</td>
 * <td>the server answers so instead of running the script</td>
 * </tr>
 * <tr>
 * <td>READONLY</td>
 * <td>definite, after looking for the master</td>
 * <td>a replica refuses the first change, and the script changes nothing before it</td>
 * </tr>
 * <tr>
 * <td>NOSCRIPT (restart, SCRIPT FLUSH, failover)</td>
 * <td>the script is sent along</td>
 * <td>the server had nothing to run</td>
 * </tr>
 * <tr>
 * <td>the server restarts</td>
 * <td>as for a lost connection</td>
 * <td>what its persistence kept has the commit record with it: both or neither</td>
 * </tr>
 * <tr>
 * <td>failover to a replica</td>
 * <td>as for a lost connection</td>
 * <td>if the replica was behind, the repeated write names a commit or a fence that it
 * does not know, and is refused: not a write into the past. The attempt before may have
 * been applied, so that is indeterminate; a write that was sent once only fails with
 * {@link io.kvsqlite.kv.KvCorruptionException} or
 * {@link io.kvsqlite.kv.KvOwnershipLostException}</td>
 * </tr>
 * <tr>
 * <td>script killed</td>
 * <td>definite</td>
 * <td>Redis kills no script that has changed something</td>
 * </tr>
 * <tr>
 * <td>OOM (maxmemory)</td>
 * <td>definite, {@link io.kvsqlite.kv.KvStoreFullException}</td>
 * <td>decided for the whole script before it runs, and refused at its first change</td>
 * </tr>
 * <tr>
 * <td>MISCONF (cannot persist), NOREPLICAS</td>
 * <td>definite</td>
 * <td>the same</td>
 * </tr>
 * <tr>
 * <td>NOAUTH, WRONGPASS, NOPERM</td>
 * <td>definite</td>
 * <td>all commands of the scripts are tried at the start, so none is refused midway</td>
 * </tr>
 * <tr>
 * <td>too few replicas or files confirmed, where that was asked for, or that could not be
 * asked</td>
 * <td>repeated; else indeterminate</td>
 * <td>applied, but a failover or a crash may lose it</td>
 * </tr>
 * <tr>
 * <td>any other error</td>
 * <td>indeterminate</td>
 * <td>Redis does not undo what a script did before it failed</td>
 * </tr>
 * </table>
 *
 * <p>
 * And whatever a later attempt is answered: once one attempt may have arrived, only
 * success is definite.
 *
 * <p>
 * What is said of a write holds for a session's deletion of its actor. Its second attempt
 * finds the actor gone, and counts as done; or finds another owner, of the same actor or
 * of one that came after it, and then the outcome is indeterminate. What another owner
 * does to the actor is told by fences, drawn for each opening, and never by numbers: a
 * failover may take the server back to before an open, and give its epoch out again.
 */
public final class RedisKvStore implements KvStore {

	/**
	 * What the names of all keys begin with where nothing else was said.
	 */
	public static final String DEFAULT_KEY_PREFIX = "kvsqlite:";

	/**
	 * How long an operation may take where nothing else was said.
	 */
	public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

	/**
	 * What fits in one write: 8,192 keys and 16 MiB. A script holds up everyone else on
	 * its server while it runs, so this bounds how long.
	 */
	public static final KvLimits LIMITS = new KvLimits(8192, 16L * 1024 * 1024);

	static final byte[] NO_BYTES = {};

	private static final int SIZE_PAGE = 4096;

	private static final int MOST_TAKE_OVERS = 10;

	private static final Logger logger = LoggerFactory.getLogger(RedisKvStore.class);

	private final RedisServers servers;

	private final RedisKeys keys;

	private final Duration timeout;

	private final boolean ownsClient;

	private final RedisServerCheck check;

	private final RedisCaller caller;

	private final RedisActorCalls calls;

	private final RedisLease leases;

	private final OwnerLease lease;

	private final Map<String, RedisKvSession> sessions = new ConcurrentHashMap<>();

	private final BoundedClose end;

	private volatile boolean closed;

	private RedisKvStore(Builder builder) {
		this.keys = new RedisKeys(builder.keyPrefix);
		this.timeout = builder.timeout;
		this.ownsClient = builder.ownsClient;
		this.servers = builder.servers.get();
		Confirmation confirmation = new Confirmation(builder.replicas, builder.waitForFsync, builder.replicaTimeout);
		this.check = new RedisServerCheck(this.servers, this.keys.probe(0, UUID.randomUUID().toString()), confirmation);
		this.caller = new RedisCaller(this.servers, builder.connections, this.check::check);
		this.calls = new RedisActorCalls(this.caller, this.servers, this.keys, confirmation, this.timeout);
		this.leases = new RedisLease(this.caller, this.keys, this.timeout);
		this.lease = new OwnerLease(builder.ownerName, builder.leaseDuration, this.leases);
		this.end = new BoundedClose("The Redis store of owner '%s'".formatted(builder.ownerName), this.timeout);
	}

	/**
	 * Start to build a store on one server, or on the one that Sentinel names.
	 * @param uri the server with its credentials, or the Sentinels
	 * @return a builder; the store shuts its client down with itself
	 */
	public static Builder standalone(RedisURI uri) {
		return new Builder(() -> new RedisServers.Standalone(RedisClient.create(), uri), true);
	}

	/**
	 * Start to build a store on one server, or on the one that Sentinel names.
	 * @param client a client for this store alone: its options are changed, so that it
	 * keeps no commands while it is not connected. The caller shuts it down after the
	 * store
	 * @param uri the server with its credentials, or the Sentinels
	 * @return a builder
	 */
	public static Builder standalone(RedisClient client, RedisURI uri) {
		return new Builder(() -> new RedisServers.Standalone(client, uri), false);
	}

	/**
	 * Start to build a store on a Redis Cluster.
	 * @param nodes some nodes of the cluster, with credentials
	 * @return a builder; the store shuts its client down with itself
	 */
	public static Builder cluster(Iterable<RedisURI> nodes) {
		return new Builder(() -> new RedisServers.Cluster(RedisClusterClient.create(nodes)), true);
	}

	/**
	 * Start to build a store on a Redis Cluster.
	 * @param client a client for this store alone: its options are changed, so that it
	 * keeps no commands while it is not connected, and follows changes of the cluster.
	 * The caller shuts it down after the store
	 * @return a builder
	 */
	public static Builder cluster(RedisClusterClient client) {
		return new Builder(() -> new RedisServers.Cluster(client), false);
	}

	/**
	 * Return what was found about the servers that may cost data, such as an eviction
	 * policy or missing persistence. Known after the first successful call, looked at
	 * again with every new connection, and logged when it changes.
	 * @return the warnings, none if all is well or nothing is known yet
	 */
	@Override
	public List<String> warnings() {
		return this.check.warnings();
	}

	@Override
	public String type() {
		return "redis";
	}

	@Override
	public KvLimits limits() {
		return LIMITS;
	}

	@Override
	public KvOpening open(String actorId, byte[][] keys) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		this.lease.start();
		RedisKeys.Actor actor = this.keys.actor(id);
		KvFence fence = KvFence.draw();
		byte[] takeOver = NO_BYTES;
		for (int attempt = 0;; attempt++) {
			RedisReply reply = open(actorId, actor, fence, takeOver, keys).requireOurs(actorId);
			if (reply.is("ok")) {
				RedisKvSession session = new RedisKvSession(this, actorId, actor, fence, Long.parseLong(reply.text(1)),
						new RedisReply.Commit(reply.bytes(2)).identity(actorId));
				this.sessions.put(actorId, session);
				// close() sets the flag before it walks the sessions, so either it finds
				// this one or this finds the flag
				if (this.closed) {
					this.sessions.remove(actorId, session);
					session.closedWithStore();
					throw closedException();
				}
				return new KvOpening(session, reply.values(3, keys.length));
			}
			// The lease is on another slot, so no script can look at both. It need not:
			// the fence that is named keeps a take-over from hitting anyone but the
			// holder whose lease had ended.
			if (attempt == MOST_TAKE_OVERS || lives(reply.text(2))) {
				throw new KvActorOwnedException(actorId, reply.text(3));
			}
			takeOver = reply.bytes(1);
		}
	}

	private RedisReply open(String actorId, RedisKeys.Actor actor, KvFence fence, byte[] takeOver, byte[][] keys) {
		try {
			RedisActorCalls.Answer answer = this.calls.open(actorId, actor, this.lease.id(), this.lease.name(), fence,
					takeOver, keys);
			if (answer.repeated() && !answer.reply().is("ok")) {
				// an earlier attempt may still arrive
				this.lease.repeat(() -> this.calls.release(actorId, actor, fence));
			}
			return answer.reply();
		}
		catch (KvIndeterminateException ex) {
			// The actor may be ours now, or become it, with no one to close it.
			this.lease.repeat(() -> this.calls.release(actorId, actor, fence));
			throw new KvUnavailableException(String.valueOf(ex.getMessage()), ex);
		}
	}

	@Override
	public KvSnapshot snapshot(String actorId) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		RedisKeys.Actor actor = this.keys.actor(id);
		byte[] commit = this.calls.commit(actorId, actor);
		return new RedisKvSnapshot(this, actorId, actor,
				(commit != null) ? new RedisReply.Commit(commit).identity(actorId) : KvCommit.NONE);
	}

	@Override
	public KvActorPage actors(String prefix, @Nullable String after, int limit) {
		requirePositive(limit);
		byte[] prefixBytes = prefix.isEmpty() ? NO_BYTES : ActorIds.utf8(prefix);
		byte[] afterBytes = (after != null) ? ActorIds.utf8(after) : null;
		requireOpen();
		return new RedisActorList(prefixBytes, afterBytes, limit, this::list).page(limit);
	}

	private List<List<byte[]>> list(List<RedisActorList.Range> ranges) {
		return this.caller.read("list the actors", 0, this.timeout, (link) -> {
			List<CompletableFuture<List<byte[]>>> futures = new ArrayList<>();
			for (RedisActorList.Range range : ranges) {
				futures.add(link.commands()
					.zrangebylex(this.keys.actors(range.bucket()), lexRange(range.begin(), range.end()),
							Limit.create(0, range.limit()))
					.toCompletableFuture());
			}
			return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
				.thenApply((done) -> futures.stream().map(CompletableFuture::join).toList());
		});
	}

	// Lettuce writes the brackets itself.
	private static Range<byte[]> lexRange(byte[] begin, byte[] end) {
		byte[] from = Arrays.copyOfRange(begin, 1, begin.length);
		Range.Boundary<byte[]> lower = (begin[0] == '(') ? Range.Boundary.excluding(from)
				: Range.Boundary.including(from);
		Range.Boundary<byte[]> upper = (end[0] == '+') ? Range.Boundary.unbounded()
				: Range.Boundary.excluding(Arrays.copyOfRange(end, 1, end.length));
		return Range.from(lower, upper);
	}

	@Override
	public @Nullable KvOwner owner(String actorId) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		RedisKeys.Actor actor = this.keys.actor(id);
		List<KeyValue<byte[], byte[]>> fields = this.calls.ownerRecord(actorId, actor);
		if (!fields.get(1).hasValue()) {
			return null;
		}
		long epoch = Long.parseLong(new String(fields.get(0).getValue(), StandardCharsets.US_ASCII));
		long commit = new RedisReply.Commit(fields.get(1).getValue()).identity(actorId).number();
		if (!fields.get(2).hasValue()) {
			return new KvOwner(null, false, epoch, commit);
		}
		String holder = new String(fields.get(3).getValue(), StandardCharsets.UTF_8);
		boolean live = lives(new String(fields.get(2).getValue(), StandardCharsets.UTF_8));
		return new KvOwner(holder, live, epoch, commit);
	}

	@Override
	public KvSize size(String actorId) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		RedisKeys.Actor actor = this.keys.actor(id);
		long count = 0;
		long bytes = 0;
		byte[] begin = bound('[', NO_BYTES);
		while (true) {
			RedisReply reply = this.calls.size(actorId, actor, begin, SIZE_PAGE);
			count += reply.number(0);
			bytes += reply.number(1);
			if (reply.number(0) < SIZE_PAGE) {
				return new KvSize(count, bytes);
			}
			begin = bound('(', reply.bytes(2));
		}
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		RedisKeys.Actor actor = this.keys.actor(id);
		byte[] takeOver = NO_BYTES;
		for (int attempt = 0;; attempt++) {
			RedisActorCalls.Answer answer = this.calls.delete(actorId, actor, force, takeOver);
			RedisReply reply = answer.reply().requireOurs(actorId);
			if (reply.is("ok")) {
				// where an earlier attempt may have deleted it, say so
				return reply.number(1) == 1 || answer.repeated();
			}
			if (attempt == MOST_TAKE_OVERS || lives(reply.text(2))) {
				throw new KvActorOwnedException(actorId, reply.text(3));
			}
			takeOver = reply.bytes(1);
		}
	}

	@Override
	public void ping() {
		requireOpen();
		this.caller.read("answer", 0, this.timeout, (link) -> link.commands().exists(this.keys.lease(this.lease.id())));
	}

	/**
	 * Close the store: give up all it owns, so that others may open it at once. Takes no
	 * longer than the {@linkplain Builder#timeout timeout}.
	 */
	@Override
	public void close() {
		this.closed = true;
		this.end.close(this::close);
	}

	private void close(long deadline) {
		if (releaseAll(deadline)) {
			this.lease.close();
		}
		else {
			this.lease.leave();
		}
		this.caller.close();
		if (this.ownsClient) {
			this.servers.shutdown();
		}
	}

	/**
	 * Release all actors, in time for the rest of the close.
	 * @return whether that is done. If not, a second question would not be answered
	 * either
	 */
	private boolean releaseAll(long deadline) {
		List<RedisKvSession> open = new ArrayList<>(this.sessions.values());
		this.sessions.clear();
		open.forEach(RedisKvSession::closedWithStore);
		if (open.isEmpty()) {
			return true;
		}
		Duration left = Duration.ofNanos((deadline - System.nanoTime()) / 4 * 3);
		try {
			this.caller.read("release all actors", 0, left, (link) -> {
				CompletableFuture<?>[] releases = open.stream()
					.map((session) -> this.calls.release(link, session.actor(), session.fence()).toCompletableFuture())
					.toArray(CompletableFuture[]::new);
				return CompletableFuture.allOf(releases);
			});
			return true;
		}
		catch (KvException ex) {
			logger.warn(
					"{} actors of owner '{}' could not be released; they are free when its lease has ended, in at most {} ms: {}",
					open.size(), this.lease.name(), this.lease.duration().toMillis(), ex.getMessage());
			return !(ex instanceof KvUnavailableException);
		}
	}

	/**
	 * Forget a session that owns nothing any more.
	 */
	void forget(RedisKvSession session, String actorId) {
		this.sessions.remove(actorId, session);
	}

	/**
	 * Give up what a session owns.
	 */
	void release(RedisKvSession session, String actorId, RedisKeys.Actor actor, KvFence fence) {
		forget(session, actorId);
		try {
			this.calls.release(actorId, actor, fence);
		}
		catch (KvClosedException ex) {
			logger.debug("Actor '{}' is released with its store", Printable.id(actorId));
		}
		catch (KvException ex) {
			logger.debug("The release of actor '{}' will be tried again", Printable.id(actorId), ex);
			this.lease.repeat(() -> this.calls.release(actorId, actor, fence));
		}
	}

	private boolean lives(String ownerId) {
		return ownerId.equals(this.lease.id()) || this.leases.lives(ownerId);
	}

	RedisActorCalls calls() {
		return this.calls;
	}

	OwnerLease lease() {
		return this.lease;
	}

	void requireOpen() {
		if (this.closed) {
			throw closedException();
		}
	}

	private static KvClosedException closedException() {
		return new KvClosedException("The Redis store was closed");
	}

	/**
	 * Stop renewing the lease, and end it as time would.
	 */
	void endLease() {
		this.lease.abandon();
		this.leases.end(this.lease.id());
	}

	static void requirePositive(int limit) {
		if (limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, but is %d".formatted(limit));
		}
	}

	/**
	 * Return a bound of a range in the words of ZRANGEBYLEX.
	 */
	static byte[] bound(char bracket, byte[] key) {
		byte[] bound = new byte[key.length + 1];
		bound[0] = (byte) bracket;
		System.arraycopy(key, 0, bound, 1, key.length);
		return bound;
	}

	/**
	 * Builds a store. Not thread-safe.
	 */
	public static final class Builder {

		private final Supplier<RedisServers> servers;

		private final boolean ownsClient;

		private String keyPrefix = DEFAULT_KEY_PREFIX;

		private String ownerName = OwnerLease.processName();

		private Duration leaseDuration = OwnerLease.DEFAULT_DURATION;

		private Duration timeout = DEFAULT_TIMEOUT;

		private int connections = 4;

		private int replicas;

		private boolean waitForFsync;

		private Duration replicaTimeout = Duration.ofSeconds(1);

		private Builder(Supplier<RedisServers> servers, boolean ownsClient) {
			this.servers = servers;
			this.ownsClient = ownsClient;
		}

		/**
		 * Set what the names of all keys begin with: {@value #DEFAULT_KEY_PREFIX} unless
		 * set. Stores that share actors have the same.
		 * @param keyPrefix the prefix, without braces
		 * @return this builder
		 */
		public Builder keyPrefix(String keyPrefix) {
			this.keyPrefix = keyPrefix;
			return this;
		}

		/**
		 * Set what other owners call this one: host and process id unless set.
		 * @param ownerName a name for messages
		 * @return this builder
		 */
		public Builder ownerName(String ownerName) {
			this.ownerName = ownerName;
			return this;
		}

		/**
		 * Set how long this owner keeps its actors after it died: 15 seconds unless set.
		 * @param leaseDuration the duration of its lease
		 * @return this builder
		 */
		public Builder leaseDuration(Duration leaseDuration) {
			this.leaseDuration = leaseDuration;
			return this;
		}

		/**
		 * Set how long an operation may take, with all its attempts: 10 seconds unless
		 * set. A failover that is to go unnoticed must be over in this time.
		 * @param timeout the timeout
		 * @return this builder
		 */
		public Builder timeout(Duration timeout) {
			if (timeout.isZero() || timeout.isNegative()) {
				throw new IllegalArgumentException("'timeout' must be positive, but is " + timeout);
			}
			this.timeout = timeout;
			return this;
		}

		/**
		 * Set over how many connections, to each node of a Cluster, the actors are
		 * spread: 4 unless set. On one connection, small answers wait for large ones.
		 * @param connections the number of connections, at least 1
		 * @return this builder
		 */
		public Builder connections(int connections) {
			if (connections < 1) {
				throw new IllegalArgumentException("'connections' must be at least 1, but is " + connections);
			}
			this.connections = connections;
			return this;
		}

		/**
		 * Set how many replicas must confirm each write and each open, by WAIT: none
		 * unless set. It costs a second round trip. A write that too few confirm in time
		 * is indeterminate.
		 * @param replicas the number of replicas, 0 for not waiting
		 * @param replicaTimeout how long to wait for them
		 * @return this builder
		 */
		public Builder replicas(int replicas, Duration replicaTimeout) {
			if (replicas < 0) {
				throw new IllegalArgumentException("'replicas' must not be negative, but is " + replicas);
			}
			// WAIT takes 0 for ever
			if (replicaTimeout.toMillis() < 1) {
				throw new IllegalArgumentException(
						"'replicaTimeout' must be at least a millisecond, but is " + replicaTimeout);
			}
			this.replicas = replicas;
			this.replicaTimeout = replicaTimeout;
			return this;
		}

		/**
		 * Set whether each write and each open must be on disk before it counts, by
		 * WAITAOF instead of WAIT: in the append-only file of the server, and in those of
		 * as many {@linkplain #replicas replicas} as must confirm, waiting for as long as
		 * for them. Not unless set. It costs a second round trip, and up to a second
		 * where {@code appendfsync} is {@code everysec}. Needs Redis 7.2.
		 * @param waitForFsync whether to wait
		 * @return this builder
		 */
		public Builder waitForFsync(boolean waitForFsync) {
			this.waitForFsync = waitForFsync;
			return this;
		}

		/**
		 * Build the store. It connects when it is first used.
		 * @return the store
		 */
		public RedisKvStore build() {
			return new RedisKvStore(this);
		}

	}

}
