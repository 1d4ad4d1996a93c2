package io.kvsqlite.kv;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.MemoryKvData.Actor;

/**
 * A store in the memory of this process, for tests: it keeps nothing when the process
 * ends. Safe for use by many threads.
 *
 * <p>
 * It is stricter than the contract asks: a {@link KvWrite} whose parts overlap is refused
 * with {@link IllegalArgumentException}.
 *
 * <p>
 * To try what happens between processes, {@linkplain #sibling make a second owner} over
 * the same data, and {@linkplain #expireLease let the lease} of the first end.
 */
public final class MemoryKvStore implements KvStore {

	/**
	 * The limits of a store that was given none: 65,536 keys and 256 MiB.
	 */
	public static final KvLimits DEFAULT_LIMITS = new KvLimits(65_536, 256L * 1024 * 1024);

	private static final byte[] NO_BYTES = {};

	private final MemoryKvData data;

	private final KvLimits limits;

	private final String ownerName;

	private final Set<Session> sessions = ConcurrentHashMap.newKeySet();

	private volatile boolean leaseExpired;

	private volatile boolean closed;

	/**
	 * Create an empty store with {@linkplain #DEFAULT_LIMITS generous limits}.
	 */
	public MemoryKvStore() {
		this(DEFAULT_LIMITS);
	}

	/**
	 * Create an empty store.
	 * @param limits what fits in one write
	 */
	public MemoryKvStore(KvLimits limits) {
		this(new MemoryKvData(), limits, "memory");
	}

	private MemoryKvStore(MemoryKvData data, KvLimits limits, String ownerName) {
		this.data = data;
		this.limits = limits;
		this.ownerName = ownerName;
	}

	/**
	 * Return another owner over the same data, as another process would be. It is closed
	 * on its own and works on after this one was closed.
	 * @param ownerName its name, as others will see it; this store's is {@code memory}
	 * @return a new store
	 */
	public MemoryKvStore sibling(String ownerName) {
		return new MemoryKvStore(this.data, this.limits, ownerName);
	}

	/**
	 * Let this owner's lease end, as if its process had died or were paused: other owners
	 * may take its actors from now on. Its sessions keep working until one does.
	 */
	public void expireLease() {
		this.leaseExpired = true;
	}

	/**
	 * Let this owner be alive again, as a process is that was only paused.
	 */
	public void renewLease() {
		this.leaseExpired = false;
	}

	@Override
	public String type() {
		return "memory";
	}

	@Override
	public KvLimits limits() {
		return this.limits;
	}

	@Override
	public KvOpening open(String actorId, byte[][] keys) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		Actor actor = this.data.lock(id);
		try {
			Session previous = actor.current;
			if (previous != null && previous.store() != this && previous.store().live()) {
				throw new KvActorOwnedException(actorId, previous.store().ownerName);
			}
			if (previous != null) {
				previous.store().sessions.remove(previous);
			}
			actor.epoch = this.data.nextEpoch();
			Session session = new Session(actorId, id, actor);
			actor.current = session;
			this.sessions.add(session);
			// close() sets the flag before it walks the sessions, so either it finds this
			// one or this finds the flag
			if (this.closed) {
				session.close();
				throw closedException();
			}
			return new KvOpening(session, read(actor.values, keys));
		}
		finally {
			actor.lock.unlock();
		}
	}

	@Override
	public KvSnapshot snapshot(String actorId) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		Actor actor = this.data.find(id);
		if (actor == null) {
			return new Snapshot(actorId, new TreeMap<>(Arrays::compareUnsigned), 0);
		}
		actor.lock.lock();
		try {
			return new Snapshot(actorId, new TreeMap<>(actor.values), actor.lastCommit.number());
		}
		finally {
			actor.lock.unlock();
		}
	}

	@Override
	public KvActorPage actors(String prefix, @Nullable String after, int limit) {
		requirePositive(limit);
		byte[] prefixBytes = prefix.isEmpty() ? NO_BYTES : ActorIds.utf8(prefix);
		byte[] afterBytes = (after != null) ? ActorIds.utf8(after) : null;
		requireOpen();
		NavigableMap<byte[], Actor> rest = this.data.actors().tailMap(prefixBytes, true);
		if (afterBytes != null && Arrays.compareUnsigned(afterBytes, prefixBytes) >= 0) {
			rest = rest.tailMap(afterBytes, false);
		}
		List<String> ids = new ArrayList<>();
		for (Map.Entry<byte[], Actor> entry : rest.entrySet()) {
			if (!startsWith(entry.getKey(), prefixBytes)) {
				break;
			}
			if (!exists(entry.getValue())) {
				continue;
			}
			if (ids.size() == limit) {
				return new KvActorPage(ids, ids.get(limit - 1));
			}
			ids.add(new String(entry.getKey(), StandardCharsets.UTF_8));
		}
		return new KvActorPage(ids, null);
	}

	@Override
	public @Nullable KvOwner owner(String actorId) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		Actor actor = this.data.find(id);
		if (actor == null) {
			return null;
		}
		actor.lock.lock();
		try {
			if (!actor.exists()) {
				return null;
			}
			Session current = actor.current;
			return (current != null)
					? new KvOwner(current.store().ownerName, current.store().live(), actor.epoch,
							actor.lastCommit.number())
					: new KvOwner(null, false, actor.epoch, actor.lastCommit.number());
		}
		finally {
			actor.lock.unlock();
		}
	}

	@Override
	public KvSize size(String actorId) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		Actor actor = this.data.find(id);
		if (actor == null) {
			return new KvSize(0, 0);
		}
		actor.lock.lock();
		try {
			long bytes = 0;
			for (Map.Entry<byte[], byte[]> entry : actor.values.entrySet()) {
				bytes += entry.getKey().length + entry.getValue().length;
			}
			return new KvSize(actor.values.size(), bytes);
		}
		finally {
			actor.lock.unlock();
		}
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		byte[] id = ActorIds.utf8(actorId);
		requireOpen();
		Actor actor = this.data.find(id);
		if (actor == null) {
			return false;
		}
		actor.lock.lock();
		try {
			if (actor.removed) {
				return false;
			}
			Session current = actor.current;
			if (current != null && current.store().live() && !force) {
				throw new KvActorOwnedException(actorId, current.store().ownerName);
			}
			boolean existed = actor.exists();
			remove(id, actor);
			return existed;
		}
		finally {
			actor.lock.unlock();
		}
	}

	/**
	 * Remove an actor whose lock the caller holds, and end its session.
	 */
	private void remove(byte[] id, Actor actor) {
		Session current = actor.current;
		if (current != null) {
			current.store().sessions.remove(current);
		}
		actor.current = null;
		actor.values.clear();
		actor.lastCommit = KvCommit.NONE;
		this.data.remove(id, actor);
	}

	/**
	 * There are no files.
	 */
	@Override
	public boolean purge(String actorId, boolean force) {
		return delete(actorId, force);
	}

	/**
	 * There are no files.
	 */
	@Override
	public void purge() {
		ping();
	}

	@Override
	public void ping() {
		requireOpen();
	}

	@Override
	public void close() {
		this.closed = true;
		for (Session session : this.sessions) {
			session.close();
		}
	}

	private boolean live() {
		return !this.leaseExpired;
	}

	private void requireOpen() {
		if (this.closed) {
			throw closedException();
		}
	}

	private KvClosedException closedException() {
		return new KvClosedException("The in-memory store of owner '%s' was closed".formatted(this.ownerName));
	}

	private static boolean exists(Actor actor) {
		actor.lock.lock();
		try {
			return actor.exists();
		}
		finally {
			actor.lock.unlock();
		}
	}

	private static boolean startsWith(byte[] bytes, byte[] prefix) {
		return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
	}

	private static void requirePositive(int limit) {
		if (limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1, but is %d".formatted(limit));
		}
	}

	private static byte[] @Nullable [] read(TreeMap<byte[], byte[]> values, byte[][] keys) {
		byte[] @Nullable [] result = new byte[keys.length][];
		for (int i = 0; i < keys.length; i++) {
			result[i] = values.get(keys[i]);
		}
		return result;
	}

	/**
	 * One ownership. It is current for as long as its actor says so. Within the process
	 * the object itself is its fence; the other one is what its commits are known by.
	 */
	final class Session implements KvSession {

		private final String actorId;

		private final byte[] id;

		private final Actor actor;

		private final long epoch;

		private final KvFence fence = KvFence.draw();

		private volatile KvCommit lastCommit;

		private volatile boolean sessionClosed;

		Session(String actorId, byte[] id, Actor actor) {
			this.actorId = actorId;
			this.id = id;
			this.actor = actor;
			this.epoch = actor.epoch;
			this.lastCommit = actor.lastCommit;
		}

		MemoryKvStore store() {
			return MemoryKvStore.this;
		}

		@Override
		public String actorId() {
			return this.actorId;
		}

		@Override
		public long epoch() {
			return this.epoch;
		}

		@Override
		public KvFence fence() {
			return this.fence;
		}

		@Override
		public KvCommit lastCommit() {
			return this.lastCommit;
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			this.actor.lock.lock();
			try {
				requireCurrent();
				return MemoryKvStore.read(this.actor.values, keys);
			}
			finally {
				this.actor.lock.unlock();
			}
		}

		@Override
		public void write(KvWrite write) {
			if (!write.fits(MemoryKvStore.this.limits)) {
				throw new KvLimitExceededException(
						"A write of %d keys and %d bytes to actor '%s' is over the limits, %s".formatted(write.keys(),
								write.bytes(), this.actorId, MemoryKvStore.this.limits));
			}
			DisjointParts.require(write);
			this.actor.lock.lock();
			try {
				requireCurrent();
				KvCommit next = this.lastCommit.next(this.fence);
				write.forEach(new Application(this.actor.values));
				this.actor.lastCommit = next;
				this.lastCommit = next;
			}
			finally {
				this.actor.lock.unlock();
			}
		}

		@Override
		public void delete() {
			this.actor.lock.lock();
			try {
				requireCurrent();
				remove(this.id, this.actor);
			}
			finally {
				this.actor.lock.unlock();
			}
		}

		@Override
		public void close() {
			this.actor.lock.lock();
			try {
				this.sessionClosed = true;
				MemoryKvStore.this.sessions.remove(this);
				if (this.actor.current == this) {
					this.actor.current = null;
					if (!this.actor.exists()) {
						MemoryKvStore.this.data.remove(this.id, this.actor);
					}
				}
			}
			finally {
				this.actor.lock.unlock();
			}
		}

		private void requireCurrent() {
			if (this.actor.current == this) {
				return;
			}
			requireOpen();
			if (this.sessionClosed) {
				throw new KvClosedException("The session on actor '%s' was closed".formatted(this.actorId));
			}
			throw new KvOwnershipLostException(this.actorId, this.epoch);
		}

	}

	/**
	 * Applies the parts of a write to a namespace.
	 *
	 * @param values the namespace
	 */
	private record Application(TreeMap<byte[], byte[]> values) implements KvWrite.Visitor<RuntimeException> {

		@Override
		public void put(byte[] key, byte[] value) {
			// TreeMap keeps the key it has, so a key is copied only when it is new
			byte[] copy = value.clone();
			if (this.values.replace(key, copy) == null) {
				this.values.put(key.clone(), copy);
			}
		}

		@Override
		public void delete(byte[] key) {
			this.values.remove(key);
		}

		@Override
		public void deleteRange(byte[] from, byte[] to) {
			if (Arrays.compareUnsigned(from, to) < 0) {
				this.values.subMap(from, to).clear();
			}
		}

	}

	/**
	 * A copy of a namespace's structure; the values are shared, for no one changes them.
	 */
	private final class Snapshot implements KvSnapshot {

		private final String actorId;

		private final TreeMap<byte[], byte[]> values;

		private final long commit;

		private boolean snapshotClosed;

		Snapshot(String actorId, TreeMap<byte[], byte[]> values, long commit) {
			this.actorId = actorId;
			this.values = values;
			this.commit = commit;
		}

		@Override
		public long commit() {
			return this.commit;
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			requireReadable();
			return MemoryKvStore.read(this.values, keys);
		}

		@Override
		public byte[][] keys(byte[] from, int limit) {
			requirePositive(limit);
			requireReadable();
			return this.values.tailMap(from, true)
				.keySet()
				.stream()
				.limit(limit)
				.map(byte[]::clone)
				.toArray(byte[][]::new);
		}

		@Override
		public void close() {
			this.snapshotClosed = true;
		}

		private void requireReadable() {
			requireOpen();
			if (this.snapshotClosed) {
				throw new KvClosedException("The snapshot of actor '%s' was closed".formatted(this.actorId));
			}
		}

	}

}
