package io.kvsqlite.migration;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import io.kvsqlite.migration.Recording.Binding;
import io.kvsqlite.migration.Recording.Call;
import org.jspecify.annotations.Nullable;

/**
 * Lends Flyway one connection, as often as it asks, and writes down what Flyway does with
 * it. The connection stays open: an actor has no other, and Flyway does not close all
 * that it opens when it finds that it must not migrate.
 *
 * <p>
 * Written down is what may be done again on another database: statements that work inside
 * a transaction, each of them successful. Anything else (VACUUM, a PRAGMA, a batch, a
 * rollback, a statement outside of a transaction) makes the whole
 * {@linkplain #recording(boolean) not repeatable}. Flyway reads with {@code executeQuery}
 * and runs scripts with {@code execute}, so queries are left out. Used by one thread.
 */
final class Recorder {

	private static final Set<String> REPEATABLE = Set.of("ALTER", "CREATE", "DELETE", "DROP", "INSERT", "REPLACE",
			"SELECT", "UPDATE", "VALUES", "WITH");

	private static final Pattern FIRST_WORD = Pattern.compile("(?:\\s|--[^\\n]*(?:\\n|$)|/\\*.*?\\*/)*+([A-Za-z]+).*",
			Pattern.DOTALL);

	private static final String EXECUTION_TIME = "\"execution_time\"";

	private final Connection connection;

	private final String historyTable;

	private final Clock clock;

	private final Instant begin;

	private final List<Call> calls = new ArrayList<>();

	private boolean repeatable = true;

	/**
	 * Begin to record.
	 * @param connection what to lend
	 * @param historyTable the name of Flyway's table
	 * @param clock tells when
	 */
	Recorder(Connection connection, String historyTable, Clock clock) {
		this.connection = connection;
		this.historyTable = historyTable;
		this.clock = clock;
		this.begin = clock.instant();
	}

	DataSource dataSource() {
		Connection lent = proxy(Connection.class, this::onConnection);
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

	/**
	 * Return what was done.
	 * @param changed whether a migration was among it
	 * @return what to repeat, {@code null} if it cannot be
	 */
	@Nullable Recording recording(boolean changed) {
		return this.repeatable ? new Recording(this.calls, changed, this.begin, this.clock.instant()) : null;
	}

	private static <T> T proxy(Class<T> type, InvocationHandler handler) {
		return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, handler));
	}

	private @Nullable Object onConnection(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		switch (method.getName()) {
			case "close":
				return null;
			case "createStatement":
				return statement(proxy, Statement.class, (Statement) call(this.connection, method, arguments), null);
			case "prepareStatement":
				return statement(proxy, PreparedStatement.class,
						(PreparedStatement) call(this.connection, method, arguments), text(arguments));
			case "prepareCall", "setSavepoint", "rollback", "unwrap":
				this.repeatable = false;
				return call(this.connection, method, arguments);
			default:
				return call(this.connection, method, arguments);
		}
	}

	private static String text(Object @Nullable [] arguments) {
		return (arguments != null) ? String.valueOf(arguments[0]) : "";
	}

	private <T extends Statement> T statement(Object connection, Class<T> type, @Nullable T statement,
			@Nullable String prepared) {
		List<Binding> bindings = new ArrayList<>();
		return proxy(type, (proxy, method, arguments) -> {
			String name = method.getName();
			if (name.equals("getConnection")) {
				return connection;
			}
			if (name.contains("Batch") || name.equals("unwrap")) {
				this.repeatable = false;
			}
			else if (prepared != null && isBinding(method)) {
				bindings.add(new Binding(method, Arrays.asList((arguments != null) ? arguments : new Object[0])));
			}
			else if (name.equals("clearParameters")) {
				bindings.clear();
			}
			else if (name.startsWith("execute") && !name.equals("executeQuery")) {
				boolean ownText = arguments != null && arguments[0] instanceof String;
				return execute(statement, method, arguments, ownText ? text(arguments) : String.valueOf(prepared),
						ownText ? null : bindings);
			}
			return call(statement, method, arguments);
		});
	}

	private static boolean isBinding(Method method) {
		return method.getDeclaringClass() == PreparedStatement.class && method.getName().startsWith("set");
	}

	private @Nullable Object execute(@Nullable Object statement, Method method, Object @Nullable [] arguments,
			String sql, @Nullable List<Binding> bindings) throws Throwable {
		boolean done = false;
		this.repeatable &= !this.connection.getAutoCommit() && isRepeatable(sql);
		try {
			Object result = call(statement, method, arguments);
			done = true;
			return result;
		}
		finally {
			this.repeatable &= done;
			this.calls.add(call(sql, bindings));
		}
	}

	private static boolean isRepeatable(String sql) {
		Matcher matcher = FIRST_WORD.matcher(sql);
		return matcher.matches() && REPEATABLE.contains(matcher.group(1).toUpperCase(Locale.ROOT));
	}

	/**
	 * Return a statement without the one thing that differs from run to run: how long it
	 * took.
	 */
	private Call call(String sql, @Nullable List<Binding> bindings) {
		if (bindings == null) {
			return new Call(sql, null, 0);
		}
		int time = executionTime(sql);
		return new Call(sql,
				bindings.stream().filter((binding) -> time == 0 || !binding.arguments().get(0).equals(time)).toList(),
				time);
	}

	private int executionTime(String sql) {
		int column = sql.indexOf(EXECUTION_TIME);
		int list = sql.indexOf('(');
		if (!sql.startsWith("INSERT INTO") || !sql.contains(this.historyTable) || list < 0 || column < list) {
			return 0;
		}
		return 1 + (int) sql.substring(list, column).chars().filter((character) -> character == ',').count();
	}

	private static @Nullable Object call(@Nullable Object target, Method method, Object @Nullable [] arguments)
			throws Throwable {
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getCause();
		}
	}

}
