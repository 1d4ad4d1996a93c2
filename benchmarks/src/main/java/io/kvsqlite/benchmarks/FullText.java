package io.kvsqlite.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.SplittableRandom;

import io.kvsqlite.benchmarks.Workload.Setup;
import io.kvsqlite.benchmarks.Workload.Unit;

/**
 * FTS5: inserts and searches.
 */
final class FullText {

	private static final List<Side> DURABLE = List.of(Side.KVSQLITE_ROCKSDB, Side.FILE_WAL_FULL,
			Side.FILE_ROLLBACK_FULL);

	private static final List<Side> READ = List.of(Side.KVSQLITE_ROCKSDB, Side.FILE_WAL_FULL, Side.FILE_FASTEST,
			Side.KVSQLITE_MEMORY, Side.SQLITE_MEMORY);

	private FullText() {
	}

	static List<Experiment> all() {
		return List.of(
				new Workload("fts-insert", "FTS5 insert",
						"A document of 50 words into an index of some thousand, a durable transaction of its own.",
						Unit.TIME, setup(DURABLE, true)),
				new Workload("fts-search", "FTS5 search",
						"The ten best of some thousand documents for two words, ranked by BM25, pages warm.", Unit.TIME,
						setup(READ, false)));
	}

	private static Setup setup(List<Side> sides, boolean insert) {
		return (bench, contenders) -> {
			for (Side side : sides) {
				WarmContender contender = new WarmContender(side, bench,
						new Documents(bench.scale().documents(), insert));
				contenders.add(contender);
				if (insert) {
					contender.steady(new SteadyLogs(bench.scale()));
				}
			}
		};
	}

	/**
	 * Documents of words that are as unequally frequent as those of a language.
	 */
	private static final class Documents extends Work {

		private static final int WORDS = 5_000;

		private static final int LENGTH = 50;

		private final int documents;

		private final boolean inserting;

		private final Skew words = new Skew(WORDS);

		private final SplittableRandom random = new SplittableRandom(7);

		private PreparedStatement insert;

		private PreparedStatement search;

		@SuppressWarnings("NullAway.Init") // prepare() comes first
		Documents(int documents, boolean inserting) {
			this.documents = documents;
			this.inserting = inserting;
		}

		@Override
		void create(Connection connection) throws SQLException {
			execute(connection, "CREATE VIRTUAL TABLE note USING fts5 (body)");
			connection.setAutoCommit(false);
			prepare(connection);
			for (int i = 0; i < this.documents; i++) {
				insert();
			}
			connection.commit();
			connection.setAutoCommit(true);
			this.insert.close();
			this.search.close();
		}

		@Override
		void prepare(Connection connection) throws SQLException {
			this.insert = connection.prepareStatement("INSERT INTO note VALUES (?)");
			this.search = connection
				.prepareStatement("SELECT rowid FROM note WHERE note MATCH ? ORDER BY rank LIMIT 10");
		}

		@Override
		int operate() throws SQLException {
			if (this.inserting) {
				return insert();
			}
			this.search.setString(1, word() + " " + word());
			try (ResultSet found = this.search.executeQuery()) {
				while (found.next()) {
					found.getInt(1);
				}
			}
			return 1;
		}

		private int insert() throws SQLException {
			StringBuilder text = new StringBuilder();
			for (int i = 0; i < LENGTH; i++) {
				text.append(word()).append(' ');
			}
			this.insert.setString(1, text.toString());
			return this.insert.executeUpdate();
		}

		private String word() {
			return "w" + this.words.next(this.random);
		}

	}

}
