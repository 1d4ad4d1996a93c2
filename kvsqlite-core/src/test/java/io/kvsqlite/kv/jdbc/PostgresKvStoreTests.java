package io.kvsqlite.kv.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;

import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.RewoundKvStoreContractTests;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.TestPools;

/**
 * The contract suite over {@link PostgresKvStore}. Each test has tables of its own.
 */
@RequiresDocker
@Tag("once")
class PostgresKvStoreTests extends RewoundKvStoreContractTests {

	private static HikariDataSource dataSource;

	private static HikariDataSource serializable;

	private @Nullable TestTables tables;

	@BeforeAll
	static void start() {
		ServerContainer server = ServerContainer.sharedPostgresql();
		dataSource = TestPools.pool(server, 16);
		serializable = TestPools.serializablePool(server, 16);
	}

	@AfterAll
	static void stop() {
		dataSource.close();
		serializable.close();
	}

	@Override
	protected KvStore openStore(String ownerName) {
		return PostgresKvStore.builder(applicationPool())
			.tablePrefix(tables().prefix())
			.ownerName(ownerName)
			.timeout(Duration.ofMinutes(1))
			// no renewal that a busy machine puts off lets it end by itself
			.leaseDuration(Duration.ofMinutes(5))
			.build();
	}

	/**
	 * Return the pool that the stores use.
	 */
	HikariDataSource applicationPool() {
		return dataSource;
	}

	static HikariDataSource serializablePool() {
		return serializable;
	}

	@Override
	protected void endLease(KvStore store) throws Exception {
		((PostgresKvStore) store).lease().abandon();
		try (Connection connection = dataSource.getConnection();
				PreparedStatement statement = connection.prepareStatement(
						"UPDATE " + tables().prefix() + "leases SET expires = now() WHERE lease = ?::uuid")) {
			statement.setString(1, ((PostgresKvStore) store).lease().id());
			statement.executeUpdate();
		}
	}

	/**
	 * All tables but the leases, which go on with the time, and the sequence.
	 */
	@Override
	protected Rewinding rememberState() throws Exception {
		// makes the tables if there are none
		this.store.ping();
		try (Connection connection = dataSource.getConnection()) {
			tables().remember(connection);
		}
		return () -> {
			try (Connection connection = dataSource.getConnection()) {
				tables().goBack(connection);
			}
		};
	}

	/**
	 * Made by the first call, and so dropped when all stores and snapshots are closed.
	 */
	private TestTables tables() {
		TestTables tables = this.tables;
		if (tables == null) {
			tables = closeAfterTest(new TestTables(dataSource));
			this.tables = tables;
		}
		return tables;
	}

}
