package io.kvsqlite.jdbc;

import java.sql.SQLException;
import java.sql.Wrapper;

/**
 * Something an application gets from a connection, in front of the object of sqlite-jdbc.
 *
 * <p>
 * Every operation runs as: take the lock, {@link #open()}, call the delegate. The lock is
 * the monitor that sqlite-jdbc takes itself for every native call, so taking it first
 * costs next to nothing (the inner ones are recursive), and it spans check and call: once
 * a close has had the lock, nothing reaches the physical connection through us.
 *
 * <p>
 * Two groups of methods go without: the setters of parameters, which touch nothing
 * native, and the getters of columns, of which there are many to a row. A getter reaches
 * the connection through the handle of its statement only, and sqlite-jdbc asks under
 * that same monitor whether the handle is open (its {@code SafeStmtPtr}); a close of the
 * connection has closed it for good.
 *
 * @param <D> the interface of the delegate
 */
abstract class Guarded<D extends Wrapper> implements Wrapper {

	final Hold hold;

	final Object lock;

	final D delegate;

	/**
	 * Written with the lock held, once. What is read without it may be late: then
	 * sqlite-jdbc refuses.
	 */
	boolean closed;

	Guarded(Hold hold, D delegate) {
		this.hold = hold;
		this.lock = hold.lock();
		this.delegate = delegate;
	}

	/**
	 * Return the delegate, if it may be used.
	 * @throws SQLException if this is closed, or the connection is closed or poisoned
	 */
	D open() throws SQLException {
		this.hold.checkServing();
		if (this.closed) {
			throw new RefusedException(this + " is closed", RefusedException.CLOSED);
		}
		return this.delegate;
	}

	/**
	 * Return what to throw for an exception of the delegate.
	 */
	final SQLException failed(SQLException ex) {
		return this.hold.failed(ex);
	}

	/**
	 * Return what to throw for an exception of a method that works without the lock: when
	 * a close came in between, then that is the reason.
	 */
	final SQLException failedUnlocked(SQLException ex) {
		try {
			open();
			return failed(ex);
		}
		catch (SQLException refusal) {
			refusal.addSuppressed(ex);
			return failed(refusal);
		}
	}

	@Override
	public final <T> T unwrap(Class<T> type) throws SQLException {
		if (type.isInstance(this)) {
			return type.cast(this);
		}
		try {
			synchronized (this.lock) {
				D open = open();
				if (type.isInstance(open)) {
					this.hold.unwrapped();
					return type.cast(open);
				}
			}
		}
		catch (SQLException ex) {
			throw failed(ex);
		}
		throw new RefusedException(this + " is no wrapper for " + type.getName(), RefusedException.UNSUPPORTED);
	}

	@Override
	public final boolean isWrapperFor(Class<?> type) {
		return type.isInstance(this) || type.isInstance(this.delegate);
	}

}
