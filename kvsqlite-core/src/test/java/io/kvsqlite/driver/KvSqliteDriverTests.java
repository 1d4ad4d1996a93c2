package io.kvsqlite.driver;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.kvsqlite.kv.rocksdb.RocksDbDirectoryLockedException;
import io.kvsqlite.kv.rocksdb.RocksDbKvStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for {@link KvSqliteDriver}, found by {@link DriverManager}.
 */
class KvSqliteDriverTests {

	@TempDir
	private Path directory;

	@AfterEach
	void everyStoreShouldBeClosed() {
		assertThat(KvSqliteDriver.openStores()).isZero();
	}

	private String url(String parameters) {
		return "jdbc:kvsqlite:rocksdb:" + this.directory.resolve("store") + "?" + parameters;
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

	private static String value(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			assertThat(rows.next()).isTrue();
			return rows.getString(1);
		}
	}

	private void create(String actor) throws SQLException {
		try (Connection connection = DriverManager.getConnection(url("create=true&actor=" + actor))) {
			execute(connection, "CREATE TABLE t AS SELECT '%s' AS x".formatted(actor));
		}
	}

	@Test
	void connectionShouldBeOnTheActorOfTheUrl() throws SQLException {
		create("a");
		create("b");
		try (Connection connection = DriverManager.getConnection(url("actor=b"))) {
			assertThat(value(connection, "SELECT x FROM t")).isEqualTo("b");
			assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("SQLite");
		}
	}

	@Test
	void actorInUrlShouldBePercentDecoded() throws SQLException {
		create("notes%2F42%26a%20b+c");
		try (Connection connection = DriverManager.getConnection(url(""), properties("actor", "notes/42&a b+c"))) {
			assertThat(value(connection, "SELECT x FROM t")).isEqualTo("notes%2F42%26a%20b+c");
		}
	}

	private static Properties properties(String name, String value) {
		Properties properties = new Properties();
		properties.setProperty(name, value);
		return properties;
	}

	@Test
	void connectionsToOneStoreShouldShareIt() throws SQLException {
		create("a");
		create("b");
		try (Connection one = DriverManager.getConnection(url("actor=a"));
				Connection two = DriverManager.getConnection(url("actor=b"))) {
			assertThat(KvSqliteDriver.openStores()).isEqualTo(1);
			assertThat(value(one, "SELECT x FROM t") + value(two, "SELECT x FROM t")).isEqualTo("ab");
		}
		new RocksDbKvStore(this.directory.resolve("store")).close();
	}

	@Test
	void connectionsToOneStoreShouldShareItWhateverItsDirectoryIsCalled() throws Exception {
		Path link = Files.createSymbolicLink(this.directory.resolve("link"), this.directory);
		List<Path> spellings = List.of(this.directory.resolve("store"), this.directory.resolve("store/."),
				this.directory.resolve("other/../store"), link.resolve("store"), link.resolve("link/store"),
				Path.of("").toAbsolutePath().relativize(this.directory.toRealPath().resolve("store")));
		// the first finds no such directory and makes it
		try (Connection one = DriverManager
			.getConnection("jdbc:kvsqlite:rocksdb:" + link.resolve("store") + "?create=true&actor=a")) {
			Files.createDirectory(this.directory.resolve("other"));
			execute(one, "CREATE TABLE t AS SELECT 0 AS x");
			for (int i = 0; i < spellings.size(); i++) {
				String url = "jdbc:kvsqlite:rocksdb:" + spellings.get(i) + "?create=true&actor=b" + i;
				try (Connection two = DriverManager.getConnection(url)) {
					execute(two, "CREATE TABLE t AS SELECT " + i + " AS x");
					assertThat(KvSqliteDriver.openStores()).as(url).isEqualTo(1);
				}
			}
		}
		for (int i = 0; i < spellings.size(); i++) {
			try (Connection again = DriverManager.getConnection(url("actor=b" + i))) {
				assertThat(value(again, "SELECT x FROM t")).isEqualTo(Integer.toString(i));
			}
		}
	}

	@Test
	void closeShouldCountOnce() throws SQLException {
		create("a");
		create("b");
		try (Connection other = DriverManager.getConnection(url("actor=b"))) {
			Connection connection = DriverManager.getConnection(url("actor=a"));
			connection.close();
			connection.close();
			assertThat(connection.isClosed()).isTrue();
			assertThat(KvSqliteDriver.openStores()).isEqualTo(1);
			assertThat(value(other, "SELECT x FROM t")).isEqualTo("b");
		}
	}

	@Test
	void secondConnectionToAnActorShouldWaitAndThenFail() throws SQLException {
		create("a");
		String url = url("actor=a&connectionTimeout=200");
		try (Connection connection = DriverManager.getConnection(url)) {
			assertThatThrownBy(() -> DriverManager.getConnection(url)).isInstanceOf(SQLException.class)
				.hasMessageContaining("No connection of actor 'a' within 200 ms");
			assertThat(value(connection, "SELECT x FROM t")).isEqualTo("a");
		}
	}

	@Test
	void readOnlyConnectionShouldOnlyRead() throws SQLException {
		create("a");
		try (Connection connection = DriverManager.getConnection(url("actor=a&readOnly=true"))) {
			assertThat(connection.isReadOnly()).isTrue();
			assertThat(value(connection, "SELECT x FROM t")).isEqualTo("a");
			assertThatThrownBy(() -> execute(connection, "DELETE FROM t")).isInstanceOf(SQLException.class)
				.hasMessageContaining("readonly");
		}
	}

	@Test
	void unknownActorShouldBeNamedAndNotMade() throws SQLException {
		create("a");
		assertThatThrownBy(() -> DriverManager.getConnection(url("actor=nobody"))).isInstanceOf(SQLException.class)
			.hasMessageContaining("There is no actor 'nobody'")
			.hasMessageContaining("create=true");
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory.resolve("store"))) {
			assertThat(store.actors("", null, 10).actorIds()).containsExactly("a");
		}
	}

	@Test
	void unknownStoreShouldBeNamedAndNotMade() {
		assertThatThrownBy(() -> DriverManager.getConnection(url("actor=a"))).isInstanceOf(SQLException.class)
			.hasMessageContaining("There is no RocksDB store in '" + this.directory.resolve("store"));
		assertThat(Files.exists(this.directory.resolve("store"))).isFalse();
	}

	@Test
	void storeThatIsOpenElsewhereShouldBeNamed() throws SQLException {
		create("a");
		try (RocksDbKvStore store = new RocksDbKvStore(this.directory.resolve("store"))) {
			assertThatThrownBy(() -> DriverManager.getConnection(url("actor=a"))).isInstanceOf(SQLException.class)
				.hasMessageContaining(this.directory.resolve("store").toString())
				.hasCauseInstanceOf(RocksDbDirectoryLockedException.class);
			store.ping();
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "jdbc:kvsqlite:|must look like", "jdbc:kvsqlite:rocksdb|must look like",
			"jdbc:kvsqlite:rocksdb:?actor=a|must look like", "jdbc:kvsqlite:rocksdb:/x|names no actor",
			"jdbc:kvsqlite:rocksdb:/x?actor=|must not be empty",
			"jdbc:kvsqlite:rocksdb:/x?actor|must look like name=value",
			"jdbc:kvsqlite:rocksdb:/x?actor=a&actor=b|twice", "jdbc:kvsqlite:rocksdb:/x?actor=%zz|not percent-encoded",
			"jdbc:kvsqlite:rocksdb:/x?actor=a&readOnly=yes|must be true or false",
			"jdbc:kvsqlite:rocksdb:/x?actor=a&readOnly=true&create=true|exclude each other",
			"jdbc:kvsqlite:rocksdb:/x?actor=a&nonsense=1|nonsense",
			"jdbc:kvsqlite:rocksdb:/x?actor=%FF|its bytes are not UTF-8",
			"jdbc:kvsqlite:rocksdb:/x?actor=a&pragma.=1|pragma.",
			"jdbc:kvsqlite:redis://?actor=a|must have a host and a port",
			"jdbc:kvsqlite:redis://127.0.0.1:port?actor=a|must have a host and a port",
			"jdbc:kvsqlite:redis-cluster://127.0.0.1:1,127.0.0.1:x?actor=a|must have a host and a port",
			"jdbc:kvsqlite:redis://127.0.0.1:1/one?actor=a|the number of the database is not one",
			"jdbc:kvsqlite:redis://127.0.0.1:1?actor=a&nonsense=1|there is no parameter 'nonsense'",
			"jdbc:kvsqlite:redis-sentinel://127.0.0.1:1?actor=a|sentinelMasterId",
			"jdbc:kvsqlite:postgresql://127.0.0.1:x/db?actor=a|must look like postgresql://host:5432/database",
			"jdbc:kvsqlite:postgresql://127.0.0.1:1/db?actor=a&poolSize=many|must be a number from 1 to 9999",
			"jdbc:kvsqlite:nothing:/x?actor=a|No store is known for a URL that begins with 'nothing:'" })
	void malformedUrlShouldSayWhatIsWrong(String url, String message) {
		assertThatThrownBy(() -> DriverManager.getConnection(url)).isInstanceOf(SQLException.class)
			.hasMessageContaining(message);
	}

	@Test
	void passwordShouldNotBeInMessages() {
		assertThatThrownBy(
				() -> DriverManager.getConnection("jdbc:kvsqlite:nothing://me:secret@host/x?password=secret"))
			.isInstanceOf(SQLException.class)
			.hasMessageContaining("host")
			.hasMessageNotContaining("secret");
	}

	@Test
	void optionThatIsNoNumberShouldBeNamed() throws SQLException {
		create("a");
		assertThatThrownBy(() -> DriverManager.getConnection(url("actor=a&cacheSize=big")))
			.isInstanceOf(SQLException.class)
			.hasMessageContaining("'cacheSize' must be a number, but is 'big'");
		assertThatThrownBy(() -> DriverManager.getConnection(url("actor=a&maxOpenActors=99999999999")))
			.isInstanceOf(SQLException.class)
			.hasMessageContaining("'maxOpenActors' is too large: 99999999999");
	}

	@ParameterizedTest
	@ValueSource(strings = { "cacheSize=big", "cacheSize=-1", "maxOpenActors=0", "preloadChunks=99999999999",
			"pragma.journal_mode=WAL", "pragma.foreign_keys=a+b", "nonsense=1" })
	void optionThatCannotBeShouldMakeNoStore(String option) {
		assertThatThrownBy(() -> DriverManager.getConnection(url("actor=a&create=true&" + option)))
			.isInstanceOf(SQLException.class)
			.hasMessageContaining(option.substring(option.indexOf('.') + 1, option.indexOf('=')));
		assertThat(Files.exists(this.directory.resolve("store"))).isFalse();
	}

	@Test
	void otherOptionsForAnOpenStoreShouldBeRefused() throws SQLException {
		create("a");
		create("b");
		try (Connection connection = DriverManager.getConnection(url("actor=a"))) {
			assertThatThrownBy(() -> DriverManager.getConnection(url("actor=b&maxOpenActors=3")))
				.isInstanceOf(SQLException.class)
				.hasMessageContaining("is open in this process with other options");
			assertThat(connection.isValid(1)).isTrue();
		}
	}

	@Test
	void pragmaShouldBeSet() throws SQLException {
		create("a");
		try (Connection connection = DriverManager.getConnection(url("actor=a&pragma.foreign_keys=ON"))) {
			assertThat(value(connection, "PRAGMA foreign_keys")).isEqualTo("1");
		}
	}

	@Test
	void urlOfAnotherDriverShouldBeLeftToIt() throws SQLException {
		Driver driver = DriverManager.getDriver("jdbc:kvsqlite:rocksdb:/x");
		assertThat(driver).isInstanceOf(KvSqliteDriver.class);
		assertThat(driver.acceptsURL("jdbc:sqlite:x")).isFalse();
		assertThat(driver.connect("jdbc:sqlite:x", new Properties())).isNull();
	}

	@Test
	void propertiesShouldBeDescribed() throws SQLException {
		Driver driver = DriverManager.getDriver("jdbc:kvsqlite:rocksdb:/x");
		assertThat(driver.getPropertyInfo("jdbc:kvsqlite:rocksdb:/x", new Properties()))
			.extracting((DriverPropertyInfo info) -> info.name)
			.startsWith("actor", "readOnly", "create")
			.contains("cacheSize");
	}

	@Test
	void poolOfHikariShouldWork() throws SQLException {
		create("a");
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(url("actor=a"));
		config.setMaximumPoolSize(1);
		try (HikariDataSource pool = new HikariDataSource(config)) {
			for (int i = 0; i < 10; i++) {
				try (Connection connection = pool.getConnection()) {
					connection.setAutoCommit(false);
					execute(connection, "INSERT INTO t VALUES (" + i + ")");
					connection.commit();
				}
			}
			try (Connection connection = pool.getConnection()) {
				assertThat(value(connection, "SELECT count(*) FROM t")).isEqualTo("11");
			}
		}
	}

}
