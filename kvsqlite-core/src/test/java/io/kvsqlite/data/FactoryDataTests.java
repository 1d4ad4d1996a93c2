package io.kvsqlite.data;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for what {@link ActorDataSourceFactory} does with actors that it may have open.
 */
class FactoryDataTests {

	private final MemoryKvStore store = new MemoryKvStore();

	private final ActorDataSourceFactory factory = ActorDataSourceFactory.builder(this.store)
		.closeTimeout(Duration.ofMillis(200))
		.build();

	@TempDir
	private Path directory;

	@AfterEach
	void closeFactory() {
		this.factory.close();
	}

	private Connection connection(String actorId) throws SQLException {
		return this.factory.dataSource(actorId).getConnection();
	}

	private void run(String actorId, String sql) throws SQLException {
		try (Connection connection = connection(actorId)) {
			Sql.execute(connection, sql);
		}
	}

	private String value(String actorId, String sql) throws SQLException {
		try (Connection connection = connection(actorId)) {
			return Sql.rows(connection, sql).get(0);
		}
	}

	@Test
	void importShouldReplaceAnActorThatIsOpenHere() throws Exception {
		run("a", "CREATE TABLE t AS SELECT 'old' AS x");
		Path file = this.directory.resolve("in.sqlite");
		Sql.onFile(file, "CREATE TABLE t AS SELECT 'new' AS x");
		assertThatThrownBy(() -> this.factory.importActor(file, "a", false)).isInstanceOf(ActorExistsException.class);
		assertThat(value("a", "SELECT x FROM t")).isEqualTo("old");
		this.factory.importActor(file, "a", true);
		assertThat(value("a", "SELECT x FROM t")).isEqualTo("new");
	}

	@Test
	void importToAnActorInUseShouldFailAndLeaveTheConnectionAlone() throws Exception {
		Path file = this.directory.resolve("in.sqlite");
		Sql.onFile(file, "CREATE TABLE t AS SELECT 'new' AS x");
		run("a", "CREATE TABLE t AS SELECT 'old' AS x");
		try (Connection connection = connection("a")) {
			assertThatThrownBy(() -> this.factory.importActor(file, "a", true)).isInstanceOf(SQLException.class)
				.hasMessageContaining("No connection of actor 'a' within 200 ms");
			Sql.execute(connection, "INSERT INTO t VALUES ('still here')");
		}
		assertThat(value("a", "SELECT count(*) FROM t")).isEqualTo("2");
	}

	@Test
	void copyAndExportShouldNotWaitForWhoeverUsesTheActor() throws Exception {
		run("a", "CREATE TABLE t AS SELECT 'old' AS x");
		Path file = this.directory.resolve("out.sqlite");
		try (Connection connection = connection("a")) {
			connection.setAutoCommit(false);
			Sql.execute(connection, "UPDATE t SET x = 'open'");
			this.factory.copyActor("a", "b");
			this.factory.exportActor("a", file);
			assertThat(this.factory.checkActor("a").isSound()).isTrue();
			connection.commit();
		}
		assertThat(value("a", "SELECT x FROM t")).isEqualTo("open");
		assertThat(value("b", "SELECT x FROM t")).isEqualTo("old");
		assertThat(Sql.rowsOfFile(file, "SELECT x FROM t")).containsExactly("old");
	}

}
