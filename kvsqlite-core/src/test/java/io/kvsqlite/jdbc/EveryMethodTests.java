package io.kvsqlite.jdbc;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.JDBCType;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Calendar;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteConnection;
import org.sqlite.jdbc4.JDBC4Statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatObject;

/**
 * Calls every method of every interface that is handed out, open and closed.
 */
class EveryMethodTests {

	/**
	 * What answers when all is closed.
	 */
	private static final Set<String> ANSWER_WHEN_CLOSED = Set.of("close", "isClosed", "abort", "isValid",
			"isWrapperFor", "getDriverMajorVersion", "getDriverMinorVersion");

	/**
	 * What else answers out of scope: what gives up what was being done.
	 */
	private static final Set<String> ANSWER_OUT_OF_SCOPE = Set.of("rollback", "cancel");

	private static final List<Class<?>> GUARDED = List.of(Connection.class, Statement.class, ResultSet.class,
			DatabaseMetaData.class, ResultSetMetaData.class, ParameterMetaData.class);

	private final RecordingOwner owner = new RecordingOwner();

	private SQLiteConnection physical;

	private ActorConnections connections;

	/**
	 * The things an application gets.
	 */
	enum Handle {

		CONNECTION(Connection.class) {
			@Override
			Object from(Connection connection) {
				return connection;
			}
		},

		STATEMENT(Statement.class) {
			@Override
			Object from(Connection connection) throws SQLException {
				return connection.createStatement();
			}
		},

		EXECUTED_STATEMENT(Statement.class) {
			@Override
			Object from(Connection connection) throws SQLException {
				Statement statement = connection.createStatement();
				statement.execute("SELECT 1 AS one, 'text' AS two");
				return statement;
			}
		},

		PREPARED_STATEMENT(PreparedStatement.class) {
			@Override
			Object from(Connection connection) throws SQLException {
				return connection.prepareStatement("SELECT id, body FROM note WHERE id = ?");
			}
		},

		RESULT_SET(ResultSet.class) {
			@Override
			Object from(Connection connection) throws SQLException {
				ResultSet results = connection.createStatement().executeQuery("SELECT id, body FROM note");
				results.next();
				return results;
			}
		},

		META_DATA_RESULT_SET(ResultSet.class) {
			@Override
			Object from(Connection connection) throws SQLException {
				ResultSet results = connection.getMetaData().getTables(null, null, "%", null);
				results.next();
				return results;
			}
		},

		META_DATA(DatabaseMetaData.class) {
			@Override
			Object from(Connection connection) throws SQLException {
				return connection.getMetaData();
			}
		},

		COLUMNS(ResultSetMetaData.class) {
			@Override
			Object from(Connection connection) throws SQLException {
				return ((ResultSet) RESULT_SET.from(connection)).getMetaData();
			}
		},

		PREPARED_COLUMNS(ResultSetMetaData.class) {
			@Override
			Object from(Connection connection) throws SQLException {
				return ((PreparedStatement) PREPARED_STATEMENT.from(connection)).getMetaData();
			}
		},

		PARAMETERS(ParameterMetaData.class) {
			@Override
			Object from(Connection connection) throws SQLException {
				PreparedStatement statement = (PreparedStatement) PREPARED_STATEMENT.from(connection);
				statement.setInt(1, 1);
				return statement.getParameterMetaData();
			}
		};

		private final Class<?> type;

		Handle(Class<?> type) {
			this.type = type;
		}

		abstract Object from(Connection connection) throws SQLException;

		List<Method> methods() {
			return Arrays.stream(this.type.getMethods())
				.filter((method) -> !Modifier.isStatic(method.getModifiers()))
				.toList();
		}

	}

	@BeforeEach
	void open() throws SQLException {
		this.physical = (SQLiteConnection) DriverManager.getConnection("jdbc:sqlite::memory:");
		this.connections = ActorConnections.of(this.physical, 8);
		try (Statement statement = this.physical.createStatement()) {
			statement.executeUpdate("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)");
			statement.executeUpdate("INSERT INTO note VALUES (1, 'one')");
		}
	}

	@AfterEach
	void close() throws SQLException {
		this.physical.close();
	}

	@ParameterizedTest
	@EnumSource
	void everyMethodShouldHandOutNothingOfTheDriverAndTranslateItsFailures(Handle handle) throws Exception {
		for (Method method : handle.methods()) {
			this.owner.returns().clear();
			this.owner.failures().clear();
			try (Connection connection = this.connections.handOut(this.owner)) {
				Object target = handle.from(connection);
				assertThat(target.getClass().getPackageName()).isEqualTo("io.kvsqlite.jdbc");
				Object result = method.invoke(target, arguments(method));
				if (GUARDED.stream().anyMatch((type) -> type.isInstance(result))) {
					assertThat(result.getClass().getPackageName()).as("%s", method).isEqualTo("io.kvsqlite.jdbc");
				}
				assertThat(result).as("%s", method).isNotSameAs(this.physical);
				assertThat(this.owner.failures()).as("%s", method).isEmpty();
			}
			catch (InvocationTargetException ex) {
				assertTranslated(method, ex.getCause());
			}
			assertThat(this.owner.returns()).as("%s", method).containsExactly(true);
		}
	}

	private void assertTranslated(Method method, Throwable thrown) {
		if (thrown instanceof RefusedException) {
			assertThat(this.owner.failures()).as("%s", method).isEmpty();
		}
		else if (thrown instanceof SQLException) {
			assertThat(thrown).as("%s", method).isInstanceOf(RecordingOwner.TranslatedException.class);
			assertThat(this.owner.failures()).as("%s", method).hasSize(1);
		}
		else {
			// sqlite-jdbc's own null pointers and the like pass as they are
			assertThat(thrown).as("%s", method).isInstanceOf(RuntimeException.class);
			assertThat(Arrays.stream(thrown.getStackTrace())
				.filter((frame) -> frame.getClassName().startsWith("org.sqlite")
						|| frame.getClassName().startsWith("io.kvsqlite"))
				.findFirst()
				.orElseThrow()
				.getClassName()).as("%s", method).startsWith("org.sqlite");
		}
	}

	@ParameterizedTest
	@EnumSource
	void everyMethodAfterCloseShouldRefuseWithoutTouchingTheDriver(Handle handle) throws Exception {
		Connection connection = this.connections.handOut(this.owner);
		Object target = handle.from(connection);
		connection.close();
		// sqlite-jdbc would complain about the use of a closed database
		this.physical.close();
		for (Method method : handle.methods()) {
			try {
				Object result = method.invoke(target, arguments(method));
				assertThat(ANSWER_WHEN_CLOSED).as("%s answered %s", method, result).contains(method.getName());
			}
			catch (InvocationTargetException ex) {
				Throwable refusal = ex.getCause();
				assertThatObject((refusal instanceof SQLClientInfoException) ? refusal.getCause() : refusal)
					.as("%s", method)
					.isInstanceOf(RefusedException.class);
				assertThat(refusal.getMessage()).as("%s", method)
					.isEqualTo("The connection to actor \"notes/1\" is closed");
			}
		}
		assertThat(this.owner.failures()).isEmpty();
		assertThat(this.owner.returns()).containsExactly(true);
	}

	@ParameterizedTest
	@EnumSource
	void everyMethodOutOfScopeShouldRefuse(Handle handle) throws Exception {
		AtomicReference<@Nullable String> refusal = new AtomicReference<>();
		for (Method method : handle.methods()) {
			this.owner.returns().clear();
			this.owner.failures().clear();
			refusal.set(null);
			try (Connection connection = this.connections.handOut(this.owner)) {
				ActorConnections.limit(connection, refusal::get);
				Object target = handle.from(connection);
				refusal.set("not here");
				assertRefused(method, target);
				if (!ANSWER_OUT_OF_SCOPE.contains(method.getName())) {
					assertThat(this.owner.failures()).as("%s", method).isEmpty();
				}
			}
			assertThat(this.owner.returns()).as("%s", method).containsExactly(true);
		}
	}

	private static void assertRefused(Method method, Object target) throws IllegalAccessException {
		try {
			Object result = method.invoke(target, arguments(method));
			assertThat(ANSWER_WHEN_CLOSED.contains(method.getName()) || ANSWER_OUT_OF_SCOPE.contains(method.getName()))
				.as("%s answered %s", method, result)
				.isTrue();
		}
		catch (InvocationTargetException ex) {
			if (!ANSWER_OUT_OF_SCOPE.contains(method.getName())) {
				assertThat(ex.getCause()).as("%s", method).hasMessage("not here");
			}
		}
	}

	@Test
	void unwrapOfALimitedConnectionShouldHandOutNothingOfTheDriver() throws SQLException {
		try (Connection connection = this.connections.handOut(this.owner)) {
			ActorConnections.limit(connection, () -> null);
			assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
			assertThat(connection.isWrapperFor(SQLiteConnection.class)).isFalse();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.unwrap(SQLiteConnection.class))
				.withMessage("The connection to actor \"notes/1\" is no wrapper for org.sqlite.SQLiteConnection");
			try (Statement statement = connection.createStatement()) {
				assertThat(statement.isWrapperFor(JDBC4Statement.class)).isFalse();
			}
		}
	}

	@Test
	void unwrapShouldGiveWhatJdbcSays() throws SQLException {
		try (Connection connection = this.connections.handOut(this.owner)) {
			assertThat(connection.isWrapperFor(Connection.class)).isTrue();
			assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
			assertThat(connection.isWrapperFor(SQLiteConnection.class)).isTrue();
			assertThat(connection.unwrap(SQLiteConnection.class)).isSameAs(this.physical);
			assertThat(connection.isWrapperFor(String.class)).isFalse();
		}
	}

	private static @Nullable Object[] arguments(Method method) {
		return Arrays.stream(method.getParameterTypes()).map(EveryMethodTests::argument).toArray();
	}

	private static @Nullable Object argument(Class<?> type) {
		Map<Class<?>, Object> values = Map.ofEntries(Map.entry(int.class, 1), Map.entry(long.class, 1L),
				Map.entry(short.class, (short) 1), Map.entry(byte.class, (byte) 1), Map.entry(boolean.class, true),
				Map.entry(double.class, 1.0), Map.entry(float.class, 1.0f), Map.entry(String.class, "SELECT 1"),
				Map.entry(Object.class, "value"), Map.entry(byte[].class, new byte[] { 1 }),
				Map.entry(int[].class, new int[] { 1 }), Map.entry(String[].class, new String[] { "id" }),
				Map.entry(Object[].class, new Object[] { 1 }), Map.entry(Class.class, String.class),
				Map.entry(Map.class, Map.of()), Map.entry(Properties.class, new Properties()),
				Map.entry(Executor.class, (Executor) Runnable::run), Map.entry(BigDecimal.class, BigDecimal.ONE),
				Map.entry(SQLType.class, JDBCType.INTEGER), Map.entry(Calendar.class, Calendar.getInstance()));
		if (type == InputStream.class) {
			return new ByteArrayInputStream(new byte[] { 'a' });
		}
		if (type == Reader.class) {
			return new StringReader("a");
		}
		return values.get(type);
	}

}
