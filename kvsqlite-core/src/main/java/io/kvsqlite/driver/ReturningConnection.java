package io.kvsqlite.driver;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

/**
 * A connection that does one thing more when it is closed or aborted, once.
 */
final class ReturningConnection implements InvocationHandler {

	private final Connection delegate;

	private final Runnable whenClosed;

	private final AtomicBoolean closed = new AtomicBoolean();

	private ReturningConnection(Connection delegate, Runnable whenClosed) {
		this.delegate = delegate;
		this.whenClosed = whenClosed;
	}

	static Connection of(Connection delegate, Runnable whenClosed) {
		return (Connection) Proxy.newProxyInstance(Connection.class.getClassLoader(),
				new Class<?>[] { Connection.class }, new ReturningConnection(delegate, whenClosed));
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		switch (method.getName()) {
			case "equals":
				return arguments != null && proxy == arguments[0];
			case "hashCode":
				return System.identityHashCode(proxy);
			default:
		}
		boolean closes = method.getName().equals("close") || method.getName().equals("abort");
		try {
			return method.invoke(this.delegate, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getCause();
		}
		finally {
			if (closes && this.closed.compareAndSet(false, true)) {
				this.whenClosed.run();
			}
		}
	}

}
