package io.kvsqlite.sqlite;

import java.util.List;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * The PRAGMAs that would break the commit protocol, or reach beyond the actor, and why.
 * SQLite asks before it runs any PRAGMA on a database, however the SQL was put together.
 *
 * @see <a href="https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html">
 * SQLITE_FCNTL_PRAGMA</a>
 */
final class PragmaRules {

	/**
	 * In the order in which SQLite compares them: it takes the first that begins with
	 * what was given.
	 */
	private static final List<String> JOURNAL_MODES = List.of("delete", "persist", "off", "truncate", "memory", "wal");

	private static final List<String> PROCESS_WIDE = List.of("temp_store_directory", "data_store_directory",
			"hard_heap_limit", "soft_heap_limit");

	private PragmaRules() {
	}

	/**
	 * Return why a PRAGMA is refused.
	 * @param name the PRAGMA's name
	 * @param value its argument, or {@code null} if it only asks
	 * @return the reason, or {@code null} if it is allowed
	 */
	static @Nullable String refusal(String name, @Nullable String value) {
		if (value == null) {
			return null;
		}
		String pragma = name.toLowerCase(Locale.ROOT);
		if (pragma.equals("journal_mode")) {
			return journalMode(value.toLowerCase(Locale.ROOT));
		}
		if (pragma.equals("locking_mode") && value.equalsIgnoreCase("normal")) {
			return "PRAGMA locking_mode=NORMAL is refused: an actor's database has one connection, "
					+ "which holds it exclusively";
		}
		if (pragma.equals("temp_store") && !isMemory(value)) {
			return "PRAGMA temp_store=%s is refused: there is no file for temporary tables. Use MEMORY, the default here"
				.formatted(value);
		}
		if (PROCESS_WIDE.contains(pragma)) {
			return "PRAGMA %s is refused: it would change all databases of this process".formatted(pragma);
		}
		return null;
	}

	/**
	 * Return whether SQLite takes a value of {@code temp_store} for memory. Whatever it
	 * does not know means its default, which is a file.
	 */
	private static boolean isMemory(String value) {
		return value.startsWith("2") || value.equalsIgnoreCase("memory");
	}

	private static @Nullable String journalMode(String value) {
		for (String mode : JOURNAL_MODES) {
			if (mode.startsWith(value)) {
				return switch (mode) {
					case "wal" -> "PRAGMA journal_mode=WAL is refused: a commit is one atomic write to the store, "
							+ "there is no file for a write-ahead log. Use DELETE, the default";
					case "off" -> "PRAGMA journal_mode=OFF is refused: without a journal a transaction cannot be "
							+ "rolled back. Use DELETE, the default";
					case "memory" -> "PRAGMA journal_mode=MEMORY is refused: a transaction that outgrows one atomic "
							+ "write needs a journal in the store. Use DELETE, the default; it stays in memory "
							+ "otherwise";
					default -> null;
				};
			}
		}
		return null;
	}

}
