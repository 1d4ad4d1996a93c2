package io.kvsqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;

import io.kvsqlite.fixture.Sql;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * SQL of an application that tries to reach beyond its actor: nothing outside is read or
 * written, nothing inside is lost.
 */
class SqlEscapeTests {

	private final MemoryKvStore store = new MemoryKvStore();

	@TempDir
	private Path directory;

	private ActorDataSourceFactory factory;

	private Connection other;

	@BeforeEach
	void open() throws Exception {
		this.factory = ActorDataSourceFactory.builder(this.store).build();
		this.other = this.factory.dataSource("other").getConnection();
		new Sql(this.other).run("CREATE TABLE secret(a)", "INSERT INTO secret VALUES ('of the other')");
		try (Connection connection = this.factory.dataSource("own").getConnection()) {
			new Sql(connection).run("CREATE TABLE t(a)", "INSERT INTO t VALUES ('of its own')");
		}
		try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + this.directory.resolve("plain.db"))) {
			new Sql(plain).run("CREATE TABLE secret(a)", "INSERT INTO secret VALUES ('of a file')");
		}
	}

	@AfterEach
	void checkThatNothingWasTouched() throws Exception {
		assertThat(new Sql(this.other).text("SELECT a FROM secret")).isEqualTo("of the other");
		try (Connection connection = this.factory.dataSource("own").getConnection()) {
			Sql sql = new Sql(connection);
			assertThat(sql.text("SELECT a FROM t")).isEqualTo("of its own");
			assertThat(sql.rows("SELECT name FROM pragma_database_list WHERE name <> 'temp'"))
				.containsExactly("'main'");
			assertThat(sql.text("PRAGMA journal_mode")).isEqualTo("delete");
			sql.run("VACUUM", "CREATE TABLE u(a)", "DROP TABLE u");
			sql.assertIntegrity();
		}
		this.other.close();
		this.factory.close();
		new StoredActor(this.store, "own").assertNothingButAMainDatabase();
		assertThat(this.store.actors("", null, 10).actorIds()).containsExactly("other", "own");
		assertThat(files()).containsExactly("plain.db");
		try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + this.directory.resolve("plain.db"))) {
			assertThat(new Sql(plain).rows("SELECT a FROM secret")).containsExactly("'of a file'");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "ATTACH 'other' AS x", "ATTACH 'file:other?vfs=kvsqlite' AS x", "ATTACH '${token}' AS x",
			"ATTACH 'file:${token}?vfs=kvsqlite' AS x", "ATTACH '${file}' AS x", "ATTACH 'file:${file}?vfs=unix' AS x",
			"ATTACH 'file:${file}?vfs=unix&mode=rwc' AS x", "ATTACH 'file:${new}?vfs=unix-none' AS x",
			"ATTACH 'file:${new}?vfs=unix' AS x", "attach database 'file:${new}?vfs=unix' as x",
			"ATTACH 'file::memory:?cache=shared&vfs=unix' AS x", "ATTACH (SELECT '${file}') AS x",
			"ATTACH '${file}' || '' AS x", "VACUUM INTO 'other'", "VACUUM INTO '${new}'",
			"VACUUM INTO 'file:${new}?vfs=unix'", "VACUUM main INTO 'file:${new}?vfs=unix'",
			"SELECT load_extension('${file}')", "SELECT readfile('${file}')", "SELECT writefile('${new}', 'x')",
			"CREATE VIRTUAL TABLE v USING csv(filename = '${file}')", "backup to '${new}'", "restore from '${file}'",
			"PRAGMA journal_mode = WAL", "PRAGMA journal_mode = OFF", "PRAGMA main.journal_mode = 'm'",
			"PRAGMA locking_mode = NORMAL", "PRAGMA temp_store_directory = '${file}'" })
	void statementThatReachesOutShouldBeRefused(String statement) throws Exception {
		try (Connection connection = this.factory.dataSource("own").getConnection()) {
			Sql sql = new Sql(connection);
			String text = statement.replace("${file}", this.directory.resolve("plain.db").toString())
				.replace("${new}", this.directory.resolve("new.db").toString())
				.replace("${token}", token());
			assertThatThrownBy(() -> sql.run(text)).isInstanceOf(SQLException.class);
			assertThatThrownBy(() -> sql.update(text)).isInstanceOf(SQLException.class);
			assertThatThrownBy(() -> sql.run("SELECT * FROM x.secret")).isInstanceOf(SQLException.class);
			// in a transaction, which goes on
			connection.setAutoCommit(false);
			sql.run("INSERT INTO t VALUES ('not kept')");
			assertThatThrownBy(() -> sql.run(text)).isInstanceOf(SQLException.class);
			assertThat(sql.number("SELECT count(*) FROM t")).isEqualTo(2);
			connection.rollback();
		}
	}

	@Test
	void attachInMemoryShouldWork() throws Exception {
		try (Connection connection = this.factory.dataSource("own").getConnection()) {
			Sql sql = new Sql(connection).run("ATTACH ':memory:' AS m", "CREATE TABLE m.copy AS SELECT * FROM t");
			assertThat(sql.text("SELECT a FROM m.copy")).isEqualTo("of its own");
			sql.run("DETACH m");
		}
	}

	private String token() throws SQLException {
		String token = new Sql(this.other).text("SELECT file FROM pragma_database_list WHERE name = 'main'");
		assertThat(token).startsWith("kvsqlite-");
		return token;
	}

	private List<String> files() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.map((file) -> file.getFileName().toString()).toList();
		}
	}

}
