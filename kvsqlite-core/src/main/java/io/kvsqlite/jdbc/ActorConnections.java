package io.kvsqlite.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;

import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;

/**
 * Makes the connections that applications get from the physical ones of sqlite-jdbc.
 */
public final class ActorConnections {

	private ActorConnections() {
	}

	/**
	 * Prepare a physical connection that was just opened, before it is wrapped for the
	 * first time: no SQL can attach a database or load an extension. (What may be
	 * attached all the same, the wrapper lets through one statement at a time.) Generated
	 * keys are asked for by the wrapper, where the application wants them.
	 * @param physical the connection
	 * @throws SQLException if SQLite refuses
	 */
	public static void prepare(SQLiteConnection physical) throws SQLException {
		physical.setLimit(SQLiteLimits.SQLITE_LIMIT_ATTACHED, 0);
		physical.getDatabase().enable_load_extension(false);
		physical.getConnectionConfig().setGetGeneratedKeys(false);
	}

	/**
	 * Hand a physical connection out.
	 * @param physical a {@linkplain #prepare prepared} connection in auto-commit mode
	 * that nobody else uses until it is {@linkplain ConnectionOwner#released released}
	 * @param owner who gets it back, and explains its failures
	 * @return the connection for the application. It may be used by several threads,
	 * which then wait for each other; {@link Connection#close()},
	 * {@link Connection#abort} and {@link java.sql.Statement#cancel()} may be called by
	 * any at any time
	 */
	public static Connection wrap(SQLiteConnection physical, ConnectionOwner owner) {
		Objects.requireNonNull(physical, "'physical' must not be null");
		Objects.requireNonNull(owner, "'owner' must not be null");
		return new Hold(physical, owner).connection();
	}

}
