package io.kvsqlite.reliability;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvException;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.testing.Fault;
import io.kvsqlite.testing.FaultKind;
import io.kvsqlite.testing.FaultyKvStore;
import io.kvsqlite.testing.StoreOperation.Kind;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests each JDBC method that can end a statement, and with it a transaction, on an
 * {@code INSERT ... RETURNING} of which one row was read: where the commit fails then,
 * somebody is told. (SQLite commits in the reset of the statement, and sqlite-jdbc does
 * not look at what a reset answers.) An abort is none of them: what it leaves is
 * acknowledged to nobody.
 */
@ExtendWith(QuietLog.class)
class EndOfStatementTests {

	private static final String INSERT = "INSERT INTO t(body) VALUES ('first'), ('second') RETURNING id";

	private static final int ROWS = 2;

	static Stream<Arguments> everything() {
		return Stream.of(true, false)
			.flatMap((autoCommit) -> Stream.of(Way.values())
				.flatMap((way) -> Stream
					.of(FaultKind.ERROR_BEFORE, FaultKind.STORE_FULL, FaultKind.REPLY_LOST, FaultKind.ERROR_AFTER,
							FaultKind.OWNERSHIP_LOST, FaultKind.ERROR_THROWN)
					.map((fault) -> Arguments.of(autoCommit, way, fault))));
	}

	@ParameterizedTest(name = "autoCommit={0}, {1}, {2}")
	@MethodSource("everything")
	void commitThatFailsShouldBeToldByWhateverEndsTheStatement(boolean autoCommit, Way way, FaultKind kind)
			throws Exception {
		long stored = new Run(autoCommit, way, null).rows;
		assertThat(stored % ROWS).isZero();
		Run run = new Run(autoCommit, way, kind);
		if (stored > 0) {
			assertThat(run.thrown).as("what the application is told").isNotNull();
			assertThat(run.toldAtOnce || !(autoCommit && way.ends)).as("told by what ended the statement").isTrue();
			assertThat(causes(run.thrown))
				.hasAtLeastOneElementOfType((kind == FaultKind.ERROR_THROWN) ? Error.class : KvException.class);
		}
		if (run.thrown == null) {
			assertThat(run.rows).isEqualTo(stored);
		}
		else if (kind.effect() == FaultKind.Effect.DEFINITE) {
			assertThat(run.rows).as("rows of a transaction that was refused").isZero();
		}
		else {
			assertThat(run.rows % ROWS).as("halves of a transaction").isZero();
		}
	}

	private static List<Throwable> causes(@Nullable Throwable thrown) {
		return Stream.iterate(thrown, (ex) -> ex != null, Throwable::getCause).toList();
	}

	/**
	 * One insert, ended in one way, on a store that fails from then on.
	 */
	private static final class Run {

		private @Nullable Throwable thrown;

		private boolean toldAtOnce;

		private final long rows;

		Run(boolean autoCommit, Way way, @Nullable FaultKind kind) throws SQLException {
			FaultyKvStore store = new FaultyKvStore(new MemoryKvStore(), 1);
			try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build()) {
				try (Connection connection = factory.dataSource("a").getConnection();
						Statement statement = connection.createStatement()) {
					statement.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)");
				}
				try (Connection connection = factory.dataSource("a").getConnection()) {
					end(connection, autoCommit, way, kind, store);
				}
				catch (SQLException ex) {
					if (this.thrown == null) {
						this.thrown = ex;
					}
				}
			}
			store.heal();
			try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
					Connection connection = factory.dataSource("a").getConnection();
					Statement statement = connection.createStatement();
					ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
				this.rows = rows.getLong(1);
			}
			store.close();
		}

		private void end(Connection connection, boolean autoCommit, Way way, @Nullable FaultKind kind,
				FaultyKvStore store) throws SQLException {
			connection.setAutoCommit(autoCommit);
			PreparedStatement statement = connection.prepareStatement(INSERT);
			ResultSet keys = statement.executeQuery();
			assertThat(keys.next()).isTrue();
			assertThat(keys.getLong(1)).isEqualTo(1);
			if (kind != null) {
				store.inject(Fault.at(kind, Kind.WRITE, 1).fromThenOn());
			}
			try {
				way.ending.end(connection, statement, keys);
			}
			catch (SQLException | Error ex) {
				this.thrown = ex;
				this.toldAtOnce = true;
			}
		}

	}

	/**
	 * How a statement ends.
	 */
	enum Way {

		CLOSE_RESULT((connection, statement, keys) -> keys.close()),

		READ_TO_THE_END((connection, statement, keys) -> {
			while (keys.next()) {
				assertThat(keys.getLong(1)).isPositive();
			}
		}),

		CLOSE_STATEMENT((connection, statement, keys) -> statement.close()),

		CLOSE_ON_COMPLETION((connection, statement, keys) -> {
			statement.closeOnCompletion();
			keys.close();
		}),

		CLOSE_CONNECTION((connection, statement, keys) -> connection.close()),

		EXECUTE_AGAIN((connection, statement, keys) -> statement.executeQuery().close()),

		EXECUTE_AND_IGNORE((connection, statement, keys) -> statement.execute()),

		MORE_RESULTS((connection, statement, keys) -> statement.getMoreResults()),

		MORE_RESULTS_CLOSE_CURRENT(
				(connection, statement, keys) -> statement.getMoreResults(Statement.CLOSE_CURRENT_RESULT)),

		GENERATED_KEYS((connection, statement, keys) -> statement.getGeneratedKeys().close()),

		CLEAR_PARAMETERS((connection, statement, keys) -> statement.clearParameters()),

		AUTO_COMMIT_OFF((connection, statement, keys) -> connection.setAutoCommit(false)),

		AUTO_COMMIT_ON((connection, statement, keys) -> connection.setAutoCommit(true)),

		AUTO_COMMIT_ON_AFTER_CLOSE((connection, statement, keys) -> {
			statement.close();
			connection.setAutoCommit(true);
		}),

		COMMIT((connection, statement, keys) -> {
			if (!connection.getAutoCommit()) {
				connection.commit();
			}
		}),

		COMMIT_AFTER_CLOSE((connection, statement, keys) -> {
			statement.close();
			if (!connection.getAutoCommit()) {
				connection.commit();
			}
		}),

		ROLL_BACK((connection, statement, keys) -> {
			if (!connection.getAutoCommit()) {
				connection.rollback();
			}
		}),

		ANOTHER_STATEMENT((connection, statement, keys) -> {
			try (Statement other = connection.createStatement()) {
				other.executeUpdate("UPDATE t SET body = 'changed' WHERE id = 77");
			}
		});

		private final Ending ending;

		/**
		 * Whether the statement has ended for certain when this returns.
		 */
		private final boolean ends;

		Way(Ending ending) {
			this.ending = ending;
			this.ends = name().startsWith("CLOSE") || name().startsWith("READ") || name().startsWith("EXECUTE")
					|| name().startsWith("MORE");
		}

	}

	@FunctionalInterface
	private interface Ending {

		void end(Connection connection, PreparedStatement statement, ResultSet keys) throws SQLException;

	}

}
