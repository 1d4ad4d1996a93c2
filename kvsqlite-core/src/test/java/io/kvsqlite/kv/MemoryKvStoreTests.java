package io.kvsqlite.kv;

import org.junit.jupiter.api.Test;

import io.kvsqlite.testing.SharedKvStoreContractTests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link MemoryKvStore}.
 */
class MemoryKvStoreTests extends SharedKvStoreContractTests {

	private final MemoryKvStore root = new MemoryKvStore();

	@Override
	protected KvStore openStore(String ownerName) {
		return this.root.sibling(ownerName);
	}

	@Override
	protected void endLease(KvStore store) {
		((MemoryKvStore) store).expireLease();
	}

	@Test
	void writeThatNamesAKeyTwiceShouldBeRefused() {
		KvSession session = open("a");
		write(session, "k", "1");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> session.write(new KvWrite().put(key("k"), key("2")).delete(key("k"))));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> session.write(new KvWrite().put(key("k"), key("2")).put(key("k"), key("3"))));
		assertThat(read(session, "k")).isEqualTo("1");
		assertThat(session.commit()).isEqualTo(1);
	}

	@Test
	void writeThatPutsAKeyOfARangeItDeletesShouldBeRefused() {
		KvSession session = open("a");
		write(session, "k", "1");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> session.write(new KvWrite().put(key("k"), key("2")).deleteRange(key("k"), key("l"))));
		assertThat(read(session, "k")).isEqualTo("1");
		session.write(new KvWrite().put(key("k"), key("2")).deleteRange(key("a"), key("k")));
		assertThat(read(session, "k")).isEqualTo("2");
	}

	@Test
	void renewLeaseShouldKeepOthersOut() throws Exception {
		MemoryKvStore first = closeAfterTest(this.root.sibling("paused"));
		KvSession session = open(first, "a");
		write(session, "k", "1");
		first.expireLease();
		assertThat(owner("a").live()).isFalse();
		first.renewLease();
		assertThat(owner("a").live()).isTrue();
		assertThat(owner("a").holder()).isEqualTo("paused");
	}

}
