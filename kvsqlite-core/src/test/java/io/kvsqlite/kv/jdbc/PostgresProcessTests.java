package io.kvsqlite.kv.jdbc;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Tag;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.testing.OwnerProcess;
import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import io.kvsqlite.testing.SharedKvStoreProcessTests;
import io.kvsqlite.testing.TestPools;

/**
 * Processes that share a PostgreSQL server.
 */
@RequiresDocker
@Tag("once")
class PostgresProcessTests extends SharedKvStoreProcessTests {

	private static final AtomicInteger tests = new AtomicInteger();

	private final String tablePrefix = "process%d_".formatted(tests.incrementAndGet());

	@Override
	protected OwnerProcess startProcess(String ownerName) throws Exception {
		return OwnerProcess.start(ownerName, PostgresOpener.class,
				Integer.toString(ServerContainer.sharedPostgresql().port()), this.tablePrefix);
	}

	@Override
	protected KvStore openStore() {
		return new PostgresOpener().open("test", Integer.toString(ServerContainer.sharedPostgresql().port()),
				this.tablePrefix);
	}

	/**
	 * Opens the store in the other process.
	 */
	public static final class PostgresOpener implements OwnerProcess.Opener {

		@Override
		public KvStore open(String ownerName, String... arguments) {
			HikariDataSource pool = TestPools.pool("localhost", Integer.parseInt(arguments[0]), 4);
			return PostgresKvStore.builder(pool)
				.tablePrefix(arguments[1])
				.ownerName(ownerName)
				.leaseDuration(Duration.ofSeconds(2))
				.timeout(Duration.ofMinutes(1))
				.closing(pool::close)
				.build();
		}

	}

}
