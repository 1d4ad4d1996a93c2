package io.kvsqlite.spring.routing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.spring.ActorDatabases;
import io.kvsqlite.spring.SqliteExceptionTranslator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteConnection;

import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ActorRoutingDataSource}: what its connections do while another actor
 * is the current one, or none.
 */
class ActorRoutingDataSourceTests {

	private static final String OTHER = "A connection of actor 'a' serves only while that is the current actor, "
			+ "but actor 'b' is";

	private final ActorDataSourceFactory factory = ActorDataSourceFactory.builder(new MemoryKvStore())
		.connectionTimeout(Duration.ofMillis(200))
		.build();

	private final ActorDatabases databases = databases(this.factory);

	private final ActorRoutingDataSource routing = new ActorRoutingDataSource(this.databases);

	/**
	 * What may stand before the data source, or be done with a connection.
	 */
	enum Decoration {

		NONE {
			@Override
			DataSource decorate(DataSource dataSource) {
				return dataSource;
			}
		},

		DELEGATING {
			@Override
			DataSource decorate(DataSource dataSource) {
				return new DelegatingDataSource(dataSource);
			}
		},

		LAZY {
			@Override
			DataSource decorate(DataSource dataSource) {
				return new LazyConnectionDataSourceProxy(dataSource);
			}
		},

		TRANSACTION_AWARE {
			@Override
			DataSource decorate(DataSource dataSource) {
				return new TransactionAwareDataSourceProxy(dataSource);
			}
		},

		/**
		 * A wrapper that keeps the connection for ever.
		 */
		KEPT {
			@Override
			DataSource decorate(DataSource dataSource) {
				try {
					return new SingleConnectionDataSource(dataSource.getConnection(), true);
				}
				catch (SQLException ex) {
					throw new IllegalStateException(ex);
				}
			}
		},

		/**
		 * A wrapper that tells nobody what it wraps.
		 */
		OPAQUE {
			@Override
			DataSource decorate(DataSource dataSource) {
				return new OpaqueDataSource(dataSource);
			}
		};

		abstract DataSource decorate(DataSource dataSource);

	}

	private static ActorDatabases databases(ActorDataSourceFactory factory) {
		return new ActorDatabases(factory, List.of(), new SqliteExceptionTranslator());
	}

	@BeforeEach
	void createTables() {
		for (String actorId : List.of("a", "b")) {
			this.databases.jdbcTemplate(actorId).execute("CREATE TABLE note (text TEXT)");
			this.databases.jdbcTemplate(actorId).update("INSERT INTO note VALUES (?)", actorId + "1");
		}
	}

	@AfterEach
	void close() {
		this.factory.close();
	}

	private List<String> notes(String actorId) {
		return this.databases.jdbcTemplate(actorId).queryForList("SELECT text FROM note", String.class);
	}

	private static void assertRefused(Operation operation) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(operation::run)
			.withMessage(OTHER)
			.returns("28000", SQLException::getSQLState);
	}

	@ParameterizedTest
	@EnumSource
	void connectionShouldServeNoOtherActor(Decoration decoration) throws SQLException {
		Connection connection = ActorContext.call("a", () -> decoration.decorate(this.routing).getConnection());
		Taken taken = ActorContext.call("a", () -> Taken.from(connection));
		ActorContext.<Object, SQLException>call("b", () -> {
			taken.assertRefused();
			return true;
		});
		CompletableFuture.runAsync(() -> ActorContext.run("b", taken::assertRefused)).join();
		// in its own scope again it goes on where it was
		List<String> texts = ActorContext.call("a", taken::finish);
		assertThat(texts).containsExactly("a1", "a2");
		connection.close();
		taken.close();
		assertThat(notes("b")).containsExactly("b1");
		if (decoration != Decoration.KEPT) {
			assertThat(this.factory.activeConnections()).isZero();
		}
	}

	@Test
	void connectionShouldServeNobodyWithoutActor() throws SQLException {
		try (Connection connection = ActorContext.call("a", this.routing::getConnection)) {
			assertThatExceptionOfType(SQLException.class).isThrownBy(connection::createStatement)
				.withMessage("A connection of actor 'a' serves only while that is the current actor, but no actor "
						+ "is bound to this thread: wrap the work in ActorContext.call(actorId, ...), around and not "
						+ "inside a transaction; let an ActorResolver name the actor of each request; "
						+ "mark a test with @WithActor");
			JdbcTemplate template = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
			template.setExceptionTranslator(new SqliteExceptionTranslator());
			assertThatExceptionOfType(ExecutionException.class)
				.isThrownBy(
						() -> CompletableFuture.supplyAsync(() -> template.queryForList("SELECT text FROM note")).get())
				.withCauseInstanceOf(PermissionDeniedDataAccessException.class);
		}
		assertThat(this.factory.activeConnections()).isZero();
	}

	@Test
	void connectionShouldHandOutNothingThatKnowsNoActor() throws SQLException {
		ActorContext.<Object, SQLException>call("a", () -> {
			try (Connection connection = this.routing.getConnection()) {
				assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
				assertThat(connection.isWrapperFor(SQLiteConnection.class)).isFalse();
				assertThatExceptionOfType(SQLException.class)
					.isThrownBy(() -> connection.unwrap(SQLiteConnection.class))
					.withMessageContaining("is no wrapper for org.sqlite.SQLiteConnection");
				Connection origin = connection.getMetaData().getConnection();
				ActorContext.run("b", () -> assertRefused(origin::createStatement));
			}
			return true;
		});
		try (Connection connection = this.databases.dataSource("a").getConnection()) {
			assertThat(connection.isWrapperFor(SQLiteConnection.class)).isTrue();
		}
	}

	@Test
	void connectionShouldBeGivenUpWhoeverIsCurrent() throws SQLException {
		Connection connection = ActorContext.call("a", this.routing::getConnection);
		ActorContext.<Object, SQLException>call("a", () -> {
			connection.setAutoCommit(false);
			return connection.createStatement().executeUpdate("INSERT INTO note VALUES ('a2')");
		});
		ActorContext.<Object, SQLException>call("b", () -> {
			assertRefused(connection::commit);
			assertRefused(() -> connection.setAutoCommit(true));
			connection.rollback();
			connection.close();
			return true;
		});
		assertThat(notes("a")).containsExactly("a1");
		assertThat(this.factory.activeConnections()).isZero();
	}

	@Test
	void dataSourceOfAnActorShouldServeWhileThatIsCurrent() throws SQLException {
		DataSource dataSource = this.routing.dataSource("a");
		assertThat(dataSource).isEqualTo(this.databases.dataSource("a")).isSameAs(this.routing.dataSource("a"));
		ActorContext.run("a",
				() -> assertThat(new JdbcTemplate(dataSource).queryForObject("SELECT text FROM note", String.class))
					.isEqualTo("a1"));
		ActorContext.run("b",
				() -> assertThatExceptionOfType(RuntimeException.class)
					.isThrownBy(() -> new JdbcTemplate(dataSource).queryForList("SELECT text FROM note"))
					.withStackTraceContaining(OTHER));
		assertThatIllegalArgumentException().isThrownBy(() -> this.routing.dataSource(""));
	}

	@Test
	void explicitHandleShouldServeInAnyScope() {
		ActorContext.run("b", () -> assertThat(notes("a")).containsExactly("a1"));
	}

	@FunctionalInterface
	private interface Operation {

		void run() throws SQLException;

	}

	/**
	 * What was made from a connection while its actor was the current one.
	 */
	private record Taken(Connection connection, Statement statement, PreparedStatement insert, ResultSet rows) {

		static Taken from(Connection connection) throws SQLException {
			Statement statement = connection.createStatement();
			PreparedStatement insert = connection.prepareStatement("INSERT INTO note VALUES (?)");
			insert.setString(1, "a2");
			ResultSet rows = connection.createStatement().executeQuery("SELECT text FROM note");
			rows.next();
			return new Taken(connection, statement, insert, rows);
		}

		void assertRefused() {
			for (Operation operation : List.<Operation>of(this.connection::createStatement,
					() -> this.connection.prepareStatement("SELECT 1"), () -> this.connection.setAutoCommit(false),
					this.connection::commit, this.connection::setSavepoint, this.connection::getMetaData,
					() -> this.statement.execute("DELETE FROM note"),
					() -> this.statement.executeUpdate("DELETE FROM note"),
					() -> this.statement.executeQuery("SELECT text FROM note"),
					() -> this.statement.addBatch("DELETE FROM note"), this.statement::executeBatch,
					this.insert::execute, this.insert::executeUpdate, this.insert::addBatch, this.insert::executeBatch,
					this.insert::executeLargeUpdate, () -> this.insert.setString(1, "b"), this.rows::next,
					() -> this.rows.getString(1))) {
				ActorRoutingDataSourceTests.assertRefused(operation);
			}
		}

		List<String> finish() throws SQLException {
			String first = this.rows.getString(1);
			this.rows.close();
			this.insert.executeUpdate();
			try (ResultSet results = this.statement.executeQuery("SELECT text FROM note ORDER BY text DESC")) {
				results.next();
				return List.of(first, results.getString(1));
			}
		}

		void close() throws SQLException {
			this.insert.close();
			this.statement.close();
		}

	}

	/**
	 * A data source whose connections are proxies that unwrap to nothing.
	 */
	private static final class OpaqueDataSource extends DelegatingDataSource {

		OpaqueDataSource(DataSource target) {
			super(target);
		}

		@Override
		public Connection getConnection() throws SQLException {
			AtomicReference<Connection> target = new AtomicReference<>(super.getConnection());
			return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
					(proxy, method, arguments) -> {
						if (method.getName().equals("unwrap")) {
							throw new SQLException("no");
						}
						if (method.getName().equals("isWrapperFor")) {
							return false;
						}
						try {
							return method.invoke(target.get(), arguments);
						}
						catch (InvocationTargetException ex) {
							throw ex.getTargetException();
						}
					});
		}

		@Override
		public boolean isWrapperFor(Class<?> type) {
			return false;
		}

	}

}
