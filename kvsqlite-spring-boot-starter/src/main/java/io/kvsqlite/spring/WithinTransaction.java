package io.kvsqlite.spring;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;

import org.jspecify.annotations.Nullable;

/**
 * Keeps whoever uses a connection inside the transaction that is open on it: their
 * commits, rollbacks and switches of auto-commit do nothing. A failure is for the owner
 * of the transaction to notice and to undo.
 *
 * @param connection the connection, with a transaction on it
 */
record WithinTransaction(Connection connection) implements InvocationHandler {

	static Connection guard(Connection connection) {
		return (Connection) Proxy.newProxyInstance(WithinTransaction.class.getClassLoader(),
				new Class<?>[] { Connection.class }, new WithinTransaction(connection));
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		boolean ending = switch (method.getName()) {
			case "commit", "setAutoCommit", "close" -> true;
			case "rollback" -> arguments == null;
			default -> false;
		};
		if (ending) {
			return null;
		}
		try {
			return method.invoke(this.connection, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

}
