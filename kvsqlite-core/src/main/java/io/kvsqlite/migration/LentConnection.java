package io.kvsqlite.migration;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/**
 * Lends Flyway one connection, as often as it asks. The connection stays open: an actor
 * has no other, and Flyway does not close all that it opens when it finds that it must
 * not migrate.
 */
final class LentConnection {

	private LentConnection() {
	}

	/**
	 * Return a data source that always answers with the same connection.
	 */
	static DataSource dataSource(Connection connection) {
		Connection lent = proxy(Connection.class, (proxy, method, arguments) -> method.getName().equals("close") ? null
				: call(connection, method, arguments));
		return proxy(DataSource.class, (proxy, method, arguments) -> switch (method.getName()) {
			case "getConnection" -> lent;
			case "getLoginTimeout" -> 0;
			case "isWrapperFor" -> false;
			case "toString" -> "the data source of one actor's migration";
			case "hashCode" -> System.identityHashCode(proxy);
			case "equals" -> arguments != null && proxy == arguments[0];
			default -> throw new SQLException("'%s' is not for Flyway".formatted(method.getName()));
		});
	}

	static <T> T proxy(Class<T> type, InvocationHandler handler) {
		return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, handler));
	}

	static @Nullable Object call(@Nullable Object target, Method method, Object @Nullable [] arguments)
			throws Throwable {
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getCause();
		}
	}

}
