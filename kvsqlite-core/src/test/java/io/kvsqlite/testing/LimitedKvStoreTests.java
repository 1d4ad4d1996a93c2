package io.kvsqlite.testing;

import org.junit.jupiter.api.Test;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.MemoryKvStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link LimitedKvStore}, which itself keeps the contract, under the narrowest
 * limits there are.
 */
class LimitedKvStoreTests extends KvStoreContractTests {

	private static final KvLimits LEAST = new KvLimits(KvLimits.LEAST_KEYS, KvLimits.LEAST_BYTES);

	private final MemoryKvStore root = new MemoryKvStore();

	@Override
	protected KvStore openStore() {
		return new LimitedKvStore(this.root.sibling("limited"), LEAST);
	}

	@Test
	void limitsShouldBeTheNarrowerOnes() {
		assertThat(this.store.limits()).isEqualTo(LEAST);
	}

	@Test
	void limitsWiderThanThoseOfTheStoreShouldBeRefused() {
		MemoryKvStore narrow = new MemoryKvStore(LEAST);
		assertThatIllegalArgumentException().isThrownBy(() -> new LimitedKvStore(narrow, KvLimits.REFERENCE))
			.withMessageContaining("memory");
	}

}
