package io.kvsqlite.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig.TransactionMode;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteConnectionConfig;
import org.sqlite.SQLiteLimits;
import org.sqlite.core.Codes;
import org.sqlite.core.DB;
import org.sqlite.jdbc4.JDBC4DatabaseMetaData;

/**
 * One exclusive hold on a physical connection, from its hand-out to its return.
 *
 * <p>
 * Its {@link HoldLife} says how threads share it.
 *
 * <p>
 * The lock is not the monitor of sqlite-jdbc's {@link DB}, tempting though that is, since
 * every native call takes it. The JVM inflates a monitor for good when it has to give up
 * compiled code inside nested holds of it, or when another is taken between two of them,
 * and then every native call pays. And sqlite-jdbc takes that of its connection first.
 *
 * <p>
 * The return costs nothing when nothing was left open: what has to be undone is noted
 * when it is done ({@link #suspect}, {@link #readOnly}), and only then is SQL run. What
 * cannot be undone, or is not known to leave nothing, is noted, too
 * ({@link #changesConnection}): then the physical connection is given back as one to be
 * closed.
 */
final class Hold {

	private static final Logger logger = LoggerFactory.getLogger(Hold.class);

	/**
	 * SQLite drops an interrupt that comes between two statements. So an abort repeats it
	 * until the clean-up has the lock.
	 */
	private static final long MILLISECONDS_BETWEEN_INTERRUPTS = 20;

	private final SQLiteConnection physical;

	private final DB database;

	private final HoldLife life;

	private final ConnectionOwner owner;

	private final StatementCache cache;

	/**
	 * The thread that asked for the connection. It alone works without the lock where
	 * that is possible, and it alone keeps statements for the next hold: so no thread can
	 * be in the middle of something on a statement that is kept.
	 */
	private final Thread thread = Thread.currentThread();

	private final LogicalConnection connection;

	/**
	 * Whether a transaction may be open that sqlite-jdbc does not know of: SQL began one,
	 * or something failed, which may leave one behind (a commit that met a violated
	 * deferred constraint, for example).
	 */
	private volatile boolean suspect;

	/**
	 * Whether a call of the physical connection has begun and not ended. An {@link Error}
	 * can strike anywhere, where nothing is left to handle it with; so its end is noted
	 * as the last thing, and what finds this set finds a call that vanished.
	 */
	private boolean calling;

	/**
	 * The same of calls that go without the lock, in the thread that has the connection.
	 */
	boolean callingUnlocked;

	private boolean readOnly;

	/**
	 * Whether something ran after which no prepared statement is kept.
	 */
	private boolean schemaChanged;

	/**
	 * How many databases were attached, at most, counting those detached since.
	 */
	private int attached;

	/**
	 * How often anything was run.
	 */
	private long executions;

	/**
	 * Whether something was done after which the physical connection may differ from a
	 * fresh one in a way that is not undone.
	 */
	private volatile boolean changesConnection;

	/**
	 * Whether Java code got an object of sqlite-jdbc.
	 */
	private boolean unwrapped;

	/**
	 * The statements that are open, linked through themselves, the youngest first.
	 */
	private @Nullable LogicalStatement<?> statements;

	/**
	 * Our own, because that of the physical connection keeps statements from one hold to
	 * the next.
	 */
	private @Nullable JDBC4DatabaseMetaData metaData;

	private @Nullable Set<LogicalResultSet> metaDataResults;

	/**
	 * Where the connection may be used, {@code null} for everywhere. Set before anybody
	 * has the connection.
	 */
	private @Nullable ConnectionScope scope;

	/**
	 * Made beforehand: the return must not need memory.
	 */
	private final Restoration restoration = new Restoration();

	final LeftBehind left;

	/**
	 * Whether a thread that had no stack for it wanted to end this hold.
	 */
	volatile boolean leftBehind;

	Hold(SQLiteConnection physical, StatementCache cache, ConnectionOwner owner) {
		this.physical = physical;
		this.cache = cache;
		this.database = physical.getDatabase();
		this.life = new HoldLife(this.database::interrupt);
		this.owner = owner;
		this.left = owner.leftBehind();
		this.connection = new LogicalConnection(this, physical);
	}

	LogicalConnection connection() {
		return this.connection;
	}

	Object lock() {
		return this.life.lock();
	}

	String description() {
		return this.owner.description();
	}

	boolean isServing() {
		return this.life.isServing();
	}

	@Nullable ConnectionScope scope() {
		return this.scope;
	}

	void limitTo(ConnectionScope scope) {
		this.scope = scope;
	}

	/**
	 * Refuse when nothing may be done any more, or not in this thread at this time.
	 * Called with the lock held, except by methods that touch no native state.
	 */
	void checkServing() throws SQLException {
		checkAlive();
		ConnectionScope scope = this.scope;
		if (scope != null) {
			String refusal = scope.refusal();
			if (refusal != null) {
				throw new RefusedException(refusal, RefusedException.OUT_OF_SCOPE);
			}
		}
	}

	/**
	 * Refuse when nothing may be done any more: all that is asked before something that
	 * gives the connection up.
	 */
	void checkAlive() throws SQLException {
		if (!this.life.isServing()) {
			throw new RefusedException(
					"The connection to " + description() + (this.life.isAborted() ? " was aborted" : " is closed"),
					RefusedException.CLOSED);
		}
		if (this.owner.isPoisoned()) {
			throw new SQLException("The connection to " + description()
					+ " serves nothing after its failure; close it and get another");
		}
	}

	/**
	 * Get ready for a call of the physical connection. {@link #end()} must follow, or
	 * {@link #end(SQLException)}; what ends in another way has vanished. Where an earlier
	 * one has, the connection is given up. Where there is too little stack, nothing has
	 * begun. Called with the lock held.
	 * @throws StackOverflowError if there is too little stack
	 */
	void begin() {
		StackProbe.execution();
		if (hasVanished() && isServing()) {
			this.owner.giveUp();
		}
		this.calling = true;
	}

	/**
	 * Return whether a call vanished. Where Java code has the objects of sqlite-jdbc, a
	 * call may also be made by a function of that code within another.
	 */
	private boolean hasVanished() {
		return (this.calling && !this.unwrapped) || (this.callingUnlocked && isOwnThread());
	}

	/**
	 * A call of the physical connection has returned. Called with the lock held.
	 * @throws SQLException if something came up behind it
	 */
	void end() throws SQLException {
		this.owner.settle();
		this.calling = false;
	}

	/**
	 * A call of the physical connection has failed, and said so. Called with the lock
	 * held.
	 * @return the same exception
	 */
	SQLException end(SQLException ex) {
		this.calling = false;
		return ex;
	}

	SQLException failed(SQLException ex) {
		if (ex instanceof RefusedException) {
			return ex;
		}
		this.suspect = true;
		return this.owner.translate(ex);
	}

	/**
	 * Return what SQL asks for, before it is prepared.
	 * @throws StackOverflowError if there is too little stack to prepare it
	 */
	SqlKind classify(String sql) throws SQLException {
		SqlKind kind = SqlGate.classify(sql, this.owner);
		StackProbe.preparation(sql.length());
		return kind;
	}

	/**
	 * The same within a call that has done nothing yet. Called with the lock held.
	 */
	SqlKind classifyBeforeAll(String sql) throws SQLException {
		this.calling = false;
		SqlKind kind = classify(sql);
		this.calling = true;
		return kind;
	}

	/**
	 * Return whether the current thread is the one that asked for the connection.
	 */
	boolean isOwnThread() {
		return Thread.currentThread() == this.thread;
	}

	/**
	 * Take a prepared statement that an earlier hold kept. Called with the lock held.
	 * @return a statement like a new one, {@code null} if there is none
	 */
	StatementCache.@Nullable Idle takeStatement(String sql) {
		return this.cache.take(sql);
	}

	/**
	 * Keep a prepared statement for later. Called with the lock held.
	 * @return whether it is kept; if not, it has to be closed
	 */
	boolean keepStatement(String sql, StatementCache.Idle statement) throws SQLException {
		return isOwnThread() && !this.schemaChanged && this.cache.keep(sql, statement);
	}

	private void forgetStatements() throws SQLException {
		this.schemaChanged = true;
		this.cache.clear();
	}

	/**
	 * Note what SQL asks of the connection, before SQLite prepares it: it runs most
	 * PRAGMAs then. Called with the lock held.
	 */
	void prepares(SqlKind kind) throws SQLException {
		if (kind == SqlKind.ORDINARY) {
			return;
		}
		this.suspect = true;
		if (kind.changesConnection()) {
			this.changesConnection = true;
		}
		if (kind.changesSchema()) {
			forgetStatements();
		}
	}

	/**
	 * Get ready to run SQL. {@link #after} must follow, whatever happens.
	 */
	void before(SqlKind kind) throws SQLException {
		this.executions++;
		prepares(kind);
		switch (kind) {
			case ATTACH -> allowAttached(++this.attached);
			case VACUUM -> allowAttached(this.attached + 1);
			default -> {
			}
		}
	}

	void after(SqlKind kind) throws SQLException {
		if (kind.attaches()) {
			allowAttached(0);
		}
	}

	private void allowAttached(int databases) throws SQLException {
		this.physical.setLimit(SQLiteLimits.SQLITE_LIMIT_ATTACHED, databases);
	}

	/**
	 * Return a number that tells the last execution from all others.
	 */
	long execution() {
		return this.executions;
	}

	/**
	 * Let sqlite-jdbc ask for the key after each insert, or not. (It does so by a query
	 * of its own, which costs half as much as the insert; so it is asked only where the
	 * application wants the keys.) Once Java code got an object of sqlite-jdbc, it always
	 * does.
	 */
	void setGeneratesKeys(boolean generatesKeys) {
		if (!this.unwrapped) {
			this.physical.getConnectionConfig().setGetGeneratedKeys(generatesKeys);
		}
	}

	/**
	 * Note that Java code got an object of sqlite-jdbc, with which it can change what the
	 * wrappers do not see.
	 */
	void unwrapped() throws SQLException {
		if (!this.unwrapped) {
			this.changesConnection = true;
			this.unwrapped = true;
			forgetStatements();
			this.physical.getConnectionConfig().setGetGeneratedKeys(true);
		}
	}

	boolean isReadOnly() throws SQLException {
		return this.readOnly || this.physical.isReadOnly();
	}

	/**
	 * Let nothing be written, or let it again. Called with the lock held.
	 */
	void setReadOnly(boolean readOnly) throws SQLException {
		if (this.readOnly != readOnly) {
			run("PRAGMA query_only = " + (readOnly ? "1" : "0"));
			this.readOnly = readOnly;
		}
	}

	/**
	 * Commit the transaction, and begin the next. (sqlite-jdbc does both in one call, and
	 * a transaction that could not begin, because of an interrupt or for lack of memory,
	 * looks there like a commit that failed.) Called with the lock held.
	 */
	void commit() throws SQLException {
		if (isInTransaction()) {
			this.database.exec("commit;", false);
			beginNext("commit, which is stored");
		}
		else {
			// refused, in the words of sqlite-jdbc
			this.physical.commit();
		}
	}

	/**
	 * Roll the transaction back, and begin the next. Called with the lock held.
	 */
	void rollback() throws SQLException {
		if (isInTransaction()) {
			this.database.exec("rollback;", false);
			beginNext("rollback");
		}
		else {
			this.physical.rollback();
		}
	}

	private boolean isInTransaction() throws SQLException {
		return !this.physical.getConnectionConfig().isAutoCommit() && !this.physical.isClosed();
	}

	/**
	 * Begin a transaction. Where that is not possible, what ended the last one stands,
	 * and the connection is given up: whatever ran on it now would commit by itself.
	 * @param last what that was, for the log
	 */
	private void beginNext(String last) {
		TransactionMode mode = this.physical.getConnectionConfig().getTransactionMode();
		try {
			this.database.exec("begin " + mode.getValue() + ";", false);
			this.physical.setFirstStatementExecuted(false);
			this.physical.setCurrentTransactionMode(mode);
		}
		catch (SQLException ex) {
			this.owner.giveUp();
			logger.warn("The connection to {} serves nothing after its last {}: no new transaction could begin",
					description(), last, ex);
		}
	}

	boolean isValid() {
		synchronized (lock()) {
			try {
				if (!isServing() || this.owner.isPoisoned()) {
					return false;
				}
				begin();
				boolean valid = this.physical.isValid(0);
				end();
				return valid;
			}
			catch (SQLException ex) {
				this.owner.translate(end(ex));
				logger.debug("The connection to {} is not valid", description(), ex);
				return false;
			}
		}
	}

	/**
	 * Register a statement that was just made. Called with the lock held.
	 */
	void add(LogicalStatement<?> statement) {
		statement.older = this.statements;
		if (statement.older != null) {
			statement.older.younger = statement;
		}
		this.statements = statement;
	}

	/**
	 * Forget a statement that is closed. Called with the lock held.
	 */
	void remove(LogicalStatement<?> statement) {
		if (statement.older != null) {
			statement.older.younger = statement.younger;
		}
		if (statement.younger != null) {
			statement.younger.older = statement.older;
		}
		else {
			this.statements = statement.older;
		}
		statement.older = null;
		statement.younger = null;
	}

	/**
	 * Return what is known about the database. Called with the lock held.
	 */
	DatabaseMetaData metaData() {
		if (this.metaData == null) {
			this.metaData = new JDBC4DatabaseMetaData(this.physical);
		}
		return this.metaData;
	}

	/**
	 * Register a result set that belongs to no statement of the application. Called with
	 * the lock held.
	 */
	LogicalResultSet metaDataResult(ResultSet delegate) {
		LogicalResultSet result = new LogicalResultSet(this, delegate, null, LogicalResultSet.ANY_EXECUTION);
		if (this.metaDataResults == null) {
			this.metaDataResults = new LinkedHashSet<>();
		}
		this.metaDataResults.add(result);
		return result;
	}

	void remove(LogicalResultSet metaDataResult) {
		if (this.metaDataResults != null) {
			this.metaDataResults.remove(metaDataResult);
		}
	}

	/**
	 * Interrupt what runs, if anything does.
	 */
	void cancel() throws SQLException {
		this.life.cancel();
	}

	/**
	 * Refuse everything from now on, interrupt what runs, and give the physical
	 * connection back in the executor.
	 */
	void abort(Executor executor) throws SQLException {
		if (!this.life.abort()) {
			return;
		}
		interruptLater();
		try {
			executor.execute(this::closeAborted);
		}
		catch (RejectedExecutionException ex) {
			// given back all the same
			CompletableFuture.runAsync(this::closeAborted);
			throw new SQLException("The executor refused the abort of the connection to " + description(), ex);
		}
	}

	private void interruptLater() {
		CompletableFuture.delayedExecutor(MILLISECONDS_BETWEEN_INTERRUPTS, TimeUnit.MILLISECONDS).execute(() -> {
			if (isInterruptedAgain()) {
				interruptLater();
			}
		});
	}

	private boolean isInterruptedAgain() {
		try {
			return this.life.interruptAgain();
		}
		catch (SQLException ex) {
			logger.debug("The connection to {} could not be interrupted", description(), ex);
			return true;
		}
	}

	private void closeAborted() {
		try {
			close();
		}
		catch (SQLException ex) {
			logger.warn("The aborted connection to {} was not restored; it is not used again", description(), ex);
		}
	}

	/**
	 * End the hold: close, roll back and reset what was left, and give the physical
	 * connection back. Does nothing the second time.
	 * @throws SQLException if something could not be restored. The physical connection
	 * was given back, as not reusable
	 */
	void close() throws SQLException {
		Restoration restoration = this.restoration;
		boolean ended = false;
		try {
			ended = this.life.end(restoration);
		}
		finally {
			// also when an Error came out of it
			if (ended || restoration.isCutShort()) {
				this.owner.released(this.physical, restoration.reusable);
			}
		}
		if (ended) {
			restoration.throwFailure();
		}
	}

	/**
	 * Return whether this hold is to be ended by whoever finds it.
	 */
	boolean isLeftBehind() {
		return this.leftBehind && this.life.isOpen();
	}

	/**
	 * Bring the physical connection into the state in which it was wrapped. On one whose
	 * objects Java code got, no SQL is run any more: what that code registered would run
	 * with it. SQLite rolls back when it is closed.
	 * @return whether it may be used again
	 */
	private boolean restore() throws SQLException {
		closeStatements();
		if (this.owner.isPoisoned() || this.unwrapped) {
			return false;
		}
		if (this.suspect || !this.physical.getConnectionConfig().isAutoCommit()) {
			endTransaction();
		}
		setReadOnly(false);
		if (this.physical.getTransactionIsolation() != Connection.TRANSACTION_SERIALIZABLE) {
			this.physical.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
		}
		return !this.changesConnection && !this.physical.isClosed();
	}

	/**
	 * Close what is open. One that fails does not keep the others open.
	 */
	private void closeStatements() throws SQLException {
		SQLException failure = null;
		if (this.metaDataResults != null) {
			for (LogicalResultSet result : this.metaDataResults) {
				failure = close(result, failure);
			}
			this.metaDataResults.clear();
		}
		if (this.metaData != null) {
			failure = close(this.metaData::close, failure);
		}
		for (LogicalStatement<?> statement = this.statements; statement != null; statement = this.statements) {
			remove(statement);
			failure = close(statement, failure);
		}
		if (failure != null) {
			throw failure;
		}
	}

	private static @Nullable SQLException close(Closing closing, @Nullable SQLException earlier) {
		try {
			closing.closeNow();
		}
		catch (SQLException ex) {
			if (earlier == null) {
				return ex;
			}
			earlier.addSuppressed(ex);
		}
		return earlier;
	}

	/**
	 * Roll back what is open, if anything is. There is no call that tells; so where
	 * sqlite-jdbc's own record says that a transaction is open, end it, and otherwise ask
	 * SQLite to begin one, which it does exactly when none is open (and which costs
	 * nothing: the transaction is a deferred one).
	 */
	private void endTransaction() throws SQLException {
		StackReserve.requireForSqlite();
		SQLiteConnectionConfig config = this.physical.getConnectionConfig();
		if (!config.isAutoCommit()) {
			config.setAutoCommit(true);
			this.physical.setCurrentTransactionMode(this.database.getConfig().getTransactionMode());
			this.physical.setFirstStatementExecuted(false);
			try {
				run("ROLLBACK");
				return;
			}
			catch (SQLException ex) {
				// SQLite may have rolled back by itself, after an error
				logger.debug("Nothing to roll back at the close of the connection to {}: {}", description(),
						ex.getMessage());
			}
		}
		try {
			run("BEGIN");
		}
		catch (SQLException ex) {
			logger.debug("A transaction was left open on the connection to {}: {}", description(), ex.getMessage());
		}
		run("ROLLBACK");
	}

	private void run(String sql) throws SQLException {
		int code = this.database._exec(sql);
		if (code != Codes.SQLITE_OK) {
			throw DB.newSQLException(code, sql);
		}
	}

	/**
	 * Cleans up, and keeps what fails until it may be told.
	 */
	private final class Restoration implements Runnable {

		private boolean begun;

		private boolean ended;

		private boolean reusable;

		private @Nullable Throwable failure;

		@Override
		public void run() {
			this.begun = true;
			try {
				if (hasVanished()) {
					Hold.this.owner.giveUp();
				}
				boolean restored = restore();
				Hold.this.owner.settle();
				this.reusable = restored;
			}
			catch (Throwable ex) {
				this.failure = ex;
				if (!(ex instanceof SQLException)) {
					Hold.this.owner.giveUp();
				}
			}
			this.ended = true;
		}

		/**
		 * Return whether an Error kept the clean-up from its end, in the only thread that
		 * may do it.
		 */
		boolean isCutShort() {
			return this.begun && !this.ended;
		}

		void throwFailure() throws SQLException {
			if (this.failure instanceof SQLException ex) {
				throw Hold.this.owner.translate(ex);
			}
			if (this.failure instanceof RuntimeException ex) {
				throw ex;
			}
			if (this.failure instanceof Error ex) {
				throw ex;
			}
		}

	}

	/**
	 * Something that is closed together with the connection.
	 */
	interface Closing {

		/**
		 * Close without asking whether the connection still serves, and without
		 * translating what fails. Called with the lock held.
		 */
		void closeNow() throws SQLException;

	}

}
