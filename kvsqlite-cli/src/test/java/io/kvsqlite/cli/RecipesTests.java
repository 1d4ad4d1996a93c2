package io.kvsqlite.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;

import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the commands of {@code docs/data.md}, in order.
 */
class RecipesTests {

	@TempDir
	private Path directory;

	@Test
	void everyRecipeShouldWork() throws Exception {
		String store = here("jdbc:kvsqlite:rocksdb:/var/lib/app?create=true&actor=team%2F1");
		Files.createDirectories(this.directory.resolve("var/lib"));
		Files.createDirectories(this.directory.resolve("srv"));
		try (Connection connection = DriverManager.getConnection(store);
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE t (x)");
		}
		List<String> commands = Files.readAllLines(Path.of("../docs/data.md"))
			.stream()
			.filter((line) -> line.startsWith("kvsqlite "))
			.toList();
		assertThat(commands).hasSize(11);
		for (String command : commands) {
			StringWriter err = new StringWriter();
			CommandLine commandLine = KvSqliteCommand.commandLine();
			commandLine.setOut(new PrintWriter(new StringWriter()));
			commandLine.setErr(new PrintWriter(err));
			int status = commandLine.execute(here(command).substring("kvsqlite ".length()).split(" "));
			assertThat(status).as(command + "\n" + err).isZero();
		}
		assertThat(this.directory.resolve("backup/monday/team%2F1.sqlite")).exists();
		for (String gone : List.of("var/lib/app", "srv/test")) {
			try (RocksDbKvStore left = new RocksDbKvStore(this.directory.resolve(gone))) {
				assertThat(left.actors("", null, 10).actorIds()).isEmpty();
				assertThat(left.size("team/1").keys()).isZero();
			}
		}
		try (RocksDbKvStore moved = new RocksDbKvStore(this.directory.resolve("srv/new"))) {
			assertThat(moved.actors("", null, 10).actorIds()).containsExactly("team/1");
		}
	}

	/**
	 * Put the paths of the page under the test's directory.
	 */
	private String here(String text) {
		return text.replaceAll("/(var|srv|backup)/", this.directory + "/$1/");
	}

}
