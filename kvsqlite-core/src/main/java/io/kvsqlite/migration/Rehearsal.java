package io.kvsqlite.migration;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.MemoryKvStore;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.executor.Context;
import org.flywaydb.core.api.executor.MigrationExecutor;
import org.jspecify.annotations.Nullable;

/**
 * A place to find out what an actor's connection refuses: statements are taken down
 * instead of being run, and those of a kind that can be refused are tried on an actor of
 * its own, which is empty and kept in memory. Used by one thread.
 */
final class Rehearsal implements AutoCloseable {

	/**
	 * What SQL begins with that an actor's connection may refuse.
	 */
	private static final Set<String> TRIED = Set.of("ATTACH", "BACKUP", "EXPLAIN", "PRAGMA", "RESTORE", "VACUUM");

	private static final Pattern FOR_NEW_FILES = Pattern.compile(
			"PRAGMA\\s+(\\w+\\s*\\.\\s*)?(auto_vacuum|encoding|page_size)\\s*[=(].*",
			Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	private static final String NOT_ALLOWED = "42000";

	private static final String REFUSED = " is refused";

	private final ActorDataSourceFactory factory = ActorDataSourceFactory.builder(new MemoryKvStore()).build();

	private final Connection empty;

	private final Set<String> withForeignKeys = new HashSet<>();

	Rehearsal() {
		try {
			this.empty = DriverManager.getConnection("jdbc:sqlite::memory:");
		}
		catch (SQLException ex) {
			throw new FlywayException("SQLite could not open a database in memory", ex);
		}
	}

	/**
	 * Return a data source on an empty database, for Flyway to look at.
	 */
	DataSource dataSource() {
		return LentConnection.dataSource(this.empty);
	}

	/**
	 * Return why a script is refused.
	 * @param script the script
	 * @param configuration what it is configured by
	 * @param early whether it runs before there is a table
	 * @return the reason, {@code null} if it is not refused
	 * @throws FlywayException if the script cannot be read
	 */
	@Nullable String refusal(MigrationExecutor script, Configuration configuration, boolean early) {
		for (String sql : statements(script, configuration)) {
			if (ForeignKeys.areIn(sql)) {
				this.withForeignKeys.add(sql);
			}
			String first = SqlText.firstWord(sql);
			if (early && FOR_NEW_FILES.matcher(SqlText.withoutLeadingComments(sql)).matches()) {
				return "'%s' has an effect on a file that does not exist yet; an actor's database always does"
					.formatted(sql.strip());
			}
			if (TRIED.contains(first)) {
				String reason = refusal(sql);
				if (reason != null) {
					return reason;
				}
			}
		}
		return null;
	}

	/**
	 * Return the statements so far that make foreign keys.
	 */
	Set<String> withForeignKeys() {
		return this.withForeignKeys;
	}

	private @Nullable String refusal(String sql) {
		try (Connection connection = this.factory.dataSource("rehearsal").getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute(sql);
			return null;
		}
		catch (SQLException ex) {
			boolean refused = NOT_ALLOWED.equals(ex.getSQLState()) || String.valueOf(ex.getMessage()).contains(REFUSED);
			return refused ? ex.getMessage() : null;
		}
	}

	/**
	 * Return the statements of a script, as Flyway would run them.
	 */
	private List<String> statements(MigrationExecutor script, Configuration configuration) {
		List<String> statements = new ArrayList<>();
		Connection writingDown = LentConnection.proxy(Connection.class,
				(proxy, method, arguments) -> switch (method.getName()) {
					case "createStatement" -> writingDown(statements);
					case "close" -> null;
					default -> LentConnection.call(this.empty, method, arguments);
				});
		try {
			script.execute(new Context() {

				@Override
				public Configuration getConfiguration() {
					return configuration;
				}

				@Override
				public Connection getConnection() {
					return writingDown;
				}

			});
		}
		catch (SQLException ex) {
			throw new FlywayException("The script could not be read", ex);
		}
		return statements;
	}

	private static Statement writingDown(List<String> statements) {
		return LentConnection.proxy(Statement.class, (proxy, method, arguments) -> {
			if (arguments != null && arguments[0] instanceof String sql) {
				statements.add(sql);
			}
			return switch (method.getName()) {
				case "execute", "getMoreResults" -> false;
				case "getUpdateCount" -> -1;
				case "executeBatch" -> new int[0];
				default -> null;
			};
		});
	}

	@Override
	public void close() {
		this.factory.close();
		try {
			this.empty.close();
		}
		catch (SQLException ex) {
			throw new FlywayException("SQLite could not close a database in memory", ex);
		}
	}

}
