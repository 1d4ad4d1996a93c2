package io.kvsqlite.cli;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the tool as its users do: the one jar, as a process.
 */
@Tag("jar")
class KvSqliteJarTests {

	@TempDir
	private static Path directory;

	private static String store = "";

	@TempDir
	private Path own;

	@BeforeAll
	static void createStore() throws Exception {
		store = "rocksdb:" + directory.resolve("store");
		new RocksDbKvStore(directory.resolve("store")).close();
		create(store, "team%2F1", 3_000_000);
		create(store, "team%2F2", 3_000_000);
	}

	private static void create(String store, String actor, int bytes) throws Exception {
		try (Connection connection = DriverManager
			.getConnection("jdbc:kvsqlite:%s?create=true&actor=%s".formatted(store, actor));
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE t AS SELECT zeroblob(%d) AS x".formatted(bytes));
		}
	}

	private static List<String> names(Path directory) throws Exception {
		try (Stream<Path> files = Files.list(directory)) {
			return files.map((file) -> file.getFileName().toString()).sorted().toList();
		}
	}

	@Test
	void exitStatusShouldTellWhatHappened() throws Exception {
		assertThat(ToolProcess.kvsqlite("list", store))
			.isEqualTo(new ToolProcess(0, "team/1%nteam/2%n".formatted(), ""));
		ToolProcess unknown = ToolProcess.kvsqlite("size", store, "nobody");
		assertThat(unknown.status()).isEqualTo(1);
		assertThat(unknown.err()).isEqualTo("kvsqlite: There is no actor 'nobody' in this rocksdb store%n".formatted());
		ToolProcess usage = ToolProcess.kvsqlite("list");
		assertThat(usage.status()).isEqualTo(2);
		assertThat(usage.err()).contains("Missing required parameter: 'STORE'").contains("Usage: kvsqlite list");
		ToolProcess help = ToolProcess.kvsqlite("--help");
		assertThat(help.status()).isZero();
		assertThat(help.out()).contains("Usage: kvsqlite").contains("Exit status: 0 done");
	}

	@Test
	void checkShouldPrintJsonThatOthersRead() throws Exception {
		ToolProcess check = ToolProcess.kvsqlite("check", store, "--json");
		assertThat(check.status()).isZero();
		assertThat(check.err()).isEmpty();
		assertThat(check.out().lines()).hasSize(2)
			.allMatch((line) -> line.startsWith("{\"actor\":\"team/") && line.contains("\"sound\":true"));
	}

	@Test
	void progressShouldBeShownOnATerminalOnly() throws Exception {
		ToolProcess piped = ToolProcess.kvsqlite("export", store, "team/1", this.own.resolve("a.sqlite").toString());
		assertThat(piped).isEqualTo(new ToolProcess(0, "", ""));
		ToolProcess asked = ToolProcess.kvsqlite("export", store, "team/1", this.own.resolve("b.sqlite").toString(),
				"--progress");
		assertThat(asked.err()).contains("[##############################] team/1 2.9 of 2.9 MiB");
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void exportThatFillsTheDiskShouldFailAndLeaveNothing() throws Exception {
		String large = "rocksdb:" + directory.resolve("large");
		create(large, "one", 30_000_000);
		Path file = this.own.resolve("a.sqlite");
		// no file of more than 24 MiB, which leaves room for the native libraries: the
		// kernel
		// refuses what is beyond it as it does on a full disk
		String limit = "trap '' XFSZ; ulimit -f 24576; ";
		ToolProcess full = ToolProcess.shell(limit + "kvsqlite export '%s' one '%s'".formatted(large, file));
		assertThat(full.status()).isEqualTo(1);
		assertThat(full.err()).contains("kvsqlite: Actor 'one' could not be exported to '%s': ".formatted(file))
			.contains("File too large")
			.doesNotContain("\tat ");
		assertThat(names(this.own)).isEmpty();
		Path backup = this.own.resolve("backup");
		ToolProcess several = ToolProcess.shell(limit + "kvsqlite backup '%s' '%s'".formatted(large, backup));
		assertThat(several.status()).isEqualTo(1);
		assertThat(several.out()).contains("failed: one: ").contains("0 exported, 0 kept, 1 failed");
		assertThat(names(backup)).isEmpty();
		// with room the same command goes through
		assertThat(ToolProcess.kvsqlite("backup", large, backup.toString()).status()).isZero();
		assertThat(names(backup)).containsExactly("one.sqlite");
		ToolProcess in = ToolProcess
			.shell(limit + "kvsqlite import '%s' '%s' two".formatted(store, backup.resolve("one.sqlite")));
		assertThat(in.status()).isEqualTo(1);
		assertThat(in.err()).contains("File too large").doesNotContain("\tat ");
		assertThat(ToolProcess.kvsqlite("list", store).out()).doesNotContain("two");
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void brokenPipeShouldBeAnErrorAndNotAStackTrace() throws Exception {
		ToolProcess export = ToolProcess
			.shell("kvsqlite export '%s' team/1 - | head -c 10; exit ${PIPESTATUS[0]}".formatted(store));
		assertThat(export.status()).isEqualTo(1);
		assertThat(export.out()).isEqualTo("SQLite for");
		assertThat(export.err()).contains("standard output is closed or has no room").doesNotContain("\tat ");
		ToolProcess list = ToolProcess.shell("kvsqlite list '%s' > /dev/full".formatted(store));
		assertThat(list.status()).isEqualTo(1);
		assertThat(list.err()).contains("standard output is closed or has no room").doesNotContain("\tat ");
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void pipeShouldCarryADatabase() throws Exception {
		String other = "rocksdb:" + this.own.resolve("other");
		ToolProcess piped = ToolProcess
			.shell("kvsqlite export '%s' team/1 - | kvsqlite import '%s' - new".formatted(store, other));
		assertThat(piped).isEqualTo(new ToolProcess(0, "", ""));
		assertThat(ToolProcess.kvsqlite("check", other).out()).startsWith("1 sound, 0 damaged, 0 failed");
	}

	@Test
	void storeOfARunningApplicationShouldBeNamed() throws Exception {
		Path running = this.own.resolve("running");
		try (RocksDbKvStore store = new RocksDbKvStore(running)) {
			ToolProcess list = ToolProcess.kvsqlite("list", "rocksdb:" + running);
			assertThat(store.type()).isEqualTo("rocksdb");
			assertThat(list.status()).isEqualTo(1);
			assertThat(list.err()).startsWith("kvsqlite: ").contains(running.toString()).doesNotContain("\tat ");
		}
	}

	@Test
	void jarShouldBeADriverForSqlClients() throws Exception {
		String url = "jdbc:kvsqlite:%s?actor=team%%2F1&create=true".formatted("rocksdb:" + this.own.resolve("sql"));
		Path sqlline = Path
			.of(Class.forName("sqlline.SqlLine").getProtectionDomain().getCodeSource().getLocation().toURI());
		String terminal = System.getProperty("java.class.path");
		String jars = Stream.of(terminal.split(File.pathSeparator))
			.filter((entry) -> entry.contains("jline"))
			.reduce(ToolProcess.JAR + File.pathSeparator + sqlline, (path, entry) -> path + File.pathSeparator + entry);
		List<String> command = new ArrayList<>(ToolProcess.java("-cp", jars, "sqlline.SqlLine", "-u", url, "-n", "",
				"-p", "", "--silent=true", "--outputFormat=csv"));
		for (String sql : List.of("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);",
				"INSERT INTO note (text) VALUES ('one'), ('two');", "SELECT * FROM note;", "!columns note", "!tables",
				"SELECT nonsense;")) {
			command.addAll(List.of("-e", sql));
		}
		ToolProcess client = ToolProcess.run(command);
		assertThat(client.out()).as(client.err()).contains("'1','one'").contains("'2','two'").contains("'note'");
		assertThat(client.err()).contains("no such column: nonsense");
		try (Connection connection = DriverManager.getConnection(url);
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT count(*) FROM note")) {
			assertThat(rows.next()).isTrue();
			assertThat(rows.getInt(1)).isEqualTo(2);
		}
	}

}
