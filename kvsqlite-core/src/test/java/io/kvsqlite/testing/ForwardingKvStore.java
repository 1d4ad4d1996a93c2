package io.kvsqlite.testing;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvActorPage;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvFence;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

/**
 * Passes every call on to another store. Its subclasses change what they are for and
 * leave the rest.
 */
public abstract class ForwardingKvStore implements KvStore {

	private final KvStore delegate;

	/**
	 * Create a store that forwards.
	 * @param delegate the store that does the work; closed with this one
	 */
	protected ForwardingKvStore(KvStore delegate) {
		this.delegate = delegate;
	}

	/**
	 * Return the store that does the work.
	 * @return the wrapped store
	 */
	public KvStore delegate() {
		return this.delegate;
	}

	/**
	 * Wrap a session that the delegate opened.
	 * @param session the delegate's session
	 * @return what to hand out in its place, here the session itself
	 */
	protected KvSession wrap(KvSession session) {
		return session;
	}

	/**
	 * Wrap a snapshot that the delegate took.
	 * @param snapshot the delegate's snapshot
	 * @return what to hand out in its place, here the snapshot itself
	 */
	protected KvSnapshot wrap(KvSnapshot snapshot) {
		return snapshot;
	}

	@Override
	public String type() {
		return this.delegate.type();
	}

	@Override
	public List<String> warnings() {
		return this.delegate.warnings();
	}

	@Override
	public KvLimits limits() {
		return this.delegate.limits();
	}

	@Override
	public int preloadChunks() {
		return this.delegate.preloadChunks();
	}

	@Override
	public KvOpening open(String actorId, byte[][] keys) {
		KvOpening opening = this.delegate.open(actorId, keys);
		return new KvOpening(wrap(opening.session()), opening.values());
	}

	@Override
	public KvSnapshot snapshot(String actorId) {
		return wrap(this.delegate.snapshot(actorId));
	}

	@Override
	public KvActorPage actors(String prefix, @Nullable String after, int limit) {
		return this.delegate.actors(prefix, after, limit);
	}

	@Override
	public @Nullable KvOwner owner(String actorId) {
		return this.delegate.owner(actorId);
	}

	@Override
	public KvSize size(String actorId) {
		return this.delegate.size(actorId);
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		return this.delegate.delete(actorId, force);
	}

	@Override
	public boolean purge(String actorId, boolean force) {
		return this.delegate.purge(actorId, force);
	}

	@Override
	public void purge() {
		this.delegate.purge();
	}

	@Override
	public void ping() {
		this.delegate.ping();
	}

	@Override
	public void close() {
		this.delegate.close();
	}

	/**
	 * Passes every call on to another session.
	 */
	public abstract static class ForwardingKvSession implements KvSession {

		private static final byte SPOILED = (byte) 0xa5;

		private final KvSession delegate;

		/**
		 * Create a session that forwards.
		 * @param delegate the session that does the work
		 */
		protected ForwardingKvSession(KvSession delegate) {
			this.delegate = delegate;
		}

		/**
		 * Return the session that does the work.
		 * @return the wrapped session
		 */
		protected KvSession delegate() {
			return this.delegate;
		}

		@Override
		public String actorId() {
			return this.delegate.actorId();
		}

		@Override
		public long epoch() {
			return this.delegate.epoch();
		}

		@Override
		public KvFence fence() {
			return this.delegate.fence();
		}

		@Override
		public KvCommit lastCommit() {
			return this.delegate.lastCommit();
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			return this.delegate.read(keys);
		}

		/**
		 * Reads with {@link #read(byte[][])} and makes all the use of the arrays that a
		 * store may: fills those that fit, and spoils the others.
		 */
		@Override
		public byte[] @Nullable [] read(byte[][] keys, byte[] @Nullable [] arrays) {
			byte[] @Nullable [] values;
			try {
				values = read(keys).clone();
			}
			catch (Throwable ex) {
				Arrays.stream(arrays).filter(Objects::nonNull).forEach((array) -> Arrays.fill(array, SPOILED));
				throw ex;
			}
			for (int i = 0; i < values.length; i++) {
				byte[] array = arrays[i];
				byte[] value = values[i];
				if (array != null && value != null && value.length == array.length) {
					System.arraycopy(value, 0, array, 0, value.length);
					values[i] = array;
				}
				else if (array != null) {
					Arrays.fill(array, SPOILED);
				}
			}
			return values;
		}

		@Override
		public void write(KvWrite write) {
			this.delegate.write(write);
		}

		@Override
		public void delete() {
			this.delegate.delete();
		}

		@Override
		public void close() {
			this.delegate.close();
		}

	}

	/**
	 * Passes every call on to another snapshot.
	 */
	public abstract static class ForwardingKvSnapshot implements KvSnapshot {

		private final KvSnapshot delegate;

		/**
		 * Create a snapshot that forwards.
		 * @param delegate the snapshot that does the work
		 */
		protected ForwardingKvSnapshot(KvSnapshot delegate) {
			this.delegate = delegate;
		}

		@Override
		public long commit() {
			return this.delegate.commit();
		}

		@Override
		public byte[] @Nullable [] read(byte[][] keys) {
			return this.delegate.read(keys);
		}

		@Override
		public byte[][] keys(byte[] from, int limit) {
			return this.delegate.keys(from, limit);
		}

		@Override
		public void close() {
			this.delegate.close();
		}

	}

}
