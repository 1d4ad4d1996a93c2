package io.kvsqlite.jdbc;

import java.util.Locale;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Refuses SQL that would reach beyond the actor, with a message that says what is
 * allowed.
 *
 * <p>
 * For databases this is the first of two walls, the one with the good messages: SQLite's
 * own limit of attached databases is 0, however an ATTACH gets to it, and is raised only
 * while a text runs that was found here to be exactly one statement that may attach. For
 * the settings of the whole process and for the commands that sqlite-jdbc itself finds in
 * SQL it is the only one, so it reads a text as SQLite's tokenizer does.
 *
 * <p>
 * Most SQL passes after a look at its first word and a search for a semicolon.
 */
final class SqlGate {

	/**
	 * Pragmas that set something for the process, and so for other actors.
	 */
	private static final Set<String> PROCESS_WIDE = Set.of("temp_store_directory", "data_store_directory",
			"soft_heap_limit", "hard_heap_limit");

	/**
	 * Pragmas that read, or set what is stored in the database, whatever their argument.
	 */
	private static final Set<String> OF_THE_DATABASE = Set.of("application_id", "collation_list", "compile_options",
			"data_version", "database_list", "foreign_key_check", "foreign_key_list", "freelist_count", "function_list",
			"incremental_vacuum", "index_info", "index_list", "index_xinfo", "integrity_check", "module_list",
			"page_count", "pragma_list", "quick_check", "shrink_memory", "table_info", "table_list", "table_xinfo",
			"user_version", "wal_checkpoint");

	/**
	 * Pragmas that only tell a setting of the connection, when they have no argument.
	 */
	private static final Set<String> SETTINGS = Set.of("analysis_limit", "auto_vacuum", "automatic_index",
			"busy_timeout", "cache_size", "cache_spill", "cell_size_check", "checkpoint_fullfsync", "count_changes",
			"default_cache_size", "defer_foreign_keys", "empty_result_callbacks", "encoding", "foreign_keys",
			"full_column_names", "fullfsync", "ignore_check_constraints", "journal_mode", "journal_size_limit",
			"legacy_alter_table", "locking_mode", "max_page_count", "mmap_size", "page_size", "query_only",
			"read_uncommitted", "recursive_triggers", "reverse_unordered_selects", "schema_version", "secure_delete",
			"short_column_names", "synchronous", "temp_store", "threads", "trusted_schema", "wal_autocheckpoint",
			"writable_schema");

	/**
	 * Settings that SQLite keeps in the structure of its connection and nowhere else, so
	 * that the owner sees whether they were set back: those of them that applications set
	 * often, most of them to what they are already.
	 */
	private static final Set<String> SEEN_BY_THE_OWNER = Set.of("busy_timeout", "defer_foreign_keys", "foreign_keys",
			"query_only", "recursive_triggers");

	private static final String MEMORY = "':memory:'";

	private static final String TEMPORARY = "''";

	private final String sql;

	private final ConnectionOwner owner;

	private final SqlTokens tokens;

	private SqlGate(String sql, ConnectionOwner owner) {
		this.sql = sql;
		this.owner = owner;
		this.tokens = new SqlTokens(sql);
	}

	/**
	 * Find out what a text asks of its connection.
	 * @param sql one or more SQL statements
	 * @param owner who is named in a refusal
	 * @throws RefusedException if it must not run
	 */
	static SqlKind classify(@Nullable String sql, ConnectionOwner owner) throws RefusedException {
		if (sql == null) {
			throw new RefusedException("'sql' must not be null", RefusedException.NOT_ALLOWED);
		}
		return new SqlGate(sql, owner).classify();
	}

	private SqlKind classify() throws RefusedException {
		if (this.sql.indexOf('\0') >= 0) {
			throw refused("SQL with a NUL character, of which SQLite would run only the part before it");
		}
		// sqlite-jdbc looks for these two at the very start
		if (startsWith("backup") || startsWith("restore")) {
			throw refused("the commands 'backup to' and 'restore from', which read and write files. "
					+ "Export and import the actor's database instead");
		}
		SqlKind kind = SqlKind.ORDINARY;
		for (boolean first = true; this.tokens.nextStatement(); first = false) {
			SqlKind next = statement(first);
			if (next.attaches()) {
				return next;
			}
			if (next.compareTo(kind) > 0) {
				kind = next;
			}
			if (!this.tokens.skipStatement()) {
				break;
			}
		}
		return kind;
	}

	/**
	 * Judge one statement, of which the first token is current.
	 */
	private SqlKind statement(boolean first) throws RefusedException {
		// a look at the first letter spares most comparisons
		return switch (this.tokens.firstLetter()) {
			case 'a' -> this.tokens.is("attach") ? attach(first) : schemaIf("alter", "analyze");
			case 'b' -> this.tokens.is("begin") ? SqlKind.TRANSACTION : SqlKind.SESSION;
			case 'c' -> this.tokens.is("commit") ? SqlKind.ORDINARY : schemaIf("create", "create");
			case 'd' -> this.tokens.is("delete") ? SqlKind.ORDINARY : schemaIf("drop", "drop");
			case 'e' -> this.tokens.is("explain") ? explain() : ordinaryIf("end");
			case 'i' -> ordinaryIf("insert");
			case 'p' -> this.tokens.is("pragma") ? pragma() : SqlKind.SESSION;
			case 'r' -> this.tokens.is("replace") || this.tokens.is("release") || this.tokens.is("rollback")
					? SqlKind.ORDINARY : schemaIf("reindex", "reindex");
			case 's' -> this.tokens.is("savepoint") ? SqlKind.TRANSACTION : ordinaryIf("select");
			case 'u' -> ordinaryIf("update");
			case 'v' -> this.tokens.is("vacuum") ? vacuum(first) : ordinaryIf("values");
			case 'w' -> ordinaryIf("with");
			default -> SqlKind.SESSION;
		};
	}

	private SqlKind ordinaryIf(String word) {
		return this.tokens.is(word) ? SqlKind.ORDINARY : SqlKind.SESSION;
	}

	/**
	 * Judge what changes the schema. Where that is the schema of the temporary database,
	 * SQLite opens one, which the owner of the connection sees.
	 */
	private SqlKind schemaIf(String word, String otherWord) {
		return (this.tokens.is(word) || this.tokens.is(otherWord)) ? SqlKind.SCHEMA : SqlKind.SESSION;
	}

	private SqlKind attach(boolean first) throws RefusedException {
		this.tokens.next();
		if (this.tokens.is("database")) {
			this.tokens.next();
		}
		boolean allowed = this.tokens.text().equals(MEMORY) || this.tokens.text().equals(TEMPORARY);
		this.tokens.next();
		allowed = allowed && this.tokens.is("as");
		this.tokens.next();
		allowed = allowed && this.tokens.isName();
		this.tokens.next();
		if (!allowed || !first || !this.tokens.isEnd()) {
			throw refused("ATTACH of anything but ':memory:' or '' (a temporary database), written out, "
					+ "in a statement of its own: ATTACH ':memory:' AS name");
		}
		return SqlKind.ATTACH;
	}

	private SqlKind vacuum(boolean first) throws RefusedException {
		this.tokens.next();
		boolean into = this.tokens.is("into");
		if (!into && this.tokens.isName()) {
			this.tokens.next();
			into = this.tokens.is("into");
		}
		if (into) {
			throw refused("VACUUM INTO, which writes a file. Export the actor's database instead");
		}
		if (!first || !this.tokens.isEnd()) {
			throw refused("VACUUM together with other SQL. Run it as a statement of its own");
		}
		return SqlKind.VACUUM;
	}

	/**
	 * Judge what is not run. But a pragma in it is: SQLite runs those when it prepares
	 * them.
	 */
	private SqlKind explain() throws RefusedException {
		this.tokens.next();
		if (this.tokens.is("query")) {
			this.tokens.next();
			if (this.tokens.is("plan")) {
				this.tokens.next();
			}
		}
		return this.tokens.is("pragma") ? pragma() : SqlKind.ORDINARY;
	}

	private SqlKind pragma() throws RefusedException {
		this.tokens.next();
		String name = this.tokens.name();
		this.tokens.next();
		if (this.tokens.text().equals(".")) {
			this.tokens.next();
			name = this.tokens.name();
			this.tokens.next();
		}
		String lowerCase = name.toLowerCase(Locale.ROOT);
		if (PROCESS_WIDE.contains(lowerCase)) {
			throw refused("PRAGMA " + lowerCase + ", which is a setting of the whole process and so of other actors");
		}
		if (lowerCase.equals("temp_store") && !this.tokens.isEndOfStatement()) {
			requireMemory();
		}
		if (OF_THE_DATABASE.contains(lowerCase) || (SETTINGS.contains(lowerCase) && this.tokens.isEndOfStatement())) {
			return SqlKind.PRAGMA;
		}
		return (SEEN_BY_THE_OWNER.contains(lowerCase) || lowerCase.equals("optimize")) ? SqlKind.SCHEMA
				: SqlKind.SESSION;
	}

	/**
	 * The file of a temporary table is kept in the heap. SQLite takes a value that it
	 * does not know for its default, which is a file.
	 */
	private void requireMemory() throws RefusedException {
		this.tokens.next();
		String value = this.tokens.name();
		if (!value.startsWith("2") && !value.equalsIgnoreCase("memory")) {
			throw refused("PRAGMA temp_store of anything but MEMORY: there is no file for temporary tables");
		}
	}

	private boolean startsWith(String word) {
		return this.sql.regionMatches(true, 0, word, 0, word.length());
	}

	private RefusedException refused(String what) {
		return new RefusedException("Not allowed on " + this.owner.description() + ": " + what,
				RefusedException.NOT_ALLOWED);
	}

}
