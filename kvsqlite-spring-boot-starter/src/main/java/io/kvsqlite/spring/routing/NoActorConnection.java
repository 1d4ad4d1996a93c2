package io.kvsqlite.spring.routing;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Set;

import io.kvsqlite.spring.NoActorException;
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
			+ " let an ActorResolver name the actor of each request; mark a test with @WithActor";

	static final String PROBLEM = "No actor is bound to this thread: " + REMEDY;

	/**
	 * What frameworks call on a connection that they never run SQL on.
	 */
	private static final Set<String> HARMLESS = Set.of("abort", "clearWarnings", "close", "getAutoCommit", "getCatalog",
			"getClientInfo", "getHoldability", "getMetaData", "getNetworkTimeout", "getSchema", "getShardingKey",
			"getTransactionIsolation", "getTypeMap", "getWarnings", "isClosed", "isReadOnly", "isValid", "isWrapperFor",
			"nativeSQL", "rollback", "setClientInfo", "setReadOnly", "setTransactionIsolation", "equals", "hashCode");

	static Connection open() throws SQLException {
		Connection delegate = DriverManager.getConnection("jdbc:sqlite::memory:");
		return (Connection) Proxy.newProxyInstance(NoActorConnection.class.getClassLoader(),
				new Class<?>[] { Connection.class }, new NoActorConnection(delegate));
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		String name = method.getName();
		if (name.equals("toString")) {
			return "The connection of no actor";
		}
		boolean staysInAutoCommit = name.equals("setAutoCommit") && arguments != null
				&& Boolean.TRUE.equals(arguments[0]);
		if (!HARMLESS.contains(name) && !staysInAutoCommit) {
			throw new NoActorException(PROBLEM);
		}
		try {
			return method.invoke(this.delegate, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

}
