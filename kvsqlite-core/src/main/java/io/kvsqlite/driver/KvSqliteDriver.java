package io.kvsqlite.driver;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Logger;

import org.jspecify.annotations.Nullable;

/**
 * Opens actors by URL:
 *
 * <pre>
 * jdbc:kvsqlite:rocksdb:/var/lib/app?actor=notes/42
 * jdbc:kvsqlite:redis://host:6379?actor=notes/42&amp;readOnly=true
 * jdbc:kvsqlite:postgresql://host/database?user=app&amp;actor=notes/42
 * </pre>
 *
 * <p>
 * {@code actor} is the actor's id, percent-encoded. With {@code readOnly=true} the
 * connection only reads, with {@code create=true} a store and an actor that do not exist
 * are made; without it, a name that is not known is an error. The options of the factory
 * have its names ({@code connectionTimeout} and {@code idleTimeout} in milliseconds), and
 * {@code pragma.NAME} sets a PRAGMA. All of these may be connection properties instead.
 *
 * <p>
 * Connections to one store share it for as long as one of them is open. An actor has one
 * connection at a time: a second one waits for it, up to {@code connectionTimeout}. So a
 * pool on such a URL has the size 1.
 */
public final class KvSqliteDriver implements Driver {

	private static final SharedStores stores = new SharedStores();

	static {
		try {
			DriverManager.registerDriver(new KvSqliteDriver());
		}
		catch (SQLException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	@Override
	public @Nullable Connection connect(String url, @Nullable Properties info) throws SQLException {
		if (!acceptsURL(url)) {
			return null;
		}
		return stores.connect(ActorUrl.parse(url, (info != null) ? info : new Properties()));
	}

	@Override
	public boolean acceptsURL(String url) {
		return url.startsWith(ActorUrl.PREFIX);
	}

	@Override
	public DriverPropertyInfo[] getPropertyInfo(String url, @Nullable Properties info) {
		Properties given = (info != null) ? info : new Properties();
		List<DriverPropertyInfo> properties = new ArrayList<>();
		properties.add(property(given, ActorUrl.ACTOR, "The actor's id", null));
		properties.add(property(given, ActorUrl.READ_ONLY, "Whether the connection only reads", "false"));
		properties.add(property(given, ActorUrl.CREATE, "Whether what does not exist is made", "false"));
		for (Map.Entry<String, String> option : ActorUrl.OPTIONS.entrySet()) {
			properties.add(property(given, option.getKey(), option.getValue(), null));
		}
		return properties.toArray(DriverPropertyInfo[]::new);
	}

	private static DriverPropertyInfo property(Properties given, String name, String description,
			@Nullable String defaultValue) {
		DriverPropertyInfo property = new DriverPropertyInfo(name, given.getProperty(name, defaultValue));
		property.description = description;
		if ("false".equals(defaultValue)) {
			property.choices = new String[] { "false", "true" };
		}
		return property;
	}

	@Override
	public int getMajorVersion() {
		return 0;
	}

	@Override
	public int getMinorVersion() {
		return 1;
	}

	/**
	 * Not in the sense of the JDBC specification: SQLite does not have all of SQL-92.
	 */
	@Override
	public boolean jdbcCompliant() {
		return false;
	}

	@Override
	public Logger getParentLogger() throws SQLFeatureNotSupportedException {
		throw new SQLFeatureNotSupportedException("Logging goes through SLF4J, not through java.util.logging");
	}

	/**
	 * Return how many stores connections of this driver use now.
	 * @return the number of stores
	 */
	static int openStores() {
		return stores.open();
	}

}
