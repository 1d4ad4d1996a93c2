package io.kvsqlite.migration;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import io.kvsqlite.migration.Recording.Binding;
import io.kvsqlite.migration.Recording.Boundary;
import io.kvsqlite.migration.Recording.Call;
import io.kvsqlite.migration.Recording.Step;
import org.jspecify.annotations.Nullable;

/**
 * Lends Flyway one connection, and writes down what Flyway does with it.
 *
 * <p>
 * Written down is what may be done again on another database: where transactions begin
 * and end, and statements inside them, each of them successful and of a kind that leaves
 * nothing on the connection. Anything else (VACUUM, a PRAGMA, a temporary table, a batch,
 * a savepoint, a rollback, a statement outside of a transaction) makes the whole
 * {@linkplain #recording(boolean) not repeatable}. Flyway reads with {@code executeQuery}
 * and runs scripts with {@code execute}, so queries are left out. Used by one thread.
 */
final class Recorder {

	private static final Set<String> REPEATABLE = Set.of("ALTER", "CREATE", "DELETE", "DROP", "INSERT", "REPLACE",
			"SELECT", "UPDATE", "VALUES", "WITH");

	private static final Pattern TEMPORARY = Pattern.compile("\\btemp(orary)?\\b", Pattern.CASE_INSENSITIVE);

	private static final String EXECUTION_TIME = "\"execution_time\"";

	private final Connection connection;

	private final String historyTable;

	private final Clock clock;

	private final Instant begin;

	private final List<Step> steps = new ArrayList<>();

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
		return LentConnection.dataSource(LentConnection.proxy(Connection.class, this::onConnection));
	}

	/**
	 * Return what was done.
	 * @param changed whether a migration was among it
	 * @return what to repeat, {@code null} if it cannot be
	 */
	@Nullable Recording recording(boolean changed) {
		return this.repeatable ? new Recording(this.steps, changed, this.begin, this.clock.instant()) : null;
	}

	private @Nullable Object onConnection(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
		switch (method.getName()) {
			case "createStatement":
				return statement(proxy, Statement.class,
						(Statement) LentConnection.call(this.connection, method, arguments), null);
			case "prepareStatement":
				return statement(proxy, PreparedStatement.class,
						(PreparedStatement) LentConnection.call(this.connection, method, arguments), text(arguments));
			case "setAutoCommit":
				note(Boolean.parseBoolean(text(arguments)) ? Boundary.AUTO_COMMIT : Boundary.BEGIN);
				return LentConnection.call(this.connection, method, arguments);
			case "commit":
				note(Boundary.COMMIT);
				return LentConnection.call(this.connection, method, arguments);
			case "prepareCall", "setSavepoint", "rollback", "unwrap":
				this.repeatable = false;
				return LentConnection.call(this.connection, method, arguments);
			default:
				return LentConnection.call(this.connection, method, arguments);
		}
	}

	/**
	 * Write down where a transaction begins or ends, unless the last one said the same.
	 */
	private void note(Boundary boundary) {
		if (this.steps.isEmpty() || this.steps.get(this.steps.size() - 1) != boundary) {
			this.steps.add(boundary);
		}
	}

	private static String text(Object @Nullable [] arguments) {
		return (arguments != null) ? String.valueOf(arguments[0]) : "";
	}

	private <T extends Statement> T statement(Object connection, Class<T> type, @Nullable T statement,
			@Nullable String prepared) {
		List<Binding> bindings = new ArrayList<>();
		return LentConnection.proxy(type, (proxy, method, arguments) -> {
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
			return LentConnection.call(statement, method, arguments);
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
			Object result = LentConnection.call(statement, method, arguments);
			done = true;
			return result;
		}
		finally {
			this.repeatable &= done;
			this.steps.add(call(sql, bindings));
		}
	}

	private static boolean isRepeatable(String sql) {
		return REPEATABLE.contains(SqlText.firstWord(sql)) && !TEMPORARY.matcher(sql).find();
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

}
