package io.kvsqlite;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.JDBCType;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executor;

import io.kvsqlite.fixture.Sql;
import io.kvsqlite.kv.MemoryKvStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sqlite.Collation;
import org.sqlite.Function;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;
import org.sqlite.SQLiteUpdateListener;
import org.sqlite.core.DB;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What one borrower of a connection may do, and that the next one gets a connection that
 * cannot be told from a fresh one.
 */
class NextBorrowerTests {

	private static final List<String> PRAGMAS = pragmas();

	/**
	 * What a PRAGMA is given: every type of argument that some PRAGMA takes.
	 */
	private static final List<String> ARGUMENTS = List.of("0", "1", "2", "-7", "4711", "ON", "OFF", "'x'", "FULL",
			"EXCLUSIVE", "PERSIST", "FAST", "RESET", "t");

	private final MemoryKvStore store = new MemoryKvStore();

	private ActorDataSourceFactory factory;

	/**
	 * What a borrower's work failed with. It may leave something all the same.
	 */
	private final List<Exception> failures = new ArrayList<>();

	private Map<String, Object> fresh = Map.of();

	private long freshCommit = -1;

	private static List<String> pragmas() {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
			List<String> pragmas = new Sql(connection).rows("PRAGMA pragma_list")
				.stream()
				.map((row) -> row.replace("'", ""))
				.toList();
			assertThat(pragmas).hasSizeGreaterThan(60).contains("foreign_keys", "writable_schema");
			return pragmas;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@BeforeEach
	void open() throws SQLException {
		this.factory = ActorDataSourceFactory.builder(this.store).pragma("foreign_keys", "on").build();
		try (Connection connection = connect()) {
			new Sql(connection).run("CREATE TABLE t(a INTEGER PRIMARY KEY, b CHECK (b <> 'bad'))",
					"CREATE TABLE child(t REFERENCES t(a))", "INSERT INTO t VALUES (1, 'one'), (2, 'two')");
		}
	}

	@AfterEach
	void close() {
		this.factory.close();
	}

	private Connection connect() throws SQLException {
		return this.factory.dataSource("a").getConnection();
	}

	private long commit() {
		return this.factory.openActor("a").map(ActorStatus::commit).orElse(-1L);
	}

	/**
	 * Assert that the connection that is handed out next cannot be told from one that was
	 * just opened.
	 */
	private void assertNextIsFresh(String after) throws Exception {
		assertNextIsFresh(after, PRAGMAS);
	}

	/**
	 * Assert that, and ask for the given PRAGMAs only.
	 */
	private void assertNextIsFresh(String after, List<String> pragmas) throws Exception {
		Map<String, Object> next;
		try (Connection connection = connect()) {
			next = ConnectionPortrait.of(connection, pragmas);
		}
		if (commit() != this.freshCommit || this.freshCommit < 0) {
			this.factory.close("a");
			try (Connection connection = connect()) {
				this.fresh = ConnectionPortrait.of(connection, PRAGMAS);
				this.freshCommit = commit();
			}
		}
		List<String> differences = new ArrayList<>();
		next.forEach((what, found) -> {
			if (!found.equals(this.fresh.get(what))) {
				differences.add("%s: fresh %s, next %s".formatted(what, this.fresh.get(what), found));
			}
		});
		assertThat(differences).as(after).isEmpty();
	}

	/**
	 * Do something with a connection that may fail.
	 */
	private void borrow(Borrower borrower) throws Exception {
		Connection connection = connect();
		try {
			borrower.use(connection);
		}
		catch (SQLException ex) {
			this.failures.add(ex);
		}
		finally {
			connection.close();
		}
	}

	/**
	 * The ways in which a PRAGMA reaches SQLite.
	 */
	enum Way {

		EXECUTE {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				connection.createStatement().execute(sql);
			}
		},

		EXECUTE_UPDATE {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				connection.createStatement().executeUpdate(sql);
			}
		},

		EXECUTE_QUERY {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				connection.createStatement().executeQuery(sql);
			}
		},

		BATCH {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				Statement statement = connection.createStatement();
				statement.addBatch("SELECT 1");
				statement.addBatch(sql);
				statement.executeBatch();
			}
		},

		PREPARE {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				connection.prepareStatement(sql);
			}
		},

		PREPARE_WITH_KEYS {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				connection.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS).close();
			}
		},

		PREPARED {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				try (PreparedStatement statement = connection.prepareStatement(sql)) {
					statement.execute();
				}
				try (PreparedStatement statement = connection.prepareStatement(sql)) {
					statement.executeQuery().close();
				}
			}
		},

		PREPARED_BATCH {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				PreparedStatement statement = connection.prepareStatement(sql);
				statement.addBatch();
				statement.executeBatch();
			}
		},

		EXPLAIN {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				connection.createStatement().execute("/* */ EXPLAIN QUERY PLAN " + sql);
			}
		},

		MANY {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				connection.createStatement().executeUpdate("SELECT ';'; -- ;\n " + sql + "; SELECT 1");
			}
		},

		IN_A_TRANSACTION {
			@Override
			void run(Connection connection, String sql) throws SQLException {
				connection.setAutoCommit(false);
				connection.createStatement().executeUpdate("INSERT INTO t(b) VALUES ('x')");
				connection.createStatement().executeUpdate(sql);
			}
		};

		abstract void run(Connection connection, String sql) throws SQLException;

	}

	@ParameterizedTest
	@EnumSource
	void pragmaShouldNotOutliveItsBorrower(Way way) throws Exception {
		for (String pragma : PRAGMAS) {
			borrow((connection) -> {
				for (String argument : ARGUMENTS) {
					try {
						way.run(connection, "PRAGMA " + pragma + " = " + argument);
					}
					catch (SQLException ex) {
						this.failures.add(ex);
					}
				}
			});
			assertNextIsFresh(way + " of PRAGMA " + pragma, (way == Way.EXECUTE_UPDATE) ? PRAGMAS : List.of(pragma));
		}
	}

	@Test
	void pragmaWithEachArgumentShouldNotOutliveItsBorrower() throws Exception {
		for (String pragma : PRAGMAS) {
			for (String argument : ARGUMENTS) {
				for (String text : List.of("PRAGMA %s = %s", "pragma main . \"%s\" ( %s )")) {
					String sql = text.formatted(pragma, argument);
					borrow((connection) -> new Sql(connection).run(sql));
				}
				assertNextIsFresh(pragma + " " + argument, List.of(pragma));
			}
		}
	}

	@Test
	void pragmaThatIsReadShouldNotOutliveItsBorrower() throws Exception {
		for (String pragma : PRAGMAS) {
			for (String sql : List.of("PRAGMA " + pragma, "PRAGMA temp." + pragma, "SELECT * FROM pragma_" + pragma,
					"SELECT * FROM pragma_" + pragma + "('1')", "SELECT * FROM pragma_" + pragma + "('1', 'main')",
					"PRAGMA temp." + pragma + " = 1")) {
				borrow((connection) -> new Sql(connection).rows(sql));
				assertNextIsFresh(sql, List.of(pragma));
			}
		}
	}

	static List<List<String>> leftBehind() {
		return List.of(List.of("CREATE TEMP TABLE t(a, b)"), List.of("CREATE TEMPORARY TABLE kept(a)"),
				List.of("CREATE TABLE temp.kept(a)"), List.of("CREATE TABLE \"temp\".kept(a)"),
				List.of("CREATE TABLE [TEMP] . 'kept' (a)"), List.of("create/**/table `Temp`.kept AS SELECT * FROM t"),
				List.of("CREATE TEMP VIEW t AS SELECT 1 AS a, 2 AS b"), List.of("CREATE VIEW temp.kept AS SELECT 1"),
				List.of("CREATE TEMP TRIGGER r BEFORE INSERT ON main.t BEGIN SELECT RAISE(IGNORE); END"),
				List.of("CREATE TRIGGER temp.r BEFORE INSERT ON main.t BEGIN SELECT RAISE(IGNORE); END"),
				List.of("CREATE TEMP TABLE kept(a)", "CREATE INDEX temp.i ON kept(a)"),
				List.of("CREATE TEMP TABLE x(a)", "ALTER TABLE x RENAME TO kept"),
				List.of("CREATE VIRTUAL TABLE temp.kept USING fts5(x)"),
				List.of("CREATE VIRTUAL TABLE temp.kept USING rtree(id, a, b)"),
				List.of("CREATE TEMP TABLE kept(a)", "DROP TABLE kept"), List.of("BEGIN", "CREATE TEMP TABLE kept(a)"),
				List.of("SAVEPOINT s", "CREATE TEMP TABLE kept(a)"),
				List.of("BEGIN", "CREATE TEMP TABLE kept(a)", "COMMIT"), List.of("ANALYZE temp"),
				List.of("SELECT * FROM sqlite_temp_schema"), List.of("SELECT * FROM temp.sqlite_master"),
				List.of("ATTACH ':memory:' AS x"), List.of("ATTACH '' AS x", "CREATE TABLE x.kept(a)"),
				List.of("ATTACH ':memory:' AS x", "CREATE TEMP TABLE kept(a)", "DETACH x"),
				List.of("ATTACH ':memory:' AS x", "DETACH x"), List.of("ALTER TABLE child RENAME TO children"),
				List.of("INSERT INTO t VALUES (4711, 'x')"), List.of("DELETE FROM t"), List.of("UPDATE t SET b = 1"),
				List.of("INSERT INTO t VALUES (1, 'again')"), List.of("INSERT INTO t(b) VALUES ('x') RETURNING a"),
				List.of("BEGIN", "INSERT INTO t VALUES (4711, 'x')"), List.of("VACUUM"), List.of("ANALYZE"),
				List.of("PRAGMA integrity_check"), List.of("SELECT * FROM json_each('[1]')"), List.of("NONSENSE"),
				List.of("PRAGMA foreign_keys = OFF"), List.of("PRAGMA query_only = ON"),
				List.of("PRAGMA defer_foreign_keys = ON"), List.of("PRAGMA writable_schema = ON",
						"UPDATE sqlite_schema SET sql = replace(sql, 'bad', 'worse') WHERE name = 't'"));
	}

	@ParameterizedTest
	@MethodSource("leftBehind")
	void objectsAndNumbersShouldNotOutliveTheirBorrower(List<String> statements) throws Exception {
		borrow((connection) -> new Sql(connection).run(statements.toArray(String[]::new)));
		assertNextIsFresh(statements.toString());
		borrow((connection) -> {
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate(String.join("; ", statements));
			}
		});
		assertNextIsFresh(statements.toString());
		// at the end there is nothing that takes a row away
		try (Connection connection = connect()) {
			new Sql(connection).run("INSERT INTO t VALUES (99, 'acknowledged')");
		}
		this.factory.close("a");
		try (Connection connection = connect()) {
			assertThat(new Sql(connection).number("SELECT count(*) FROM t WHERE a = 99")).isOne();
		}
	}

	/**
	 * How a borrower's time ends.
	 */
	enum Ending {

		ABORT {
			@Override
			void end(ActorDataSourceFactory factory, Connection connection) throws SQLException {
				connection.abort(Runnable::run);
			}
		},

		CLOSE_BY_FORCE {
			@Override
			void end(ActorDataSourceFactory factory, Connection connection) throws SQLException {
				factory.closeForcibly("a");
				connection.close();
			}
		},

		CLOSE_OF_A_BROKEN_CONNECTION {
			@Override
			void end(ActorDataSourceFactory factory, Connection connection) throws SQLException {
				Statement open = connection.createStatement();
				connection.unwrap(SQLiteConnection.class).close();
				open.close();
				connection.close();
			}
		},

		CLOSE_THAT_FAILS {
			@Override
			void end(ActorDataSourceFactory factory, Connection connection) throws SQLException {
				connection.createStatement().executeQuery("SELECT * FROM t").next();
				connection.unwrap(SQLiteConnection.class).getDatabase().close();
				connection.close();
			}
		};

		abstract void end(ActorDataSourceFactory factory, Connection connection) throws SQLException;

	}

	@ParameterizedTest
	@EnumSource
	void nothingShouldOutliveItsBorrowerHoweverThatOneEnds(Ending ending) throws Exception {
		for (List<String> statements : leftBehind()) {
			Connection connection = connect();
			try {
				new Sql(connection).run(statements.toArray(String[]::new));
			}
			catch (SQLException ex) {
				this.failures.add(ex);
			}
			try {
				ending.end(this.factory, connection);
			}
			catch (SQLException ex) {
				this.failures.add(ex);
			}
			finally {
				connection.close();
			}
			assertNextIsFresh(ending + " after " + statements);
		}
	}

	@Test
	void settersOfJdbcShouldNotOutliveTheirBorrower() throws Exception {
		for (Method method : Connection.class.getMethods()) {
			if (!Modifier.isStatic(method.getModifiers())) {
				borrow((connection) -> call(method, connection));
				assertNextIsFresh(method.toString());
			}
		}
		for (int isolation : new int[] { 1, 2, 4, 8 }) {
			borrow((connection) -> connection.setTransactionIsolation(isolation));
			assertNextIsFresh("isolation " + isolation);
		}
		for (Method method : Statement.class.getMethods()) {
			borrow((connection) -> {
				Statement statement = connection.createStatement();
				call(method, statement);
				statement.execute("INSERT INTO t(b) VALUES (1)");
			});
			assertNextIsFresh(method.toString());
		}
		for (Method method : java.sql.DatabaseMetaData.class.getMethods()) {
			if (!Modifier.isStatic(method.getModifiers())) {
				borrow((connection) -> call(method, connection.getMetaData()));
				assertNextIsFresh(method.toString());
			}
		}
	}

	/**
	 * What Java code can do to the objects of sqlite-jdbc.
	 */
	private static List<Unwrapped> unwrapped() {
		List<Unwrapped> all = new ArrayList<>(
				List.of((physical) -> Function.create(physical, "left_behind", new Function() {
					@Override
					protected void xFunc() throws SQLException {
						result(1);
					}
				}), (physical) -> Function.create(physical, "abs", new Function() {
					@Override
					protected void xFunc() throws SQLException {
						result(4711);
					}
				}), (physical) -> Collation.create(physical, "left_behind", new Collation() {
					@Override
					protected int xCompare(String one, String other) {
						return 0;
					}
				}), (physical) -> Collation.create(physical, "BINARY", new Collation() {
					@Override
					protected int xCompare(String one, String other) {
						return 0;
					}
				}), (physical) -> ProgressHandler.setHandler(physical, 1, new ProgressHandler() {
					@Override
					protected int progress() {
						return 1;
					}
				}), (physical) -> physical.addUpdateListener((type, database, table, row) -> {
				}), (physical) -> physical.setBusyTimeout(4711),
						(physical) -> physical.createStatement().execute("BEGIN"),
						(physical) -> physical.deserialize("main", physical.serialize("main")),
						(physical) -> physical.createStatement().execute("INSERT INTO t(b) VALUES ('raw')"),
						(physical) -> physical.prepareStatement("SELECT * FROM t").executeQuery().next(),
						(physical) -> physical.getDatabase().enable_load_extension(true),
						(physical) -> physical.getDatabase().interrupt(), (physical) -> physical.close()));
		for (SQLiteLimits limit : SQLiteLimits.values()) {
			all.add((physical) -> physical.setLimit(limit, 1));
		}
		for (Class<?> type : List.of(SQLiteConnection.class, org.sqlite.jdbc4.JDBC4Connection.class)) {
			for (Method method : type.getMethods()) {
				if (!Modifier.isStatic(method.getModifiers())
						&& !Set.of("wait", "notify", "notifyAll").contains(method.getName())) {
					all.add((physical) -> call(method, physical));
				}
			}
		}
		for (Method method : DB.class.getMethods()) {
			boolean safe = !Modifier.isStatic(method.getModifiers()) && method.getDeclaringClass() == DB.class
					&& Arrays.stream(method.getParameterTypes())
						.allMatch((type) -> type == String.class || type == boolean.class || type == int.class
								|| type == SQLiteUpdateListener.class);
			// the cache that is shared is one of the whole process
			if (safe && !method.getName().equals("shared_cache")) {
				all.add((physical) -> call(method, physical.getDatabase()));
			}
		}
		return all;
	}

	@Test
	void whatJavaCodeDidShouldNotOutliveItsBorrower() throws Exception {
		int number = 0;
		for (Unwrapped use : unwrapped()) {
			List<SQLiteConnection> kept = new ArrayList<>();
			borrow((connection) -> {
				SQLiteConnection physical = connection.unwrap(SQLiteConnection.class);
				kept.add(physical);
				try {
					use.on(physical);
				}
				catch (SQLException | RuntimeException ex) {
					this.failures.add(ex);
				}
			});
			assertThat(kept.get(0).isClosed()).isTrue();
			assertNextIsFresh("use " + number++);
		}
		assertThat(number).isGreaterThan(100);
	}

	@Test
	void keptConnectionShouldNotReachTheNextTransaction() throws Exception {
		Connection first = connect();
		SQLiteConnection kept = first.unwrap(SQLiteConnection.class);
		Statement keptStatement = kept.createStatement();
		PreparedStatement keptPrepared = kept.prepareStatement("COMMIT");
		first.close();
		try (Connection next = connect()) {
			next.setAutoCommit(false);
			new Sql(next).run("INSERT INTO t VALUES (50, 'of the next')");
			for (Borrower use : List.<Borrower>of((raw) -> keptStatement.execute("COMMIT"),
					(raw) -> keptPrepared.execute(), (raw) -> kept.commit(), (raw) -> kept.setAutoCommit(true),
					(raw) -> kept.createStatement().executeUpdate("DELETE FROM t"))) {
				assertThatExceptionOfType(SQLException.class).isThrownBy(() -> use.use(kept));
			}
			next.rollback();
		}
		try (Connection connection = connect()) {
			assertThat(new Sql(connection).number("SELECT count(*) FROM t")).isEqualTo(2);
		}
	}

	@Test
	void initializerShouldNotLeaveAnythingEither() throws Exception {
		this.factory.close();
		List<Boolean> runs = new ArrayList<>();
		this.factory = ActorDataSourceFactory.builder(this.store).initializer((actorId, connection) -> {
			runs.add(true);
			if (runs.size() == 1) {
				new Sql(connection).run("PRAGMA recursive_triggers = ON", "PRAGMA cache_size = 17",
						"CREATE TEMP TABLE kept(a)", "INSERT INTO t VALUES (60, 'initial')");
			}
		}).build();
		assertNextIsFresh("an initializer");
		assertThat(runs).hasSize(2);
	}

	@Test
	void connectionShouldBeReplacedUnderTheSameOwnership() throws Exception {
		long epoch = this.factory.openActor("a").orElseThrow().epoch();
		try (Connection connection = connect()) {
			new Sql(connection).run("CREATE TEMP TABLE kept(a)", "INSERT INTO t VALUES (70, 'x')");
			connection.setAutoCommit(false);
			new Sql(connection).run("INSERT INTO t VALUES (71, 'rolled back')");
		}
		assertThat(this.factory.openActor("a").orElseThrow().epoch()).isEqualTo(epoch);
		try (Connection connection = connect()) {
			assertThat(new Sql(connection).number("SELECT max(a) FROM t")).isEqualTo(70);
			new Sql(connection).assertIntegrity();
		}
	}

	private static void call(Method method, Object target) throws SQLException {
		try {
			method.invoke(target, Arrays.stream(method.getParameterTypes()).map(NextBorrowerTests::argument).toArray());
		}
		catch (InvocationTargetException ex) {
			if (ex.getCause() instanceof SQLException failure) {
				throw failure;
			}
			assertThat(ex.getCause()).as("%s", method).isInstanceOf(RuntimeException.class);
		}
		catch (IllegalAccessException | IllegalArgumentException ex) {
			throw new SQLException(ex);
		}
	}

	private static @Nullable Object argument(Class<?> type) {
		if (type == int.class) {
			return 1;
		}
		if (type == boolean.class) {
			return true;
		}
		if (type == long.class) {
			return 1L;
		}
		return Map
			.<Class<?>, Object>of(String.class, "SELECT 1", Map.class, Map.of("x", String.class), Properties.class,
					new Properties(), Executor.class, (Executor) Runnable::run, JDBCType.class, JDBCType.INTEGER,
					Class.class, String.class, int[].class, new int[] { 1 }, String[].class, new String[] { "a" },
					byte[].class, new byte[0])
			.get(type);
	}

	/**
	 * Uses a connection.
	 */
	private interface Borrower {

		void use(Connection connection) throws Exception;

	}

	/**
	 * Uses a connection of sqlite-jdbc.
	 */
	private interface Unwrapped {

		void on(SQLiteConnection physical) throws SQLException;

	}

}
