package io.kvsqlite.data;

import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.vfs.CorruptedActorException;

/**
 * What it means that an actor has no database: that there is no such actor, or that the
 * store has lost what was in it.
 */
final class MissingDatabase {

	private MissingDatabase() {
	}

	/**
	 * Return the exception for an actor of which a snapshot shows no database.
	 * @return {@link CorruptedActorException} if the store has a record of its commits,
	 * and {@link UnknownActorException} if not, or if it is a copy that is not finished
	 */
	static RuntimeException of(KvStore store, String actorId) {
		KvOwner owner = store.owner(actorId);
		if (owner != null && owner.commit() > 0) {
			// it may have come to exist since
			try (KvSnapshot snapshot = store.snapshot(actorId)) {
				StoredDatabase again = new StoredDatabase(actorId, snapshot);
				KvOwner still = store.owner(actorId);
				if (!again.exists() && !again.isUnfinished() && still != null && still.commit() == owner.commit()
						&& still.epoch() == owner.epoch()) {
					return CorruptedActorException.metadata(actorId, FileTag.MAIN,
							"it is missing, and the store has a record of %d commits".formatted(owner.commit()), null);
				}
			}
		}
		return new UnknownActorException(actorId, store.type());
	}

}
