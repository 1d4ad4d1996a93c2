package io.kvsqlite.kv.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.kvsqlite.kv.KvDefiniteException;

/**
 * Makes the tables where there are none, and makes sure that those there are ours.
 * Nothing is written to a table before that.
 */
final class Schema {

	private static final Logger logger = LoggerFactory.getLogger(Schema.class);

	private static final String SCRIPT = "schema-postgresql.sql";

	/**
	 * The server must know {@code INSERT ... ON CONFLICT} and what goes with it; older
	 * ones have been out of support for long.
	 */
	private static final int OLDEST_VERSION = 12;

	private static final int TABLES = 3;

	private static final Map<String, Integer> ACTORS_WITHOUT_FENCES = Map.of("num", Types.BIGINT, "id", Types.BINARY,
			"epoch", Types.BIGINT, "commit_number", Types.BIGINT, "holder", Types.VARCHAR, "lease", Types.OTHER,
			"opening", Types.BIGINT);

	private static final Map<String, Integer> ACTORS = Map.of("num", Types.BIGINT, "id", Types.BINARY, "epoch",
			Types.BIGINT, "commit_number", Types.BIGINT, "holder", Types.VARCHAR, "lease", Types.OTHER, "opening",
			Types.BIGINT, "fence", Types.OTHER, "commit_fence", Types.OTHER);

	private static final String UNDEFINED_TABLE = "42P01";

	/**
	 * What tables of the version that kept no fences lack. Where a fence is needed, the
	 * zero says that none was kept.
	 */
	private static final String ADD_FENCES = """
			ALTER TABLE {actors} ADD COLUMN IF NOT EXISTS fence uuid,
				ADD COLUMN IF NOT EXISTS commit_fence uuid NOT NULL
					DEFAULT '00000000-0000-0000-0000-000000000000'""";

	private final Tables tables;

	private final boolean create;

	Schema(Tables tables, boolean create) {
		this.tables = tables;
		this.create = create;
	}

	/**
	 * Make the tables ready.
	 * @param connection a connection in auto-commit mode
	 * @throws SQLException if the server failed
	 * @throws KvDefiniteException if the server or its tables are of the wrong kind
	 */
	void prepare(Connection connection) throws SQLException {
		requirePostgresql(connection.getMetaData());
		addFences(connection);
		if (present(connection)) {
			return;
		}
		if (!this.create) {
			throw new KvDefiniteException("Tables '%s*' do not exist, and this store was told not to make them: run %s"
				.formatted(this.tables.prefix(), SCRIPT));
		}
		try {
			create(connection);
		}
		catch (SQLException ex) {
			// perhaps another process was faster
			if (!present(connection)) {
				throw ex;
			}
			logger.debug("Tables '{}*' were made by another process", this.tables.prefix(), ex);
		}
		if (!present(connection)) {
			throw new KvDefiniteException(
					"Tables '%s*' were made but are not there: check the search path".formatted(this.tables.prefix()));
		}
	}

	/**
	 * Bring tables of the version that kept no fences up to date. A process of that
	 * version that still runs does no harm: it takes the epoch up, which ends the
	 * sessions of this one.
	 */
	private void addFences(Connection connection) throws SQLException {
		Map<String, Integer> found = columns(connection, this.tables.actors());
		if (found == null || !found.equals(ACTORS_WITHOUT_FENCES)) {
			return;
		}
		String sql = this.tables.in(ADD_FENCES);
		if (!this.create) {
			throw new KvDefiniteException(
					"Table '%s' is of an earlier version, and this store was told not to change tables: run %s"
						.formatted(this.tables.actors(), sql.replaceAll("\\s+", " ")));
		}
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
		logger.info("Added the columns for fences to table '{}'", this.tables.actors());
	}

	private static void requirePostgresql(DatabaseMetaData server) throws SQLException {
		String product = server.getDatabaseProductName();
		if (!"PostgreSQL".equals(product)) {
			throw new KvDefiniteException(
					"The DataSource of the PostgreSQL store leads to a server of another kind: %s %s".formatted(product,
							server.getDatabaseProductVersion()));
		}
		if (server.getDatabaseMajorVersion() < OLDEST_VERSION) {
			throw new KvDefiniteException("The PostgreSQL store needs a server of version %d or later, this is %s"
				.formatted(OLDEST_VERSION, server.getDatabaseProductVersion()));
		}
	}

	/**
	 * Return whether all tables are there; fail where one is not ours. They are made in
	 * one transaction, so that some are there and others are not is nothing that we leave
	 * behind; but it may look so while another process makes them.
	 */
	private boolean present(Connection connection) throws SQLException {
		List<String> missing = missing(connection);
		if (!missing.isEmpty() && missing.size() < TABLES) {
			missing = missing(connection);
		}
		if (!missing.isEmpty() && missing.size() < TABLES) {
			throw new KvDefiniteException(
					"Of the tables '%s*' some exist, but not %s: another program's? Nothing was changed. Choose another prefix"
						.formatted(this.tables.prefix(), String.join(" and ", missing)));
		}
		return missing.isEmpty();
	}

	private List<String> missing(Connection connection) throws SQLException {
		List<String> missing = new ArrayList<>();
		check(connection, missing, this.tables.actors(), ACTORS);
		check(connection, missing, this.tables.chunks(),
				Map.of("actor", Types.BIGINT, "key", Types.BINARY, "value", Types.BINARY));
		check(connection, missing, this.tables.leases(),
				Map.of("lease", Types.OTHER, "holder", Types.VARCHAR, "expires", Types.TIMESTAMP));
		return missing;
	}

	private static void check(Connection connection, List<String> missing, String table, Map<String, Integer> expected)
			throws SQLException {
		Map<String, Integer> found = columns(connection, table);
		if (found == null) {
			missing.add(table);
			return;
		}
		if (!found.equals(expected)) {
			throw new KvDefiniteException(
					"Table '%s' is not kvsqlite's: its columns are %s, not %s; nothing was changed. Choose another prefix"
						.formatted(table, found.keySet(), new TreeMap<>(expected).keySet()));
		}
	}

	/**
	 * Return the columns of a table with their types, {@code null} if there is none.
	 */
	private static @Nullable Map<String, Integer> columns(Connection connection, String table) throws SQLException {
		Map<String, Integer> found = new TreeMap<>();
		try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM %s LIMIT 0".formatted(table));
				ResultSet none = statement.executeQuery()) {
			ResultSetMetaData columns = none.getMetaData();
			for (int i = 1; i <= columns.getColumnCount(); i++) {
				found.put(columns.getColumnName(i), columns.getColumnType(i));
			}
		}
		catch (SQLException ex) {
			if (!UNDEFINED_TABLE.equals(ex.getSQLState())) {
				throw ex;
			}
			return null;
		}
		return found;
	}

	private void create(Connection connection) throws SQLException {
		List<String> statements = script();
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement()) {
			boolean storageParameters = isPostgresqlItself(statement);
			for (String sql : statements) {
				if (storageParameters || !sql.startsWith("ALTER")) {
					statement.execute(sql);
				}
			}
			connection.commit();
			connection.setAutoCommit(true);
		}
		catch (SQLException ex) {
			connection.rollback();
			connection.setAutoCommit(true);
			throw ex;
		}
		logger.info("Made tables '{}*' for the PostgreSQL store", this.tables.prefix());
	}

	/**
	 * Servers that only speak PostgreSQL's protocol name themselves in their version.
	 */
	private static boolean isPostgresqlItself(Statement statement) throws SQLException {
		try (ResultSet version = statement.executeQuery("SELECT version()")) {
			version.next();
			String text = version.getString(1).toLowerCase(Locale.ROOT);
			return text.startsWith("postgresql ") && !text.contains("-yb-");
		}
	}

	private List<String> script() {
		try (InputStream in = Schema.class.getResourceAsStream(SCRIPT)) {
			if (in == null) {
				throw new IllegalStateException("%s is not on the class path".formatted(SCRIPT));
			}
			String script = new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("(?m)^--.*$", "")
				.replace(Tables.DEFAULT_PREFIX, this.tables.prefix());
			return List.of(script.split(";")).stream().map(String::strip).filter((sql) -> !sql.isEmpty()).toList();
		}
		catch (IOException ex) {
			throw new IllegalStateException("%s could not be read".formatted(SCRIPT), ex);
		}
	}

}
