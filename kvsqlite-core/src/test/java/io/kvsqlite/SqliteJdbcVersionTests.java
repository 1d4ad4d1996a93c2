package io.kvsqlite;

import org.junit.jupiter.api.Test;
import org.sqlite.SQLiteJDBCLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Guards the test runs: each is on the sqlite-jdbc that the build means it to be on.
 */
class SqliteJdbcVersionTests {

	@Test
	void versionUnderTestShouldBeTheOneTheBuildNames() throws Exception {
		assertThat(SQLiteJDBCLoader.getVersion()).isEqualTo(System.getProperty("kvsqlite.test.sqlite-jdbc"));
	}

}
