package io.kvsqlite.data;

import io.kvsqlite.kv.KvActorOwnedException;
import io.kvsqlite.kv.KvCommit;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.KvOwner;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.vfs.CorruptedActorException;

/**
 * An actor that nobody has.
 */
final class FreeActor {

	private static final byte[][] NO_KEYS = {};

	private FreeActor() {
	}

	/**
	 * Own an actor that nobody has. The store would take it from another session of this
	 * same owner, an application's say; so that is looked at before.
	 * @throws KvActorOwnedException if somebody has the actor
	 * @throws KvException if the store failed
	 */
	static KvSession take(KvStore store, String actorId) {
		KvOwner owner = store.owner(actorId);
		if (owner != null && owner.live()) {
			throw new KvActorOwnedException(actorId, String.valueOf(owner.holder()));
		}
		return store.open(actorId, NO_KEYS).session();
	}

	/**
	 * Remove what is left of a copy that was broken off, if that is all there is.
	 * @return whether there is no such actor, and nothing of one
	 * @throws KvActorOwnedException if the copy is still being made
	 * @throws CorruptedActorException if what is stored is damaged
	 * @throws KvException if the store failed
	 */
	static boolean makeRoom(KvStore store, String actorId) {
		if (store.owner(actorId) == null) {
			return true;
		}
		try (KvSnapshot snapshot = store.snapshot(actorId)) {
			if (!new StoredDatabase(actorId, snapshot).isUnfinished()) {
				return false;
			}
		}
		return deleteLeftOver(store, actorId, KvCommit.NONE);
	}

	/**
	 * Delete what an attempt left of an actor that it made: if nothing is in it, or
	 * nothing was written to it since. It is looked at while it is owned, and deleted by
	 * that ownership; so what others make of it meanwhile is never deleted.
	 * @param lastCommit the attempt's last commit, {@link KvCommit#NONE} if it is not
	 * known
	 * @return whether the actor is gone; if not, somebody else has written to it
	 * @throws KvActorOwnedException if somebody has the actor
	 * @throws CorruptedActorException if what is stored is damaged
	 * @throws KvException if the store failed
	 */
	static boolean deleteLeftOver(KvStore store, String actorId, KvCommit lastCommit) {
		try (KvSession owned = take(store, actorId)) {
			if (!owned.lastCommit().equals(lastCommit) && !isEmpty(store, actorId)) {
				return false;
			}
			owned.delete();
			return true;
		}
	}

	private static boolean isEmpty(KvStore store, String actorId) {
		try (KvSnapshot snapshot = store.snapshot(actorId)) {
			return new StoredDatabase(actorId, snapshot).isEmpty();
		}
	}

}
