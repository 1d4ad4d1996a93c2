package io.kvsqlite.sqlite;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * How SQLite is set up on each connection.
 *
 * @param cacheSize the most bytes of SQLite's page cache
 * @param pragmas further PRAGMAs to set on each connection, by name
 */
public record SqliteSettings(long cacheSize, Map<String, String> pragmas) {

	private static final Pattern NAME = Pattern.compile("[A-Za-z_]+");

	private static final Pattern VALUE = Pattern.compile("-?[A-Za-z0-9_.]+");

	public SqliteSettings {
		if (cacheSize < 0) {
			throw new IllegalArgumentException("'cacheSize' must not be negative, but is %d".formatted(cacheSize));
		}
		pragmas = Map.copyOf(pragmas);
		pragmas.forEach((name, value) -> {
			if (!NAME.matcher(name).matches() || !VALUE.matcher(value).matches()) {
				throw new IllegalArgumentException(
						"PRAGMA '%s' = '%s' must be a name and a plain word or number".formatted(name, value));
			}
			String refusal = PragmaRules.refusal(name, value);
			if (refusal != null) {
				throw new IllegalArgumentException(refusal);
			}
		});
	}

	/**
	 * Return the statements that set a new connection up.
	 */
	String sql() {
		StringBuilder sql = new StringBuilder("PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY; "
				+ "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-" + Math.max(1, this.cacheSize / 1024) + ";");
		this.pragmas.forEach((name, value) -> sql.append("PRAGMA ").append(name).append('=').append(value).append(';'));
		return sql.toString();
	}

}
