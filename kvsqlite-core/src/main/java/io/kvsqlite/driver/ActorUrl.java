package io.kvsqlite.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.ActorIds;
import io.kvsqlite.kv.KvStoreUrl;
import org.jspecify.annotations.Nullable;

/**
 * The URL of an actor: {@code jdbc:kvsqlite:} and a store's URL, with our own parameters
 * among those of the store.
 *
 * @param store the store's URL, without our parameters
 * @param actorId the actor
 * @param readOnly whether the connection only reads
 * @param create whether the store and the actor are made if they do not exist
 * @param options what sets the factory up, by name
 */
record ActorUrl(KvStoreUrl store, String actorId, boolean readOnly, boolean create, Map<String, String> options) {

	static final String PREFIX = "jdbc:kvsqlite:";

	static final String ACTOR = "actor";

	static final String READ_ONLY = "readOnly";

	static final String CREATE = "create";

	static final String PRAGMA = "pragma.";

	/**
	 * The options of a factory, in the order in which tools show them.
	 */
	static final Map<String, String> OPTIONS = optionNames();

	private static final Set<String> IGNORED_PROPERTIES = Set.of("user", "password");

	private static Map<String, String> optionNames() {
		Map<String, String> options = new LinkedHashMap<>();
		options.put("connectionTimeout", "How many milliseconds to wait for the actor's connection");
		options.put("maxOpenActors", "The most actors of the store that are open at once in this process");
		options.put("idleTimeout", "After how many milliseconds without use an actor is closed");
		options.put("transactionMemory", "The most bytes a transaction takes before it goes to the store in parts");
		options.put("cacheSize", "The most bytes of SQLite's page cache, for each open actor");
		options.put("statementCacheSize", "The most prepared statements that each open actor keeps for later use");
		options.put("preloadChunks", "How many chunks of 4 KiB are read when an actor is opened");
		options.put("readAheadChunks", "The most chunks of 4 KiB that are fetched ahead");
		return options;
	}

	/**
	 * Parse a URL. Its parameters count more than properties of the same name.
	 */
	static ActorUrl parse(String url, Properties properties) throws SQLException {
		try {
			return parseChecked(url, properties);
		}
		catch (IllegalArgumentException ex) {
			throw new SQLException("The URL cannot be used: " + ex.getMessage(), "08001", ex);
		}
	}

	private static ActorUrl parseChecked(String url, Properties properties) {
		KvStoreUrl store = KvStoreUrl.parse(url.substring(PREFIX.length()));
		Map<String, String> own = new TreeMap<>();
		for (String name : properties.stringPropertyNames()) {
			if (isOwn(name)) {
				own.put(name, properties.getProperty(name));
			}
			else if (!IGNORED_PROPERTIES.contains(name)) {
				throw new IllegalArgumentException("there is no property '%s'".formatted(name));
			}
		}
		for (Map.Entry<String, String> parameter : store.parameters().entrySet()) {
			if (isOwn(parameter.getKey())) {
				own.put(parameter.getKey(), parameter.getValue());
				store = store.without(parameter.getKey());
			}
		}
		String actorId = own.remove(ACTOR);
		if (actorId == null) {
			throw new IllegalArgumentException("it names no actor, as in %s%s?actor=ID".formatted(PREFIX, store));
		}
		ActorIds.utf8(actorId);
		boolean readOnly = flag(own.remove(READ_ONLY), READ_ONLY);
		boolean create = flag(own.remove(CREATE), CREATE);
		if (readOnly && create) {
			throw new IllegalArgumentException("'%s' and '%s' exclude each other".formatted(READ_ONLY, CREATE));
		}
		return new ActorUrl(store, actorId, readOnly, create, own);
	}

	private static boolean isOwn(String name) {
		boolean pragma = name.startsWith(PRAGMA) && name.length() > PRAGMA.length();
		return name.equals(ACTOR) || name.equals(READ_ONLY) || name.equals(CREATE) || pragma
				|| OPTIONS.containsKey(name);
	}

	private static boolean flag(@Nullable String value, String name) {
		if (value == null || value.equals("false")) {
			return false;
		}
		if (value.equals("true")) {
			return true;
		}
		throw new IllegalArgumentException("'%s' must be true or false, but is '%s'".formatted(name, value));
	}

	/**
	 * Set a factory up.
	 */
	void configure(ActorDataSourceFactory.Builder builder) {
		this.options.forEach((name, value) -> {
			switch (name) {
				case "connectionTimeout" -> builder.connectionTimeout(Duration.ofMillis(number(name, value)));
				case "maxOpenActors" -> builder.maxOpenActors(small(name, value));
				case "idleTimeout" -> builder.idleTimeout(Duration.ofMillis(number(name, value)));
				case "transactionMemory" -> builder.transactionMemory(number(name, value));
				case "cacheSize" -> builder.cacheSize(number(name, value));
				case "statementCacheSize" -> builder.statementCacheSize(small(name, value));
				case "preloadChunks" -> builder.preloadChunks(small(name, value));
				case "readAheadChunks" -> builder.readAheadChunks(small(name, value));
				default -> builder.pragma(name.substring(PRAGMA.length()), value);
			}
		});
	}

	private static long number(String name, String value) {
		try {
			return Long.parseLong(value);
		}
		catch (NumberFormatException ex) {
			throw new IllegalArgumentException("'%s' must be a number, but is '%s'".formatted(name, value), ex);
		}
	}

	private static int small(String name, String value) {
		long number = number(name, value);
		if (number != (int) number) {
			throw new IllegalArgumentException("'%s' is too large: %s".formatted(name, value));
		}
		return (int) number;
	}

}
