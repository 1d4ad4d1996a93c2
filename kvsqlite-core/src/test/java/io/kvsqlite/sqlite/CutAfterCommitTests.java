package io.kvsqlite.sqlite;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.kvsqlite.kv.KvSize;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;
import io.kvsqlite.testing.FaultyKvStore;
import io.kvsqlite.testing.StoreOperation.Kind;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the cut of a file that follows a commit.
 */
class CutAfterCommitTests {

	private final FaultyKvStore store = new FaultyKvStore(new MemoryKvStore(), 1);

	@ParameterizedTest
	@ValueSource(ints = { 1024, 4096 })
	void commitWhenFileShrinksShouldCutItWithoutATail(int pageSize) throws SQLException {
		fill(pageSize);
		KvSize before = this.store.size("a");
		try (ActorDatabase database = open()) {
			execute(database, "DELETE FROM t");
		}
		assertThat(this.store.size("a").keys()).isLessThan(before.keys());
		try (ActorDatabase database = open()) {
			assertThat(count(database)).isZero();
		}
	}

	@Test
	void commitWhenTheCutCannotReadShouldSucceedAndPoisonTheConnection() throws SQLException {
		int reads = deleteFailingAtRead(1_000_000);
		assertThat(reads).isPositive();
		this.store.delete("a", true);
		deleteFailingAtRead(reads);
		assertThat(this.store.fired()).isOne();
		try (ActorDatabase database = open()) {
			assertThat(count(database)).isEqualTo(7);
		}
	}

	/**
	 * Delete most rows; the last read that takes is the cut's.
	 * @return how many reads it took
	 */
	private int deleteFailingAtRead(int nth) throws SQLException {
		fill(1024);
		try (ActorDatabase database = open()) {
			this.store.inject(Fault.at(FaultKind.ERROR_BEFORE, Kind.READ, nth));
			int before = this.store.log().size();
			execute(database, "DELETE FROM t WHERE id > 7");
			assertThat(database.isUsable()).isEqualTo(this.store.fired() == 0);
			return (int) this.store.log()
				.stream()
				.skip(before)
				.filter((operation) -> operation.kind() == Kind.READ)
				.count();
		}
	}

	private void fill(int pageSize) throws SQLException {
		try (ActorDatabase database = open()) {
			execute(database, "PRAGMA page_size=" + pageSize, "PRAGMA auto_vacuum=FULL", "VACUUM",
					"CREATE TABLE t(id INTEGER PRIMARY KEY, x)",
					"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) "
							+ "INSERT INTO t SELECT i, zeroblob(700) FROM n");
		}
	}

	private ActorDatabase open() throws SQLException {
		return ActorDatabase.open(this.store, "a", new VfsSettings(1 << 20, 1, 1),
				new SqliteSettings(1 << 20, Map.of()), new VfsListener() {
				});
	}

	private static void execute(ActorDatabase database, String... sql) throws SQLException {
		try (Statement statement = database.connection().createStatement()) {
			for (String one : sql) {
				statement.execute(one);
			}
		}
	}

	private static int count(ActorDatabase database) throws SQLException {
		try (Statement statement = database.connection().createStatement();
				ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
			assertThat(rows.next()).isTrue();
			return rows.getInt(1);
		}
	}

}
