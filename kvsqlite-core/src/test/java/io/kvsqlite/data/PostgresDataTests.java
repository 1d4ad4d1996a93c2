package io.kvsqlite.data;

import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/**
 * Data in and out of a PostgreSQL server.
 */
@RequiresDocker
@Tag("once")
class PostgresDataTests extends ServerDataTests {

	private static final ServerContainer server = ServerContainer.postgresql();

	@BeforeAll
	static void start() {
		server.start();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Override
	String storeUrl(String name) {
		return "postgresql://test:test@127.0.0.1:%d/test?sslmode=disable&tablePrefix=%s_".formatted(server.port(),
				name);
	}

}
