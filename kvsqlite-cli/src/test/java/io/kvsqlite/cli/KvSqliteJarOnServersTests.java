package io.kvsqlite.cli;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.kvsqlite.testing.RequiresDocker;
import io.kvsqlite.testing.ServerContainer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the one jar, as a process, against real servers.
 */
@Tag("jar")
@RequiresDocker
@Tag("once")
class KvSqliteJarOnServersTests {

	private static final String DONE_QUIETLY = "";

	private static final ServerContainer redis = ServerContainer.redis();

	private static final ServerContainer postgresql = ServerContainer.postgresql();

	@TempDir
	private Path directory;

	@BeforeAll
	static void start() {
		redis.start();
		postgresql.start();
	}

	@AfterAll
	static void stop() {
		redis.close();
		postgresql.close();
	}

	private static String onRedis() {
		return "redis://127.0.0.1:%d?timeout=60s".formatted(redis.port());
	}

	private static String onPostgresql() {
		return "postgresql://test:test@127.0.0.1:%d/test?sslmode=disable".formatted(postgresql.port());
	}

	private Path database(String name) throws Exception {
		Path file = this.directory.resolve(name);
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE t AS SELECT '%s' AS name, zeroblob(300000) AS x".formatted(name));
		}
		return file;
	}

	private static String nameIn(Path file) throws Exception {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT name, length(x) FROM t")) {
			assertThat(rows.next()).isTrue();
			assertThat(rows.getInt(2)).isEqualTo(300_000);
			return rows.getString(1);
		}
	}

	private static String run(String... arguments) throws Exception {
		ToolProcess process = ToolProcess.kvsqlite(arguments);
		assertThat(process.status()).as(process.toString()).isZero();
		return process.out();
	}

	@Test
	void dataShouldGoIntoOneServerToTheOtherAndOut() throws Exception {
		run("import", onRedis(), database("one").toString(), "team/1");
		run("import", onRedis(), database("two").toString(), "team/2");
		assertThat(run("list", onRedis()).lines()).containsExactly("team/1", "team/2");
		assertThat(run("check", onRedis(), "--json").lines()).hasSize(2)
			.allMatch((line) -> line.contains("\"sound\":true"));
		run("move-all", onRedis(), onPostgresql(), "--prefix", "team/");
		assertThat(run("list", onRedis())).isEqualTo(DONE_QUIETLY);
		assertThat(run("list", onPostgresql()).lines()).containsExactly("team/1", "team/2");
		run("copy", onPostgresql(), "team/2", "back", "--to", onRedis());
		Path back = this.directory.resolve("back.sqlite");
		run("export", onRedis(), "back", back.toString());
		assertThat(nameIn(back)).isEqualTo("two");
		run("delete", onPostgresql(), "team/1");
		assertThat(run("list", onPostgresql()).lines()).containsExactly("team/2");
		ToolProcess unknown = ToolProcess.kvsqlite("size", onPostgresql(), "team/1");
		assertThat(unknown.status()).isEqualTo(1);
		assertThat(unknown.err())
			.isEqualTo("kvsqlite: There is no actor 'team/1' in this postgresql store%n".formatted());
	}

	@Test
	void serverThatDoesNotAnswerShouldBeReported() throws Exception {
		int nobody = ServerContainer.freePort();
		ToolProcess refused = ToolProcess.kvsqlite("list", "redis://127.0.0.1:%d?timeout=2s".formatted(nobody));
		assertThat(refused.status()).isEqualTo(1);
		assertThat(refused.err()).startsWith("kvsqlite: ").doesNotContain("\tat ");
	}

}
