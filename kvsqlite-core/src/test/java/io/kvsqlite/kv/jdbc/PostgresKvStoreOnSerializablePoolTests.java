package io.kvsqlite.kv.jdbc;

import com.zaxxer.hikari.HikariDataSource;

/**
 * The same over a pool that an application has set up for itself.
 */
class PostgresKvStoreOnSerializablePoolTests extends PostgresKvStoreTests {

	@Override
	HikariDataSource applicationPool() {
		return serializablePool();
	}

}
