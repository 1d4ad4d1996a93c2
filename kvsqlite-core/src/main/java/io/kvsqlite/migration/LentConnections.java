package io.kvsqlite.migration;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A data source that remembers the connections it gave. Flyway keeps one open when it
 * finds, before the first migration, that it must not migrate; the actor has no other.
 */
final class LentConnections implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(LentConnections.class);

	private final DataSource delegate;

	private final List<Connection> connections = new ArrayList<>();

	LentConnections(DataSource delegate) {
		this.delegate = delegate;
	}

	DataSource dataSource() {
		return (DataSource) Proxy.newProxyInstance(DataSource.class.getClassLoader(),
				new Class<?>[] { DataSource.class }, (proxy, method, arguments) -> invoke(method, arguments));
	}

	private @Nullable Object invoke(Method method, Object @Nullable [] arguments) throws Throwable {
		try {
			Object result = method.invoke(this.delegate, arguments);
			if (result instanceof Connection connection) {
				synchronized (this.connections) {
					this.connections.add(connection);
				}
			}
			return result;
		}
		catch (InvocationTargetException ex) {
			throw ex.getCause();
		}
	}

	/**
	 * Close what is still open.
	 */
	@Override
	public void close() {
		synchronized (this.connections) {
			for (Connection connection : this.connections) {
				try {
					connection.close();
				}
				catch (SQLException ex) {
					logger.warn("A connection that Flyway had left open could not be closed", ex);
				}
			}
		}
	}

}
