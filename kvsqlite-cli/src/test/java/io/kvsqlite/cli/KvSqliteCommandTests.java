package io.kvsqlite.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.codec.ChunkKeys;
import io.kvsqlite.codec.FileTag;
import io.kvsqlite.kv.KvSession;
import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvWrite;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KvSqliteCommand}: its commands, what they print, and how they exit.
 */
class KvSqliteCommandTests {

	@TempDir
	private Path directory;

	private String store;

	private String out = "";

	private String err = "";

	@BeforeEach
	void createStore() throws Exception {
		this.store = "rocksdb:" + this.directory.resolve("store");
		new RocksDbKvStore(this.directory.resolve("store")).close();
		for (String actor : new String[] { "team/1", "team/2", "user/1" }) {
			sql(actor, "CREATE TABLE t AS SELECT '%s' AS x".formatted(actor));
		}
	}

	private void sql(String actor, String sql) throws Exception {
		try (Connection connection = connect(this.store, actor, "create=true");
				Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	private static Connection connect(String store, String actor, String parameters) throws Exception {
		return DriverManager
			.getConnection("jdbc:kvsqlite:%s?actor=%s&%s".formatted(store, actor.replace("/", "%2F"), parameters));
	}

	private static String value(Connection connection) throws Exception {
		try (connection;
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT x FROM t")) {
			rows.next();
			return rows.getString(1);
		}
	}

	private String valueOf(String store, String actor) throws Exception {
		return value(connect(store, actor, "readOnly=true"));
	}

	private static String valueOf(Path file) throws Exception {
		return value(DriverManager.getConnection("jdbc:sqlite:" + file));
	}

	private int run(String... arguments) {
		StringWriter out = new StringWriter();
		StringWriter err = new StringWriter();
		CommandLine commandLine = KvSqliteCommand.commandLine();
		commandLine.setOut(new PrintWriter(out));
		commandLine.setErr(new PrintWriter(err));
		int status = commandLine.execute(arguments);
		this.out = out.toString();
		this.err = err.toString();
		return status;
	}

	private Path file(String name) {
		return this.directory.resolve(name);
	}

	@Test
	void listShouldPrintIdsInOrder() {
		assertThat(run("list", this.store)).isZero();
		assertThat(this.out).isEqualTo("team/1\nteam/2\nuser/1\n");
		assertThat(run("list", this.store, "--prefix", "team/", "--after", "team/1")).isZero();
		assertThat(this.out).isEqualTo("team/2\n");
		assertThat(run("list", this.store, "--limit", "1", "--long")).isZero();
		assertThat(this.out).matches("team/1\t\\d+\t\\d+\n");
	}

	@Test
	void sizeShouldPrintKeysAndBytes() {
		assertThat(run("size", this.store, "team/1")).isZero();
		assertThat(this.out).isEqualTo("3 keys, 8222 bytes\n");
	}

	@Test
	void exportAndImportShouldCarryAnActor() throws Exception {
		assertThat(run("export", this.store, "team/1", file("x.sqlite").toString(), "--progress")).isZero();
		assertThat(this.err).contains("MiB/s");
		assertThat(valueOf(file("x.sqlite"))).isEqualTo("team/1");
		String other = "rocksdb:" + file("other");
		assertThat(run("import", other, file("x.sqlite").toString(), "new")).isZero();
		assertThat(valueOf(other, "new")).isEqualTo("team/1");
	}

	@Test
	void exportToStandardOutputShouldBeTheFile() throws Exception {
		PrintStream before = System.out;
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		System.setOut(new PrintStream(bytes));
		try {
			assertThat(run("export", this.store, "team/1", "-")).isZero();
		}
		finally {
			System.setOut(before);
		}
		InputStream in = System.in;
		System.setIn(new ByteArrayInputStream(bytes.toByteArray()));
		try {
			assertThat(run("import", this.store, "-", "piped")).isZero();
		}
		finally {
			System.setIn(in);
		}
		assertThat(valueOf(this.store, "piped")).isEqualTo("team/1");
	}

	@Test
	void importOfAnExistingActorShouldNeedReplace() throws Exception {
		run("export", this.store, "team/1", file("x.sqlite").toString());
		assertThat(run("import", this.store, file("x.sqlite").toString(), "team/2")).isEqualTo(1);
		assertThat(this.err)
			.isEqualTo("kvsqlite: Actor 'team/2' exists in this rocksdb store, and replacing it was not asked for\n");
		assertThat(run("import", this.store, file("x.sqlite").toString(), "team/2", "--replace")).isZero();
		assertThat(valueOf(this.store, "team/2")).isEqualTo("team/1");
	}

	@Test
	void backupShouldMakeAFileEach() throws Exception {
		Path backup = file("backup");
		assertThat(run("backup", this.store, backup.toString(), "--prefix", "team/")).isZero();
		assertThat(this.out).startsWith("2 exported, 0 kept, 0 failed");
		try (Stream<Path> files = Files.list(backup)) {
			assertThat(files.map((file) -> file.getFileName().toString())).containsExactlyInAnyOrder("team%2F1.sqlite",
					"team%2F2.sqlite");
		}
		sql("team/1", "UPDATE t SET x = 'newer'");
		assertThat(run("backup", this.store, backup.toString())).isZero();
		assertThat(this.out).startsWith("1 exported, 2 kept, 0 failed");
		assertThat(valueOf(backup.resolve("team%2F1.sqlite"))).isEqualTo("team/1");
		assertThat(run("backup", this.store, backup.toString(), "--replace")).isZero();
		assertThat(valueOf(backup.resolve("team%2F1.sqlite"))).isEqualTo("newer");
	}

	@Test
	void copyShouldWorkWithinAndBetweenStores() throws Exception {
		assertThat(run("copy", this.store, "team/1", "test/1")).isZero();
		assertThat(this.out).matches("copied, 8192 bytes, sha256 [0-9a-f]{64}\n");
		assertThat(valueOf(this.store, "test/1")).isEqualTo("team/1");
		String other = "rocksdb:" + file("other");
		assertThat(run("copy", this.store, "team/1", "team/1", "--to", other)).isZero();
		assertThat(valueOf(other, "team/1")).isEqualTo("team/1");
	}

	@Test
	void moveAllShouldMoveByPrefixAndBeRepeatable() throws Exception {
		String other = "rocksdb:" + file("other");
		assertThat(run("move-all", this.store, other, "--keep")).isZero();
		assertThat(this.out).startsWith("3 copied, 0 equal already, 0 failed");
		assertThat(run("move-all", this.store, other, "--keep")).isZero();
		assertThat(this.out).startsWith("0 copied, 3 equal already, 0 failed");
		assertThat(run("move-all", this.store, other, "--prefix", "team/")).isZero();
		assertThat(this.out).startsWith("2 moved, 0 equal already, 0 failed");
		run("list", this.store);
		assertThat(this.out).isEqualTo("user/1\n");
		run("list", other);
		assertThat(this.out).isEqualTo("team/1\nteam/2\nuser/1\n");
		assertThat(valueOf(other, "team/2")).isEqualTo("team/2");
	}

	@Test
	void checkShouldTellDamageByItsExitStatus() throws Exception {
		assertThat(run("check", this.store)).isZero();
		assertThat(this.out).startsWith("3 sound, 0 damaged, 0 failed");
		write(new KvWrite().delete(ChunkKeys.chunk(FileTag.MAIN, 1)));
		assertThat(run("check", this.store, "team/1")).isEqualTo(3);
		assertThat(this.out).contains("DAMAGED").contains("chunk 1 of its main database is missing");
		assertThat(run("check", this.store)).isEqualTo(3);
		assertThat(this.out).contains("2 sound, 1 damaged, 0 failed");
		assertThat(run("check", this.store, "--json")).isEqualTo(3);
		assertThat(this.out.lines()).hasSize(3).allMatch((line) -> line.startsWith("{\"actor\":"));
	}

	@Test
	void repairShouldSayWhatItDid() throws Exception {
		write(new KvWrite().put(ChunkKeys.chunk(FileTag.MAIN, 9), new byte[3]));
		assertThat(run("repair", this.store, "team/1")).isZero();
		assertThat(this.out).contains("1 chunk beyond the end").contains("removed all chunks of the main database");
		assertThat(run("repair", this.store, "team/1")).isZero();
		assertThat(this.out).contains("nothing was to be done");
	}

	private void write(KvWrite write) {
		try (KvStore store = new RocksDbKvStore(this.directory.resolve("store"));
				KvSession session = store.open("team/1", new byte[0][]).session()) {
			session.write(write);
		}
	}

	@Test
	void purgeShouldLeaveNoByteAndNoRoomTaken() {
		assertThat(run("delete", "--purge", this.store, "team/1")).isZero();
		assertThat(this.out).isEqualTo("deleted, and purged\n");
		assertThat(run("delete", "--purge", this.store, "team/1")).isZero();
		assertThat(this.out).isEqualTo("there was no such actor, and purged\n");
		assertThat(run("purge", this.store)).isZero();
		assertThat(this.out).isEqualTo("purged\n");
		assertThat(run("list", this.store)).isZero();
		assertThat(this.out).isNotEmpty().doesNotContain("team/1\n");
	}

	@Test
	void deleteShouldBeCompleteAndIdempotent() {
		assertThat(run("delete", this.store, "team/1")).isZero();
		assertThat(this.out).isEqualTo("deleted\n");
		assertThat(run("delete", this.store, "team/1")).isZero();
		assertThat(this.out).isEqualTo("there was no such actor\n");
		try (KvStore store = new RocksDbKvStore(this.directory.resolve("store"))) {
			assertThat(store.size("team/1").keys()).isZero();
		}
	}

	@Test
	void migrateShouldApplyMigrationsUnlessItIsADryRun() throws Exception {
		Path migrations = Files.createDirectory(file("migrations"));
		Files.writeString(migrations.resolve("V1__column.sql"), "ALTER TABLE t ADD COLUMN y;");
		String locations = "filesystem:" + migrations;
		assertThat(run("migrate", this.store, "--locations", locations)).isEqualTo(1);
		assertThat(this.out).contains("failed: team/1: ").contains("stopped, the rest was left out");
		assertThat(run("migrate", this.store, "--locations", locations, "--baseline", "--dry-run")).isZero();
		assertThat(this.out).startsWith("3 would be migrated, 0 up to date, 0 failed");
		assertThat(run("migrate", this.store, "--locations", locations, "--baseline")).isZero();
		assertThat(this.out).startsWith("3 migrated, 0 up to date, 0 failed");
		assertThat(run("migrate", this.store, "--locations", locations, "--baseline")).isZero();
		assertThat(this.out).startsWith("0 migrated, 3 up to date, 0 failed");
		assertThat(run("migrate", this.store, "--locations", "filesystem:" + file("nowhere"))).isEqualTo(1);
		assertThat(this.err).contains("nowhere");
	}

	@Test
	void migrateShouldKeepForeignKeysAsTheApplicationHasThem() throws Exception {
		Path migrations = Files.createDirectory(file("migrations"));
		String locations = "filesystem:" + migrations;
		Files.writeString(migrations.resolve("V1__tables.sql"), """
				CREATE TABLE item (id INTEGER PRIMARY KEY);
				CREATE TABLE part (item INTEGER REFERENCES item);
				""");
		assertThat(run("migrate", this.store, "--locations", locations, "--baseline")).isEqualTo(1);
		assertThat(this.err).contains("foreign_keys=on").contains("Nothing was run");
		assertThat(run("migrate", this.store, "--locations", locations, "--baseline", "--pragma", "foreign_keys=on"))
			.isZero();
		Files.writeString(migrations.resolve("V2__orphan.sql"), "INSERT INTO part VALUES (404);");
		assertThat(run("migrate", this.store, "--locations", locations)).isEqualTo(1);
		assertThat(this.out + this.err).contains("foreign_keys=on").contains("Nothing was run");
		for (String dry : List.of("--dry-run", "--no-progress")) {
			assertThat(run("migrate", this.store, "--locations", locations, "--pragma", "foreign_keys=on", dry))
				.isEqualTo(1);
			assertThat(this.out).contains("FOREIGN KEY constraint failed");
		}
		assertThat(run("migrate", this.store, "--locations", locations, "--pragma", "foreign_keys=off")).isZero();
		assertThat(run("migrate", this.store, "--locations", locations, "--pragma", "journal_mode=wal")).isEqualTo(2);
	}

	@Test
	void errorsShouldNameTheThing() {
		assertThat(run("export", this.store, "nobody", file("x.sqlite").toString())).isEqualTo(1);
		assertThat(this.err).isEqualTo("kvsqlite: There is no actor 'nobody' in this rocksdb store\n");
		assertThat(file("x.sqlite")).doesNotExist();
		assertThat(run("import", this.store, file("missing").toString(), "a")).isEqualTo(1);
		assertThat(this.err).contains(file("missing").toString());
		assertThat(run("list", "rocksdb:" + file("nowhere"))).isEqualTo(1);
		assertThat(this.err).isEqualTo("kvsqlite: There is no RocksDB store in '%s'\n".formatted(file("nowhere")));
		assertThat(file("nowhere")).doesNotExist();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "list", "nonsense", "list nothing:/x", "list rocksdb", "export rocksdb:/x",
			"move-all rocksdb:/x rocksdb:/x" })
	void wrongUsageShouldExitWithTwo(String arguments) {
		assertThat(run(arguments.isEmpty() ? new String[0] : arguments.split(" "))).isEqualTo(2);
		assertThat(this.err).isNotEmpty();
	}

	@Test
	void helpShouldNameEveryCommand() {
		assertThat(run("--help")).isZero();
		assertThat(this.out).contains("list", "size", "export", "backup", "import", "copy", "move-all", "check",
				"repair", "delete", "purge", "migrate", "Exit status");
	}

	@Test
	void strangeIdsShouldBeListedAndBackedUpOneByOne() throws Exception {
		List<String> ids = List.of("a\nteam/9", "\u001b[2J", "\\", "\\n", "x\u202ey", "ä".repeat(128), "A", "a", "con");
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory.resolve("store"));
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
			for (String id : ids) {
				try (Connection connection = factory.dataSource(id).getConnection();
						Statement statement = connection.createStatement()) {
					statement.executeUpdate("CREATE TABLE t AS SELECT 1 AS x");
				}
			}
		}
		assertThat(run("list", this.store)).isZero();
		assertThat(this.out.lines()).hasSize(ids.size() + 3)
			.contains("a\\u000ateam/9", "\\u001b[2J", "\\\\", "\\\\n", "x\\u202ey")
			.noneMatch((line) -> line.chars().anyMatch(Character::isISOControl));
		assertThat(run("list", this.store, "--json", "--prefix", "a\n")).isZero();
		assertThat(this.out).isEqualTo("{\"actor\":\"a\\nteam/9\",\"damaged\":false}\n");
		assertThat(run("list", this.store, "--null")).isZero();
		assertThat(this.out.split("\0")).hasSize(ids.size() + 3).containsAll(ids);
		assertThat(run("list", this.store, "--null", "--json")).isEqualTo(2);
		Path backup = file("strange");
		assertThat(run("backup", this.store, backup.toString())).isZero();
		assertThat(this.out).startsWith("12 exported, 0 kept, 0 failed");
		try (Stream<Path> files = Files.walk(backup)) {
			List<Path> found = files.filter(Files::isRegularFile).toList();
			assertThat(found).extracting((file) -> BackupFile.actorId(backup.relativize(file)))
				.containsAll(ids)
				.hasSize(ids.size() + 3);
			for (Path file : found) {
				assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
			}
		}
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup))).isEqualTo("rwx------");
		assertThat(run("delete", this.store, "a\nteam/9")).isZero();
		assertThat(run("export", this.store, "a\nteam/9", file("x").toString())).isEqualTo(1);
		assertThat(this.err).isEqualTo("kvsqlite: There is no actor 'a\\u000ateam/9' in this rocksdb store\n");
	}

	@Test
	void actorWhoseValuesAreGoneShouldBeDamageByName() {
		write(new KvWrite().deleteRange(new byte[] { 0 }, new byte[] { (byte) 0xff }));
		assertThat(run("list", this.store)).isEqualTo(3);
		assertThat(this.out).isEqualTo("team/1\nteam/2\nuser/1\n");
		assertThat(this.err).isEqualTo("kvsqlite: actor 'team/1' is damaged\n");
		assertThat(run("check", this.store)).isEqualTo(3);
		assertThat(this.out).contains("team/1: DAMAGED").contains("the store has a record of");
		assertThat(run("export", this.store, "team/1", file("x.sqlite").toString())).isEqualTo(1);
		assertThat(this.err).contains("Actor 'team/1' is damaged");
		assertThat(run("backup", this.store, file("backup").toString(), "--max-failures", "9")).isEqualTo(1);
		assertThat(this.out).contains("failed: team/1: Actor 'team/1' is damaged").contains("2 exported");
		assertThat(run("copy", this.store, "team/1", "x")).isEqualTo(1);
		assertThat(this.err).contains("Actor 'team/1' is damaged");
	}

}
