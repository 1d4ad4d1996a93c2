package io.kvsqlite.docs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The statements that {@code docs/limits.md} lists as refused are.
 */
class RefusedStatementsTests {

	private static final Pattern ROW = Pattern.compile("(?m)^\\| (`.+?) \\| .+ \\|$");

	private static final Pattern CODE = Pattern.compile("`([^`]+)`");

	/**
	 * What must be in the list, in the words in which a reader looks for it.
	 */
	private static final List<String> EXPECTED = List.of("journal_mode = WAL", "journal_mode = OFF",
			"journal_mode = MEMORY", "locking_mode = NORMAL", "temp_store = FILE", "temp_store_directory",
			"data_store_directory", "soft_heap_limit", "hard_heap_limit", "ATTACH 'other.db'", "VACUUM INTO",
			"backup to", "restore from", "load_extension");

	@Test
	void statementsThatAreListedShouldBeRefusedAndHurtNothing() throws Exception {
		String page = Files.readString(Path.of("limits.md"));
		String section = page.substring(page.indexOf("## SQL that is refused"),
				page.indexOf("## What a connection keeps"));
		List<String> statements = ROW.matcher(section)
			.results()
			.flatMap((MatchResult row) -> CODE.matcher(row.group(1)).results())
			.map((MatchResult code) -> code.group(1))
			.toList();
		assertThat(EXPECTED)
			.allSatisfy((word) -> assertThat(statements).anySatisfy((sql) -> assertThat(sql).contains(word)));
		try (MemoryKvStore store = new MemoryKvStore();
				ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
				Connection connection = factory.dataSource("actor").getConnection();
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE note (body TEXT)");
			connection.setAutoCommit(false);
			statement.executeUpdate("INSERT INTO note VALUES ('kept')");
			for (String sql : statements) {
				assertThatExceptionOfType(SQLException.class).as(sql).isThrownBy(() -> statement.execute(sql));
			}
			connection.commit();
			try (var results = statement.executeQuery("SELECT body FROM note")) {
				assertThat(results.next()).isTrue();
				assertThat(results.getString(1)).isEqualTo("kept");
			}
		}
	}

}
