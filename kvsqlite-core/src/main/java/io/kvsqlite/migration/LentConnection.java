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
 *
 * <p>
 * While Flyway is in a transaction it gets no second one. On a file that would be another
 * connection, to a database that is locked; here it would be the same, and its use would
 * end the transaction.
 */
public final class LentConnection {

	private LentConnection() {
	}

	/**
	 * Return a data source that always answers with the same connection.
	 * @param connection the connection
	 * @return a data source for Flyway
	 */
	public static DataSource dataSource(Connection connection) {
		Connection lent = proxy(Connection.class, (proxy, method, arguments) -> method.getName().equals("close") ? null
				: call(connection, method, arguments));
		return proxy(DataSource.class, (proxy, method, arguments) -> switch (method.getName()) {
			case "getConnection" -> outsideOfTransactions(lent);
			case "getLoginTimeout" -> 0;
			case "isWrapperFor" -> false;
			case "toString" -> "the data source of one actor's migration";
			case "hashCode" -> System.identityHashCode(proxy);
			case "equals" -> arguments != null && proxy == arguments[0];
			default -> throw new SQLException("'%s' is not for Flyway".formatted(method.getName()));
		});
	}

	private static Connection outsideOfTransactions(Connection lent) throws SQLException {
		if (!lent.getAutoCommit()) {
			throw new SQLException(
					"Flyway asks for a second connection while its transaction is open, and an actor has "
							+ "one. On a file the database would be locked. The callbacks afterVersioned and beforeRepeatables "
							+ "do that where there are repeatable migrations or a group");
		}
		return lent;
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
