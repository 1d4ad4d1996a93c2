package io.kvsqlite;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;

/**
 * A connection whose user stays inside one transaction.
 *
 * <p>
 * A savepoint is open from the begin to the {@linkplain #finish() end}. The user's commit
 * moves it, the user's rollback goes back to it. It is gone if anything ended the
 * transaction behind our back, SQL or a statement that rolls back when it fails, and then
 * the next of these steps fails. Used by one thread.
 */
final class AtomicConnection implements InvocationHandler {

	private static final String SAVEPOINT = "kvsqlite_initializer";

	private static final String NO_SAVEPOINT = "no such savepoint";

	private final Connection connection;

	/**
	 * What the user believes.
	 */
	private boolean autoCommit = true;

	private AtomicConnection(Connection connection) {
		this.connection = connection;
	}

	/**
	 * Begin a transaction.
	 * @param connection the connection, in auto-commit mode
	 */
	static AtomicConnection begin(Connection connection) throws SQLException {
		connection.setAutoCommit(false);
		AtomicConnection atomic = new AtomicConnection(connection);
		atomic.run("SAVEPOINT ");
		return atomic;
	}

	/**
	 * Return the connection for the user.
	 */
	Connection connection() {
		return (Connection) Proxy.newProxyInstance(AtomicConnection.class.getClassLoader(),
				new Class<?>[] { Connection.class }, this);
	}

	/**
	 * Commit all that the user did.
	 * @throws SQLException if it cannot be committed, or if the transaction is not the
	 * one that was begun
	 */
	void finish() throws SQLException {
		try {
			run("RELEASE ");
		}
		catch (SQLException ex) {
			if (!String.valueOf(ex.getMessage()).contains(NO_SAVEPOINT)) {
				throw ex;
			}
			throw new SQLException("The transaction that it runs in was ended before it returned. "
					+ "An initializer that ends transactions by itself must say so: isTransactional() returns false",
					ex);
		}
		this.connection.commit();
		this.connection.setAutoCommit(true);
	}

	private void run(String command) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.execute(command + SAVEPOINT);
		}
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		switch (method.getName()) {
			case "close" -> {
				return null;
			}
			case "getAutoCommit" -> {
				return this.autoCommit;
			}
			case "setAutoCommit" -> {
				boolean wanted = arguments != null && Boolean.TRUE.equals(arguments[0]);
				if (wanted && !this.autoCommit) {
					commit();
				}
				this.autoCommit = wanted;
				return null;
			}
			case "commit" -> {
				commit();
				return null;
			}
			case "rollback" -> {
				if (arguments == null) {
					run("ROLLBACK TO ");
					return null;
				}
			}
			default -> {
				// as it is
			}
		}
		try {
			return method.invoke(this.connection, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

	private void commit() throws SQLException {
		run("RELEASE ");
		run("SAVEPOINT ");
	}

}
