package io.kvsqlite.spring.routing;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * The connection of no actor: it says what kind of database there is, which is what
 * frameworks and health checks ask for outside any request, and refuses SQL and
 * transactions.
 *
 * @param delegate a connection to an empty database in memory
 */
record NoActorConnection(Connection delegate) implements InvocationHandler {

	static final String REMEDY = "wrap the work in ActorContext.call(actorId, ...), around and not inside a transaction;"
			+ " mark a test with @WithActor";

	static final String PROBLEM = "No actor is bound to this thread: " + REMEDY;

	static Connection open() throws SQLException {
		Connection delegate = DriverManager.getConnection("jdbc:sqlite::memory:");
		return (Connection) Proxy.newProxyInstance(NoActorConnection.class.getClassLoader(),
				new Class<?>[] { Connection.class }, new NoActorConnection(delegate));
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		switch (method.getName()) {
			case "createStatement", "prepareStatement", "prepareCall", "setSavepoint" ->
				throw new SQLException(PROBLEM);
			case "setAutoCommit" -> {
				if (arguments != null && Boolean.FALSE.equals(arguments[0])) {
					throw new SQLException(PROBLEM);
				}
			}
			case "toString" -> {
				return "The connection of no actor";
			}
			default -> {
				// says something about the database or the connection
			}
		}
		try {
			return method.invoke(this.delegate, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

}
