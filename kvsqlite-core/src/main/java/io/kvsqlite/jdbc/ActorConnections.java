package io.kvsqlite.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;

import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;

/**
 * Makes the connections that applications get from a physical one of sqlite-jdbc, one
 * after the other.
 *
 * <p>
 * Used by whoever has the physical connection.
 */
public final class ActorConnections {

	private final SQLiteConnection physical;

	private final StatementCache statements;

	private ActorConnections(SQLiteConnection physical, int statementCacheSize) {
		this.physical = physical;
		this.statements = new StatementCache(statementCacheSize);
	}

	/**
	 * Prepare a physical connection that was just opened: no SQL can attach a database or
	 * load an extension. (What may be attached all the same, the wrapper lets through one
	 * statement at a time.) Generated keys are asked for by the wrapper, where the
	 * application wants them.
	 * @param physical the connection, in auto-commit mode
	 * @param statementCacheSize the most prepared statements to keep for later, 0 for
	 * none
	 * @return what hands the connection out
	 * @throws SQLException if SQLite refuses
	 */
	public static ActorConnections of(SQLiteConnection physical, int statementCacheSize) throws SQLException {
		restrict(physical);
		return new ActorConnections(physical, statementCacheSize);
	}

	/**
	 * Prepare another physical connection in the same way.
	 * @param fresh the connection, in auto-commit mode
	 * @return what hands that connection out
	 * @throws SQLException if SQLite refuses
	 */
	public ActorConnections on(SQLiteConnection fresh) throws SQLException {
		return of(fresh, this.statements.capacity());
	}

	private static void restrict(SQLiteConnection physical) throws SQLException {
		physical.setLimit(SQLiteLimits.SQLITE_LIMIT_ATTACHED, 0);
		physical.getDatabase().enable_load_extension(false);
		physical.getConnectionConfig().setGetGeneratedKeys(false);
	}

	/**
	 * Hand the physical connection out. Nobody else may use it until it is
	 * {@linkplain ConnectionOwner#released released}.
	 * @param owner who gets it back, and explains its failures
	 * @return the connection for the application. It may be used by several threads,
	 * which then wait for each other; {@link Connection#close()},
	 * {@link Connection#abort} and {@link java.sql.Statement#cancel()} may be called by
	 * any at any time
	 */
	public Connection handOut(ConnectionOwner owner) {
		Objects.requireNonNull(owner, "'owner' must not be null");
		return new Hold(this.physical, this.statements, owner).connection();
	}

	/**
	 * Limit a connection that was handed out to a scope, for as long as it is open. To be
	 * called before anybody uses it.
	 * @param connection the connection, as it was {@linkplain #handOut handed out}
	 * @param scope where it may be used
	 */
	public static void limit(Connection connection, ConnectionScope scope) {
		Objects.requireNonNull(scope, "'scope' must not be null");
		((LogicalConnection) connection).hold.limitTo(scope);
	}

	/**
	 * Return how many prepared statements are kept for later.
	 */
	int keptStatements() {
		return this.statements.size();
	}

	/**
	 * Close the prepared statements that are kept for later.
	 * @throws SQLException if SQLite could not
	 */
	public void trim() throws SQLException {
		this.statements.clear();
	}

}
