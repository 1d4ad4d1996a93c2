package io.kvsqlite.sqlite;

import org.junit.jupiter.api.Tag;

import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.jdbc.PostgresKvStore;
import io.kvsqlite.testing.LimitedKvStore;

/**
 * Round trips to a {@link PostgresKvStore} that takes 128 keys at once.
 */
@Tag("once")
class LimitedPostgresRoundTripBudgetTests extends PostgresRoundTripBudgetTests {

	@Override
	KvStore openStore() {
		return new LimitedKvStore(super.openStore(), KvLimits.REFERENCE);
	}

}
