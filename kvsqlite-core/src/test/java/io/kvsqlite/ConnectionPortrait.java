package io.kvsqlite;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

import io.kvsqlite.fixture.Sql;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;

/**
 * Everything that SQL or JDBC tells of a connection, so that two of them can be compared.
 */
final class ConnectionPortrait {

	/**
	 * PRAGMAs that do something when they are asked, or are refused. And those whose
	 * answer depends on what was asked for so far: SQLite registers a table-valued
	 * function when it is first used, and the version of the data begins anywhere.
	 */
	private static final Set<String> NOT_ASKED = Set.of("optimize", "incremental_vacuum", "shrink_memory",
			"wal_checkpoint", "integrity_check", "quick_check", "temp_store_directory", "soft_heap_limit",
			"hard_heap_limit", "module_list", "data_version", "function_list", "compile_options", "pragma_list");

	private ConnectionPortrait() {
	}

	/**
	 * Look at a connection. Uses {@code unwrap} at the end, so it is not used again.
	 */
	static Map<String, Object> of(Connection connection, Collection<String> pragmas) throws Exception {
		Map<String, Object> portrait = new LinkedHashMap<>();
		askJdbc(connection, portrait);
		Sql sql = new Sql(connection);
		for (String query : List.of("SELECT last_insert_rowid(), changes(), total_changes()",
				"SELECT name FROM sqlite_schema ORDER BY name", "SELECT 'a' LIKE 'A'")) {
			portrait.put(query, ask(sql, query));
		}
		portrait.put("updateCount", updateCount(connection));
		for (String pragma : pragmas) {
			if (!NOT_ASKED.contains(pragma)) {
				portrait.put(pragma, ask(sql, "PRAGMA " + pragma));
			}
		}
		portrait.put("database_list", databases(sql));
		portrait.put("functions",
				ask(sql, "SELECT count(*), sum(narg), sum(flags), sum(length(name)) FROM pragma_function_list"));
		for (String query : List.of("SELECT * FROM sqlite_temp_schema", "PRAGMA temp.page_size",
				"PRAGMA temp.cache_size", "PRAGMA temp.page_count", "SELECT * FROM kept", "SELECT left_behind(1)",
				"SELECT 'a' = 'A' COLLATE left_behind")) {
			portrait.put(query, ask(sql, query));
		}
		SQLiteConnection physical = connection.unwrap(SQLiteConnection.class);
		for (SQLiteLimits limit : SQLiteLimits.values()) {
			portrait.put("limit " + limit, physical.getDatabase().limit(limit.getId(), -1));
		}
		fields(physical, portrait);
		fields(physical.getConnectionConfig(), portrait);
		fields(physical.getDatabase(), portrait);
		fields(physical.getDatabase().getConfig(), portrait);
		return portrait;
	}

	private static void askJdbc(Connection connection, Map<String, Object> portrait) throws SQLException {
		portrait.put("autoCommit", connection.getAutoCommit());
		portrait.put("readOnly", connection.isReadOnly());
		portrait.put("isolation", connection.getTransactionIsolation());
		portrait.put("holdability", connection.getHoldability());
		portrait.put("catalog", String.valueOf(connection.getCatalog()));
		portrait.put("schema", String.valueOf(connection.getSchema()));
		portrait.put("clientInfo", String.valueOf(connection.getClientInfo()));
		portrait.put("networkTimeout", connection.getNetworkTimeout());
		portrait.put("typeMap", String.valueOf(connection.getTypeMap()));
		portrait.put("warnings", String.valueOf(connection.getWarnings()));
		portrait.put("savepoint", connection.setSavepoint().getSavepointId());
		connection.rollback();
		connection.setAutoCommit(true);
	}

	private static Object updateCount(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("REINDEX");
			return statement.getUpdateCount();
		}
	}

	/**
	 * The file's name is drawn anew for each connection.
	 */
	private static Object databases(Sql sql) throws SQLException {
		return ask(sql, "SELECT seq, name FROM pragma_database_list");
	}

	private static Object ask(Sql sql, String query) {
		try (Statement statement = sql.connection().createStatement(); ResultSet rows = statement.executeQuery(query)) {
			return Sql.describe(rows);
		}
		catch (SQLException ex) {
			return String.valueOf(ex.getMessage());
		}
	}

	/**
	 * Note the fields that have plain values, those of superclasses included.
	 */
	private static void fields(Object object, Map<String, Object> portrait) throws IllegalAccessException {
		for (Class<?> type = object.getClass(); type != Object.class; type = type.getSuperclass()) {
			for (Field field : type.getDeclaredFields()) {
				// savepoints are numbered by our own connection
				if (Modifier.isStatic(field.getModifiers()) || field.getName().equals("savePoint")) {
					continue;
				}
				field.setAccessible(true);
				Object value = field.get(object);
				String name = type.getSimpleName() + "." + field.getName();
				if (value == null || value instanceof Boolean || value instanceof Integer || value instanceof Enum<?>
						|| value instanceof AtomicInteger) {
					portrait.put(name, String.valueOf(value));
				}
				else if (value instanceof Map<?, ?> map) {
					portrait.put(name, new TreeMap<>(map).toString());
				}
				else if (value instanceof Collection<?> collection && !field.getName().equals("stmts")) {
					portrait.put(name, collection.size());
				}
			}
		}
	}

}
