package io.kvsqlite.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.kvsqlite.codec.FileTag;
import io.kvsqlite.data.DatabaseShape.Tail;
import io.kvsqlite.fixture.StoredActor;
import io.kvsqlite.kv.KvLimits;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Imports databases of many shapes and compares each with what SQLite alone reads.
 */
class ImportedShapesTests {

	private static final int SHAPES = 560;

	private static final KvLimits[] LIMITS = { KvLimits.REFERENCE, new KvLimits(3, 64 * 1024),
			new KvLimits(100_000, 64 * 1024 * 1024) };

	/**
	 * What SQLite says of a database, but for its counters of changes.
	 */
	private static final List<String> QUESTIONS = List.of("PRAGMA integrity_check", "PRAGMA page_size",
			"PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA encoding", "PRAGMA auto_vacuum",
			"PRAGMA user_version", "PRAGMA application_id",
			"SELECT type || name || tbl_name || rootpage || sql FROM sqlite_schema",
			"SELECT group_concat(quote(id) || quote(name) || hex(body), ';') FROM t",
			"SELECT group_concat(name, ';') FROM (SELECT name FROM t INDEXED BY t_name WHERE name > '' ORDER BY name)",
			"SELECT group_concat(quote(k) || quote(v), ';') FROM w");

	@TempDir
	private Path directory;

	@Test
	void everyShapeThatSqliteTakesShouldBeImportedAsSqliteReadsIt() throws Exception {
		Map<Tail, Integer> tails = new EnumMap<>(Tail.class);
		for (int number = 0; number < SHAPES; number++) {
			DatabaseShape shape = DatabaseShape.of(number);
			Path source = this.directory.resolve("in.sqlite");
			shape.write(source);
			boolean isShort = shape.tail() == Tail.SHORT && Files.size(source) % shape.pageSize() != 0;
			tails.merge(isShort ? Tail.SHORT : Tail.WHOLE, 1, Integer::sum);
			List<String> expected = readBySqlite(shape, source, isShort);
			MemoryKvStore store = new MemoryKvStore(LIMITS[number % LIMITS.length]);
			boolean replacing = number / LIMITS.length % 2 == 1;
			if (replacing) {
				Sql.onActor(store, "a", "PRAGMA page_size=%d; VACUUM; CREATE TABLE old AS SELECT zeroblob(%d) AS x"
					.formatted(512 << number % 7, 1000 * (number % 300)));
			}
			assertThat(importError(new ActorImport(store).replacing(replacing), source)).as("%s", shape).isEmpty();
			try (ActorDatabase actor = Sql.open(store, "a")) {
				assertThat(answers(actor.connection())).as("%s", shape).isEqualTo(expected);
				Sql.execute(actor.connection(), "INSERT INTO t (name) VALUES ('after'); DELETE FROM t WHERE id < 9");
				assertThat(Sql.rows(actor.connection(), "PRAGMA integrity_check")).as("%s", shape)
					.containsExactly("ok");
			}
			assertThat(new StoredActor(store, "a").size(FileTag.MAIN) % shape.pageSize()).isZero();
			clear();
		}
		assertThat(tails.get(Tail.SHORT)).as("files whose last page is short").isGreaterThan(40);
	}

	private static String importError(ActorImport in, Path source) {
		try {
			in.fromFile(source, "a");
			return "";
		}
		catch (IOException | RuntimeException ex) {
			return ex.toString();
		}
	}

	/**
	 * SQLite writes to what it reads, so it gets a copy.
	 */
	private List<String> readBySqlite(DatabaseShape shape, Path source, boolean isShort)
			throws IOException, SQLException {
		Path copy = this.directory.resolve("copy.sqlite");
		for (String suffix : List.of("", TemporaryDatabase.JOURNAL, TemporaryDatabase.WAL)) {
			Path file = TemporaryDatabase.companion(source, suffix);
			if (Files.exists(file)) {
				Files.copy(file, TemporaryDatabase.companion(copy, suffix));
			}
		}
		try (Connection connection = Sql.connect(copy)) {
			Sql.execute(connection, "PRAGMA synchronous=OFF");
			assertThat(Sql.rows(connection, "PRAGMA integrity_check")).as("%s, by SQLite", shape).containsExactly("ok");
			if (isShort) {
				// with a changed page in its cache, SQLite reads long values through the
				// cache, which takes a short page
				Sql.execute(connection,
						"BEGIN; PRAGMA user_version=" + Sql.rows(connection, "PRAGMA user_version").get(0));
			}
			return answers(connection);
		}
	}

	private static List<String> answers(Connection connection) throws SQLException {
		List<String> answers = new ArrayList<>();
		for (String question : QUESTIONS) {
			answers.addAll(Sql.rows(connection, question));
		}
		return answers;
	}

	private void clear() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(file);
			}
		}
	}

}
