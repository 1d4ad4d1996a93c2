package io.kvsqlite.testing;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;

/**
 * Keeps a copy of every write that another store has applied, so that any moment can be
 * had again: what a crash leaves is a prefix of them. Not thread-safe.
 */
public final class RecordingKvStore extends ForwardingKvStore {

	private final List<Applied> applied = new ArrayList<>();

	/**
	 * Create a store that records.
	 * @param delegate the store that does the work; closed with this one
	 */
	public RecordingKvStore(KvStore delegate) {
		super(delegate);
	}

	/**
	 * Return the writes applied so far.
	 * @return the writes of all actors, in order
	 */
	public List<Applied> applied() {
		return List.copyOf(this.applied);
	}

	/**
	 * Return how many writes were applied so far.
	 * @return their number
	 */
	public int count() {
		return this.applied.size();
	}

	/**
	 * Apply writes to a store as their actors' owners would. It must take each of them in
	 * one piece.
	 * @param writes the writes
	 * @param store the store
	 */
	public static void replay(List<Applied> writes, KvStore store) {
		for (Applied applied : writes) {
			KvWrite write = applied.write;
			if (write == null) {
				store.delete(applied.actorId, true);
				continue;
			}
			KvOpening opening = store.open(applied.actorId, new byte[0][]);
			opening.session().write(write);
			opening.session().close();
		}
	}

	@Override
	public boolean delete(String actorId, boolean force) {
		boolean deleted = super.delete(actorId, force);
		this.applied.add(new Applied(actorId, null));
		return deleted;
	}

	@Override
	protected KvSession wrap(KvSession session) {
		return new RecordingKvSession(session);
	}

	/**
	 * A write that was applied.
	 *
	 * @param actorId the actor
	 * @param write what was written, {@code null} if the actor was deleted
	 */
	public record Applied(String actorId, @Nullable KvWrite write) {
	}

	private final class RecordingKvSession extends ForwardingKvSession {

		RecordingKvSession(KvSession session) {
			super(session);
		}

		@Override
		public void write(KvWrite write) {
			super.write(write);
			RecordingKvStore.this.applied.add(new Applied(actorId(), WriteCopy.of(write)));
		}

		@Override
		public void delete() {
			super.delete();
			RecordingKvStore.this.applied.add(new Applied(actorId(), null));
		}

	}

}
