package io.kvsqlite.testing;

import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvOpening;
import io.kvsqlite.kv.KvOwnershipLostException;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.CountingKvStore.Counts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link CountingKvStore}, which itself keeps the contract.
 */
class CountingKvStoreTests extends KvStoreContractTests {

	private final MemoryKvStore root = new MemoryKvStore();

	@Override
	protected KvStore openStore() {
		return new CountingKvStore(this.root.sibling("counted"));
	}

	@Test
	void countsShouldTellRoundTripsByKind() {
		CountingKvStore store = (CountingKvStore) this.store;
		KvOpening opening = store.open("a", keys("k1", "k2"));
		KvSession session = opening.session();
		session.read(keys("k1", "k2", "k3"));
		session.read(keys("k1"));
		session.write(new KvWrite().put(key("k1"), key("1")).delete(key("k2")).deleteRange(key("l"), key("m")));
		try (KvSnapshot snapshot = store.snapshot("a")) {
			snapshot.read(keys("k1", "k2"));
			snapshot.keys(key(""), 10);
		}
		session.delete();
		session.close();
		assertThat(store.counts()).isEqualTo(new Counts(1, 2, 6, 1, 3, 1, 1, 2, 1));
		assertThat(store.counts().roundTrips()).isEqualTo(8);
	}

	@Test
	void countsShouldIncludeWhatFailed() {
		CountingKvStore store = (CountingKvStore) this.store;
		KvSession session = open("a");
		open("a");
		store.reset();
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> read(session, "k"));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(() -> write(session, "k", "1"));
		assertThatExceptionOfType(KvOwnershipLostException.class).isThrownBy(session::delete);
		assertThat(store.counts()).isEqualTo(new Counts(0, 1, 1, 1, 1, 1, 0, 0, 0));
	}

	@Test
	void resetShouldStartFromZero() {
		CountingKvStore store = (CountingKvStore) this.store;
		write(open("a"), "k", "1");
		store.reset();
		assertThat(store.counts()).isEqualTo(new Counts(0, 0, 0, 0, 0, 0, 0, 0, 0));
	}

}
