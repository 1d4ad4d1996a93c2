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

	private static final int KIB = 1024;

	/**
	 * The size of the page cache that SQLite has where nothing else is said: 2000 KiB.
	 */
	public static final long DEFAULT_CACHE_SIZE = 2000 * KIB;

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
	 * Return the statements that set a new connection up. What is SQLite's default is
	 * left out, because a PRAGMA is a good part of what an open costs. So is
	 * {@code synchronous}: its default, FULL, costs no more than NORMAL on files whose
	 * writes never overtake each other.
	 * @return the statements
	 */
	public String sql() {
		StringBuilder sql = new StringBuilder("PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY;");
		if (this.cacheSize != DEFAULT_CACHE_SIZE) {
			sql.append("PRAGMA cache_size=-").append(Math.max(1, this.cacheSize / KIB)).append(';');
		}
		this.pragmas.forEach((name, value) -> sql.append("PRAGMA ").append(name).append('=').append(value).append(';'));
		return sql.toString();
	}

}
