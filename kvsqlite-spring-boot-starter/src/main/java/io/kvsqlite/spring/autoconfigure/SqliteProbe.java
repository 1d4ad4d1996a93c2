package io.kvsqlite.spring.autoconfigure;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import io.kvsqlite.kv.MemoryKvStore;
import io.kvsqlite.sqlite.ActorDatabase;
import io.kvsqlite.sqlite.SqliteSettings;
import io.kvsqlite.vfs.VfsListener;
import io.kvsqlite.vfs.VfsSettings;

/**
 * Opens a database in memory when the application starts: so a sqlite-jdbc that cannot be
 * used is found then, the first actor opens as fast as any, and the PRAGMAs that this
 * SQLite knows can be told from misspelt ones, which it would ignore.
 */
final class SqliteProbe {

	private static final String PROPERTY = "kvsqlite.actors.pragmas";

	/**
	 * The names of the PRAGMAs, by what property binding leaves of them.
	 */
	private final Map<String, String> names;

	private SqliteProbe(Map<String, String> names) {
		this.names = names;
	}

	/**
	 * Open a database in memory and look at its SQLite.
	 * @throws io.kvsqlite.sqlite.UnsupportedSqliteException if sqlite-jdbc cannot be used
	 */
	static SqliteProbe run() {
		VfsSettings files = new VfsSettings(VfsSettings.LEAST_MEMORY, 1, 1);
		try (MemoryKvStore store = new MemoryKvStore();
				ActorDatabase database = ActorDatabase.open(store, "probe", files, new SqliteSettings(0, Map.of()),
						new VfsListener() {
						});
				Statement statement = database.connection().createStatement();
				ResultSet rows = statement.executeQuery("PRAGMA pragma_list")) {
			Map<String, String> names = new TreeMap<>();
			while (rows.next()) {
				names.put(simplified(rows.getString(1)), rows.getString(1));
			}
			return new SqliteProbe(names);
		}
		catch (SQLException ex) {
			throw new IllegalStateException("SQLite does not work", ex);
		}
	}

	/**
	 * Return PRAGMAs under SQLite's names for them. (The keys of a map property lose
	 * their underscores, unless they stand in brackets.)
	 * @throws org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException
	 * if there is no such PRAGMA or it must not be set
	 */
	Map<String, String> resolve(Map<String, String> pragmas) {
		Map<String, String> resolved = new LinkedHashMap<>();
		pragmas.forEach((key, value) -> {
			String property = PROPERTY + "." + key;
			String name = this.names.get(simplified(key));
			if (name == null) {
				throw Rule.violated(property, value,
						"SQLite knows no such PRAGMA. It knows " + String.join(", ", this.names.values()));
			}
			try {
				new SqliteSettings(0, Map.of(name, value));
			}
			catch (IllegalArgumentException ex) {
				throw Rule.violated(property, value, String.valueOf(ex.getMessage()));
			}
			resolved.put(name, value);
		});
		return resolved;
	}

	private static String simplified(String name) {
		return name.replaceAll("[_-]", "").toLowerCase(Locale.ROOT);
	}

}
