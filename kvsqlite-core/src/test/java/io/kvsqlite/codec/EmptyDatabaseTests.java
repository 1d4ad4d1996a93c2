package io.kvsqlite.codec;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EmptyDatabase}, against the SQLite on the class path.
 */
class EmptyDatabaseTests {

	private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)");

	@TempDir
	private Path directory;

	@Test
	void pageShouldBeWhatSqliteWrites() throws Exception {
		Path file = this.directory.resolve("empty.db");
		int version;
		try (Connection connection = open(file); Statement statement = connection.createStatement()) {
			version = sqliteVersionNumber(statement);
			statement.execute("PRAGMA page_size = 4096");
			statement.execute("CREATE TABLE t (a)");
			statement.execute("DROP TABLE t");
			statement.execute("VACUUM");
		}
		assertThat(EmptyDatabase.page(version)).isEqualTo(Files.readAllBytes(file));
	}

	@Test
	void pageShouldBeAWholeDatabaseForSqlite() throws Exception {
		Path file = this.directory.resolve("page.db");
		Files.write(file, EmptyDatabase.page(3053004));
		try (Connection connection = open(file); Statement statement = connection.createStatement()) {
			assertThat(query(statement, "PRAGMA integrity_check")).isEqualTo("ok");
			assertThat(query(statement, "SELECT count(*) FROM sqlite_schema")).isEqualTo("0");
			assertThat(query(statement, "PRAGMA page_size")).isEqualTo("4096");
			assertThat(query(statement, "PRAGMA page_count")).isEqualTo("1");
			assertThat(query(statement, "PRAGMA freelist_count")).isEqualTo("0");
			assertThat(query(statement, "PRAGMA journal_mode")).isEqualTo("delete");
			assertThat(query(statement, "PRAGMA encoding")).isEqualTo("UTF-8");
			assertThat(query(statement, "PRAGMA auto_vacuum")).isEqualTo("0");
			statement.execute("CREATE TABLE t (a)");
			statement.execute("INSERT INTO t VALUES ('first')");
			assertThat(query(statement, "SELECT a FROM t")).isEqualTo("first");
			assertThat(query(statement, "PRAGMA integrity_check")).isEqualTo("ok");
		}
	}

	@Test
	void pageShouldBeGoldenBytesAndZeros() {
		byte[] page = EmptyDatabase.page(3050001);
		assertThat(page).hasSize(4096);
		assertThat(HexFormat.of().formatHex(page, 0, 108))
			.isEqualTo("53514c69746520666f726d61742033001000010100402020000000030000000100000000"
					+ "000000000000000300000000000000000000000000000001000000000000000000000000"
					+ "000000000000000000000000000000000000000000000003002e8a110d00000000100000");
		for (int i = 108; i < page.length; i++) {
			assertThat(page[i]).as("byte %d", i).isZero();
		}
	}

	private static Connection open(Path file) throws Exception {
		return DriverManager.getConnection("jdbc:sqlite:" + file);
	}

	private static int sqliteVersionNumber(Statement statement) throws Exception {
		MatchResult version = VERSION.matcher(query(statement, "SELECT sqlite_version()"))
			.results()
			.findFirst()
			.orElseThrow();
		return Integer.parseInt(version.group(1)) * 1_000_000 + Integer.parseInt(version.group(2)) * 1_000
				+ Integer.parseInt(version.group(3));
	}

	private static String query(Statement statement, String sql) throws Exception {
		try (ResultSet result = statement.executeQuery(sql)) {
			result.next();
			return result.getString(1);
		}
	}

}
