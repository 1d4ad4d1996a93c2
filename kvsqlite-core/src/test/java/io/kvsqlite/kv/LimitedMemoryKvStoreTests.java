package io.kvsqlite.kv;

import io.kvsqlite.testing.LimitedKvStore;
import io.kvsqlite.testing.SharedKvStoreContractTests;

/**
 * Tests for {@link MemoryKvStore} under the limits of the system whose format this one
 * follows.
 */
class LimitedMemoryKvStoreTests extends SharedKvStoreContractTests {

	private final MemoryKvStore root = new MemoryKvStore();

	@Override
	protected KvStore openStore(String ownerName) {
		return new LimitedKvStore(this.root.sibling(ownerName), KvLimits.REFERENCE);
	}

	@Override
	protected void endLease(KvStore store) {
		((MemoryKvStore) ((LimitedKvStore) store).delegate()).expireLease();
	}

}
